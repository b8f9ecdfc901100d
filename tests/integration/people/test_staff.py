"""Staff: real lists in, forms and API, who may be let go."""

from dataclasses import replace
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from saas.core.actors import Actor, Scope
from saas.core.errors import Forbidden, InvalidInput, VersionConflict
from saas.estate.services.places import make_community
from saas.people.errors import LastAdministrator, OwnAccount
from saas.people.models import StaffMember
from saas.people.queries import list_staff
from saas.people.services.accounts import Contact
from saas.people.services.roles import RoleScope, actor_of
from saas.people.services.staff import (
    StaffDraft,
    create_staff,
    deactivate_staff,
    reactivate_staff,
    update_staff,
)
from saas.people.services.staff_import import StaffIssue, import_staff_rows, read_staff_rows
from tenants.ids import new_id
from tenants.kernel_models import AuditEntry
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work
from tests.integration.people.conftest import ClientOf, bearer, token_of

HEADER = ["姓名", "工号", "岗位", "手机", "技能", "班次"]
ROWS = [
    HEADER,
    ["姚浩芳", "JX007", "维修（水电）", "199-0000-0718", "水泵检修", "早班"],
    ["杨子", "jx012", "维修-综合", 19900002437.0, "木工、门锁", "早班(07:00-15:00)"],
    ["常芳雪", "JX017", "保安", "19900007060", "消控证", "中班"],
    ["贺  德", "JX018", "保安 ", "19900007060", "保安员证", "夜班(23:00-07:00)"],
    ["", "", " ", None, "/", ""],
    ["傅磊宁", "JX005", "财务", "１９９００００７５８９", "会计初级", "行政班"],
    ["秦桐秀", "JX010", "维修－综合", "1990000087", "门锁", "轮休"],
    ["姚浩芳", "JX007", "维修（水电）", "199-0000-0718", "水泵检修", "早班"],
]
PACK = Path(__file__).parents[3] / "ops" / "demo" / "jinxiu" / "员工.xlsx"


def test_a_list_as_firms_keep_it_is_read_with_what_is_wrong_in_it() -> None:
    report = read_staff_rows(ROWS)
    assert [each.draft.name for each in report.rows] == [
        "姚浩芳",
        "杨子",
        "常芳雪",
        "贺德",
        "傅磊宁",
        "秦桐秀",
    ]
    assert [each.draft.job_number for each in report.rows] == [
        "JX007",
        "JX012",
        "JX017",
        "JX018",
        "JX005",
        "JX010",
    ]
    assert report.by_job_title == {"维修-水电": 1, "维修-综合": 2, "保安": 2, "财务": 1}
    assert report.issues == [
        StaffIssue(5, "手机", "phone_shared", "warn", "JX018", "JX017"),
        StaffIssue(8, "手机", "phone_invalid", "flag", "JX010"),
        StaffIssue(8, "班次", "shift_unknown", "flag", "JX010"),
        StaffIssue(9, "工号", "duplicate_row", "skip", "JX007"),
    ]


def test_a_list_without_its_header_is_refused_whole() -> None:
    assert [issue.code for issue in read_staff_rows(ROWS[1:]).issues] == ["header_missing"]


def test_importing_twice_adds_nobody_twice(firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        assert import_staff_rows(uow, actor=admin, rows=ROWS).created == 6
    with unit_of_work(firm) as uow:
        again = import_staff_rows(uow, actor=admin, rows=ROWS)
        assert (again.created, [issue.code for issue in again.issues].count("known_staff")) == (0, 6)
        actions = uow.session.scalars(select(AuditEntry.action)).all()
        assert actions.count("people.staff_imported") == 2


def test_the_staff_list_of_the_onboarding_pack_comes_out_as_expected(firm: Tenant, admin: Actor) -> None:
    rows = CalamineWorkbook.from_path(PACK).get_sheet_by_index(0).to_python()
    with unit_of_work(firm) as uow:
        report = import_staff_rows(uow, actor=admin, rows=rows)
    assert report.created == 22
    assert report.by_job_title == {
        "项目经理": 1, "客服": 3, "财务": 2, "维修-水电": 3, "维修-综合": 3, "保洁": 4, "保安": 6,
    }  # fmt: skip
    assert report.issues == [StaffIssue(19, "手机", "phone_shared", "warn", "JX018", "JX017")]


def test_the_list_is_sorted_by_pinyin_and_found_by_name_pinyin_number_and_phone(
    firm: Tenant, admin: Actor
) -> None:
    with unit_of_work(firm) as uow:
        import_staff_rows(uow, actor=admin, rows=ROWS)
    with unit_of_work(firm) as uow:
        rows, cursor = list_staff(uow, admin, limit=3)
        assert [row.account.name for row in rows] == ["常芳雪", "傅磊宁", "贺德"]
        rest, end = list_staff(uow, admin, cursor=cursor)
        assert [row.account.name for row in rest] == ["何静", "李婷", "秦桐秀", "杨子", "姚浩芳"]
        assert end is None
        for text in ("姚浩", "yaohao", "yhf", "jx007", "199 0000 0718"):
            found, _ = list_staff(uow, admin, text=text)
            assert [row.account.name for row in found] == ["姚浩芳"], text
        assert [row.account.name for row in list_staff(uow, admin, skill="plumbing")[0]] == ["姚浩芳"]
        assert len(list_staff(uow, admin, role="technician")[0]) == 5


def test_a_role_in_two_communities_reaches_no_further(firm: Tenant, admin: Actor) -> None:
    elsewhere = new_id()
    with unit_of_work(firm) as uow:
        here, there = (make_community(uow, name=name).id for name in ("甲苑", "乙苑"))
        uow.session.flush()
        draft = StaffDraft(
            name="客服甲", roles=("front_desk",), scope=RoleScope(False, frozenset({here, there}))
        )
        actor = actor_of(create_staff(uow, actor=admin, draft=draft).account)
    assert actor.scope("people.person_view") == Scope(communities=frozenset({here, there}))
    assert actor.may("people.person_view", community_id=here)
    assert not actor.may("people.person_view", community_id=elsewhere)
    assert not actor.may("people.staff_edit")


def test_a_role_is_not_limited_to_a_place_that_is_not_there(firm: Tenant, admin: Actor) -> None:
    draft = StaffDraft(name="客服乙", roles=("front_desk",), scope=RoleScope(False, frozenset({new_id()})))
    with unit_of_work(firm) as uow, pytest.raises(InvalidInput) as refused:
        create_staff(uow, actor=admin, draft=draft)
    assert set(refused.value.fields) == {"communities"}


def test_a_change_is_refused_when_someone_else_changed_it_before(firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        member = create_staff(
            uow, actor=admin, draft=StaffDraft(name="孙立", contact=Contact(phone="13900008888"))
        )
        staff_id, version = member.id, member.version
    change = StaffDraft(name="孙立", job_title="保洁", keep_phone=True)
    with unit_of_work(firm) as uow:
        update_staff(uow, actor=admin, staff_id=staff_id, draft=change, version=version)
    with unit_of_work(firm) as uow:
        found, _ = list_staff(uow, admin, text="13900008888")
        assert [row.job_title for row in found] == ["保洁"]
        entry = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "people.staff_changed")
        ).one()
        assert entry.fields == ["job_title"]
    with pytest.raises(VersionConflict), unit_of_work(firm) as uow:
        update_staff(
            uow, actor=admin, staff_id=staff_id, draft=replace(change, job_title="保安"), version=version
        )


def test_nobody_locks_everyone_out(firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        members = {row.account.name: row.id for row in list_staff(uow, admin)[0]}
    with pytest.raises(OwnAccount), unit_of_work(firm) as uow:
        deactivate_staff(uow, actor=admin, staff_id=members["何静"])
    with unit_of_work(firm) as uow:
        deactivate_staff(uow, actor=admin, staff_id=members["李婷"])
    with pytest.raises(LastAdministrator), unit_of_work(firm) as uow:
        draft = StaffDraft(name="何静", roles=("front_desk",), keep_phone=True)
        update_staff(uow, actor=admin, staff_id=members["何静"], draft=draft)
    with unit_of_work(firm) as uow:
        assert reactivate_staff(uow, actor=admin, staff_id=members["李婷"]).account.state == "active"


def test_the_front_desk_may_not_add_staff_and_nothing_is_written(firm: Tenant, front_desk: Actor) -> None:
    with pytest.raises(Forbidden), unit_of_work(firm) as uow:
        create_staff(uow, actor=front_desk, draft=StaffDraft(name="谁"))
    with unit_of_work(firm) as uow:
        assert "people.staff_created" not in uow.session.scalars(select(AuditEntry.action)).all()


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (StaffDraft(name=" "), "name"),
        (StaffDraft(name="甲", skills=("cooking",)), "skills"),
        (StaffDraft(name="甲", roles=("resident",)), "roles"),
        (StaffDraft(name="甲", max_open_orders=0), "max_open_orders"),
        (StaffDraft(name="甲", login_name="123456"), "login_name"),
    ],
)
def test_a_wrong_field_is_named(firm: Tenant, admin: Actor, draft: StaffDraft, field: str) -> None:
    with pytest.raises(InvalidInput) as refused, unit_of_work(firm) as uow:
        create_staff(uow, actor=admin, draft=draft)
    assert list(refused.value.fields) == [field]


def test_staff_over_the_api_with_masked_phone_and_etag(client_of: ClientOf, firm: Tenant) -> None:
    client = client_of(firm)
    headers = bearer(token_of(client))
    body = {
        "name": "卢莹", "phone": "199 0000 1556", "job_number": "JX009", "job_title": "维修-水电", "shift": "early",
        "skills": ["plumbing", "electrical"], "roles": ["technician"],
    }  # fmt: skip
    made = client.post("/api/v1/staff", json=body, headers=headers)
    assert made.status_code == 201
    assert (made.json["phone"], made.json["login_name"], made.json["state"]) == (
        "199****1556",
        "jx009",
        "invited",
    )
    read = client.get(f"/api/v1/staff/{made.json['id']}", headers=headers)
    changed = client.put(
        f"/api/v1/staff/{made.json['id']}",
        json={**body, "phone": made.json["phone"], "max_open_orders": 3},
        headers={**headers, "If-Match": read.headers["ETag"]},
    )
    assert (changed.status_code, changed.json["phone"], changed.json["max_open_orders"]) == (
        200,
        "199****1556",
        3,
    )
    stale = client.put(
        f"/api/v1/staff/{made.json['id']}", json=body, headers={**headers, "If-Match": read.headers["ETag"]}
    )
    assert (stale.status_code, stale.json["code"]) == (409, "version_conflict")
    assert client.get(f"/api/v1/staff/{new_id()}", headers=headers).status_code == 404
    listed = client.get("/api/v1/staff?q=luying", headers=headers).json
    assert ([item["name"] for item in listed["items"]], listed["next_cursor"]) == (["卢莹"], None)


def test_pages_show_the_list_and_the_form(client_of: ClientOf, firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        import_staff_rows(uow, actor=admin, rows=ROWS)
        staff_id = uow.session.scalars(select(StaffMember.id).where(StaffMember.job_number == "JX007")).one()
    client = client_of(firm)
    headers = bearer(token_of(client)) | {"Accept-Language": "zh"}
    listed = client.get("/staff", headers=headers).text
    assert "姚浩芳" in listed and "199****0718" in listed and "19900000718" not in listed
    sheet = client.get(
        f"/staff/{staff_id}", headers=headers | {"HX-Request": "true", "HX-Target": "sheet"}
    ).text
    assert "<html" not in sheet and "姚浩芳" in sheet


def test_a_job_number_that_is_no_login_name_gives_none(firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        member = create_staff(uow, actor=admin, draft=StaffDraft("孙立", job_number="保洁-07"))
        assert (member.job_number, member.account.login_name) == ("保洁-07", None)
