"""The front desk's pages over HTTP: board, sheet, steps, list, export, registration, levels, in both languages."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from sqlalchemy import event, select

from saas.people.models import UserAccount
from saas.people.services.accounts import set_password
from saas.repairs.models import RepairOrder
from tenants.ids import new_id
from tests.integration.repairs.conftest import minutes

PASSWORD = "ludan-shanshui-42"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
VERSION = re.compile(r'name="version" value="(\d+)"')


def enter(app, firm, client_of, who: str, locale: str = "zh_Hans_CN"):
    """A browser of somebody who has signed in."""
    with firm.work() as uow:
        account = uow.session.scalar(select(UserAccount).where(UserAccount.id == firm.ids[f"{who}_user"]))
        account.login_name = account.login_name or f"{who}-{account.id.hex[-6:]}"
        set_password(uow, account, PASSWORD)
        account.must_change_password = False if hasattr(account, "must_change_password") else None
        login = account.login_name
    client = client_of(firm.tenant)
    client.set_cookie("anju_locale", locale, domain=client.host)
    token = CSRF.search(client.get("/login").text).group(1)
    answer = client.post("/login", data={"csrf_token": token, "identifier": login, "password": PASSWORD})
    assert answer.status_code == 302, answer.text[:500]
    return client


@pytest.fixture
def desk(app, firm, client_of):
    """The front desk's browser."""
    return enter(app, firm, client_of, "desk")


def send(client, path: str, page: str, headers: dict[str, str] | None = None, **form: object):
    """Post a form as a browser does; token and version come from the page that it stands on."""
    shown = client.get(page).text
    data: dict[str, object] = {"csrf_token": CSRF.search(shown).group(1)}
    version = VERSION.search(shown)
    if version:
        data["version"] = version.group(1)
    return client.post(path, data={**data, **form}, headers=headers)


def state_of(firm, order_id) -> RepairOrder:
    """The order as it is."""
    with firm.work() as uow:
        order = uow.session.get(RepairOrder, order_id)
        uow.session.expunge(order)
        return order


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
@pytest.mark.parametrize(
    "path", ["/repairs/board", "/repairs", "/repairs/new", "/repairs?state=open&today=1", "/search?q=1203"]
)
def test_pages_speak_both_languages(app, firm, client_of, locale, path):
    firm.report()
    text = enter(app, firm, client_of, "desk", locale).get(path).text
    assert ('lang="en"' in text) == (locale == "en")
    assert "%(" not in text


def test_board_shows_the_order_and_its_sheet_survives_a_reload(firm, desk):
    order = firm.report().order
    page = desk.get(f"/repairs/board?order={order.id}")
    assert page.status_code == 200
    assert "柜底已经泡湿" in page.text and 'id="sheet"' in page.text
    assert page.text.count(order.number) >= 1 and "138****0617" in page.text
    assert "13800000617" not in page.text


def test_an_unchanged_board_costs_a_304(firm, desk):
    firm.report()
    asked = {"HX-Request": "true", "HX-Target": "board"}
    first = desk.get("/repairs/board", headers=asked)
    assert first.status_code == 200 and "<html" not in first.text
    again = desk.get("/repairs/board", headers={**asked, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    firm.report("电梯里灯不亮")
    changed = desk.get("/repairs/board", headers={**asked, "If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_sheet_says_204_while_nothing_changed(firm, desk):
    order = firm.report().order
    version = state_of(firm, order.id).version
    target = {"HX-Request": "true", "HX-Target": "sheet"}
    assert desk.get(f"/repairs/{order.id}?version={version}", headers=target).status_code == 204
    shown = desk.get(f"/repairs/{order.id}?version={version - 1}", headers=target)
    assert shown.status_code == 200 and "<html" not in shown.text


def test_desk_withdraws_and_sends_it_to_another(firm, desk):
    order = firm.report().order
    path = f"/repairs/{order.id}"
    without = send(desk, f"{path}/withdraw", path, note="")
    assert without.status_code == 422
    assert send(desk, f"{path}/withdraw", path, note="先去 7 号楼").status_code == 302
    assert state_of(firm, order.id).state == "returned"
    answer = send(desk, f"{path}/dispatch", path, staff=str(firm.ids["wu"]))
    assert answer.status_code == 302
    assert state_of(firm, order.id).state == "dispatched"
    firm.step(order.id, "accepted", "wu", at=minutes(2))
    assert "吴敏" in desk.get(path).text


def test_who_was_slower_reads_so_and_sees_the_fresh_order(firm, desk):
    order = firm.report().order
    path = f"/repairs/{order.id}"
    stale = send(desk, f"{path}/cancel", path, note="住户已修好", version="1")
    assert stale.status_code == 409
    assert "同事先了一步" in stale.text
    assert state_of(firm, order.id).state != "cancelled"


def test_desk_corrects_and_cancels(firm, desk):
    order = firm.report().order
    path = f"/repairs/{order.id}"
    assert (
        send(desk, f"{path}/classify", path, category="leak_structure", urgency="urgent").status_code == 302
    )
    assert state_of(firm, order.id).category == "leak_structure"
    headers = {"HX-Request": "true", "HX-Target": "sheet"}
    answer = send(desk, f"{path}/cancel", path, headers=headers, note="住户已修好")
    assert answer.status_code == 200 and answer.headers["HX-Trigger"] == "live:repairs.board"
    assert state_of(firm, order.id).state == "cancelled"


def test_same_fault_is_joined(firm, desk):
    first = firm.report().order
    second = firm.report("厨房下水管接头漏水，柜底泡湿了").order
    assert first.number in desk.get(f"/repairs/{second.id}").text
    answer = send(desk, f"/repairs/{second.id}/join/{first.id}", f"/repairs/{second.id}")
    assert answer.status_code == 302
    assert state_of(firm, second.id).state == "cancelled"


def test_whole_number_asks_why(firm, desk):
    order = firm.report().order
    path = f"/repairs/{order.id}"
    assert send(desk, f"{path}/phone", f"{path}?ask=phone", reason="").status_code == 422
    shown = send(desk, f"{path}/phone", f"{path}?ask=phone", reason="repair")
    assert "138 0000 0617" in shown.text.replace("-", " ")
    assert shown.headers["Cache-Control"] == "no-store"


def test_list_searches_and_exports_what_it_shows(firm, desk):
    order = firm.report().order
    firm.report("电梯里灯不亮", by="neighbour", room_id=firm.ids["room_7"])
    assert desk.get(f"/repairs?q={order.number}").status_code == 302
    found = desk.get("/repairs?q=灯不亮").text
    assert "灯不亮" in found and "柜底" not in found
    book = desk.get(f"/repairs/export?room={firm.ids['room']}")
    strings = zipfile.ZipFile(io.BytesIO(book.data)).read("xl/sharedStrings.xml").decode()
    assert "柜底已经泡湿" in strings and "灯不亮" not in strings


def test_desk_registers_for_a_caller_once(firm, desk):
    form = {
        "room": str(firm.ids["room"]),
        "person": str(firm.ids["resident_person"]),
        "text": "阳台推拉门卡住，拉不动",
        "request_id": str(new_id()),
    }
    page = desk.get(f"/repairs/new?room={firm.ids['room']}").text
    assert "周慧敏" in page and "138****0617" in page
    one = send(desk, "/repairs/new", "/repairs/new", **form)
    two = send(desk, "/repairs/new", "/repairs/new", **form)
    assert one.status_code == two.status_code == 302
    assert one.headers["Location"] == two.headers["Location"]
    shown = desk.get(one.headers["Location"]).text
    assert "拉不动" in shown and "周慧敏" in shown


def test_registration_keeps_what_was_typed(firm, desk):
    answer = send(desk, "/repairs/new", "/repairs/new", text="地下车库灯一直闪")
    assert answer.status_code == 422 and "地下车库灯一直闪" in answer.text
    public = send(
        desk,
        "/repairs/new",
        "/repairs/new",
        text="地下车库灯一直闪",
        place="地下车库 B1",
        community=str(firm.ids["community"]),
    )
    assert public.status_code == 302


def test_preview_sorts_and_offers_the_same_fault(firm, desk):
    order = firm.report().order
    page = desk.get("/repairs/new/preview", query_string={"text": "厨房下水管接头漏水，柜底已经泡湿", "room": str(firm.ids["room"])},
                    headers={"HX-Request": "true", "HX-Target": "preview"}).text  # fmt: skip
    assert "aj-mark" in page and order.number in page


def test_levels_are_the_administrators(app, firm, client_of, desk):
    assert desk.get("/repairs/levels").status_code == 403
    admin = enter(app, firm, client_of, "admin")
    assert admin.get("/repairs/levels").status_code == 200
    form = {f"{urgency}_{due}": value for urgency in ("emergency", "urgent", "normal", "low")
            for due, value in (("respond", "7"), ("arrive", "70"), ("finish", "700"))}  # fmt: skip
    saved = send(admin, "/repairs/levels/plumbing", "/repairs/levels/plumbing", mode="grab", **form)
    assert saved.status_code == 302
    assert "700" in admin.get("/repairs/levels/plumbing").text
    form["low_finish"] = "1"
    assert (
        send(admin, "/repairs/levels/plumbing", "/repairs/levels/plumbing", mode="grab", **form).status_code
        == 422
    )
    rules = {"accept_minutes": "9", "emergency_accept_minutes": "2", "offers_before_escalation": "3",
             "sure_from_percent": "60", "rate_days": "7", "reopen_days": "15", "low_mark": "2"}  # fmt: skip
    assert send(admin, "/repairs/levels", "/repairs/levels", **rules).status_code == 302
    assert 'value="9"' in admin.get("/repairs/levels").text
    rules["accept_minutes"] = "0"
    assert send(admin, "/repairs/levels", "/repairs/levels", **rules).status_code == 422


def test_others_find_nothing(app, firm, other_firm, client_of, desk):
    order = other_firm.report().order
    unknown = new_id()
    for path in ("/repairs/{}", "/repairs/board?order={}"):
        foreign, absent = desk.get(path.format(order.id)), desk.get(path.format(unknown))
        assert foreign.status_code == absent.status_code
        assert "柜底已经泡湿" not in foreign.text
    assert send(desk, f"/repairs/{order.id}/close", "/repairs/new").status_code == 404
    technician = enter(app, firm, client_of, "chen")
    assert technician.get("/repairs/board").status_code == 403


@pytest.fixture
def statements(kernel, firm) -> Iterator[list[str]]:
    """Every statement that the app runs."""
    seen: list[str] = []

    def note(connection, cursor, statement, *rest) -> None:
        seen.append(statement)

    engine = kernel.tenant_engine(firm.tenant)
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/repairs/board", "/repairs", "/repairs/{}"])
def test_statements_do_not_grow_with_orders(firm, desk, statements, path):
    order = firm.report().order

    def count() -> int:
        desk.get(path.format(order.id))
        statements.clear()
        assert desk.get(path.format(order.id)).status_code == 200
        return len(statements)

    before = count()
    for number in range(6):
        firm.report(f"卫生间地漏返味第 {number} 次", by="neighbour", room_id=firm.ids["room_7"])
    assert count() <= before + 1
    assert before < 60
