"""历史欠费.xlsx of 锦绣花园 opens what expected.json tells, once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

import saas.estate.jobs  # noqa: F401  (registers the jobs that uploads queue)
from saas.core.actors import SYSTEM
from saas.core.errors import DomainError
from saas.estate.models import Community
from saas.estate.services.imports import apply_list, request_apply, take_in, upload_list
from saas.fees import permissions as p
from saas.fees.models import BillLine, FeeItem
from saas.fees.services import accounts
from saas.fees.services.opening_arrears import abandon_arrears, apply_arrears, upload_arrears
from tests.integration.fees.money.conftest import Firm, staff

PACK = Path(__file__).parents[4] / "ops" / "demo" / "jinxiu"
TOLD = json.loads((PACK / "expected.json").read_text(encoding="utf-8"))
BOOK = "历史欠费.xlsx"


@pytest.fixture
def estate(tenant) -> Firm:
    """锦绣花园 with its rooms and owners."""
    firm = Firm(tenant)
    name = "房屋业主台账.xlsx"
    with firm.work() as uow:
        batch = upload_list(uow, actor=SYSTEM, file_name=name, content=(PACK / name).read_bytes()).id
    with firm.work() as uow:
        take_in(uow, batch_id=batch)
    with firm.work() as uow:
        request_apply(uow, actor=SYSTEM, batch_id=batch)
    with firm.work() as uow:
        apply_list(uow, batch_id=batch)
    with firm.work() as uow:
        firm.ids["community"] = uow.session.scalars(select(Community.id)).one()
        for code, words, facts in (
            ("high", "物业费（高层）", {"due_day": 10}),
            ("shop", "物业费（商铺）", {"due_day": 10, "cycle_months": 3}),
            ("water", "水费", {"timing": "postpaid", "due_day": 15}),
        ):
            uow.session.add(FeeItem(code=code, name=words, pricing="one_off", **facts))
    return firm


def upload(firm: Firm, content: bytes | None = None, **options):
    with firm.work() as uow:
        return upload_arrears(
            uow, actor=options.get("actor", SYSTEM), community_id=firm.ids["community"], file_name=BOOK,
            content=content if content is not None else (PACK / BOOK).read_bytes(),
        )  # fmt: skip


def test_the_list_of_the_pack(estate):
    told = TOLD["opening_arrears"]
    batch = upload(estate)
    assert batch.totals["lines"] == told["items"] and batch.totals["rooms"] == told["rooms"]
    assert batch.totals["amount_minor"] == told["total_fen"]
    assert batch.totals["by_item"] == told["by_item_fen"] and batch.totals["by_month"] == told["by_month_fen"]
    assert batch.totals["new_items"] == ["公摊电费", "电梯维护费"]
    listed = [
        (r["row"], r["column"], r["code"], r["action"], r["raw"], r.get("first_row"))
        for r in TOLD["invalid_rows"]
        if r["file"] == BOOK
    ]
    assert [
        (i["row"], i["column"], i["code"], i["action"], i["raw"], i.get("first_row")) for i in batch.issues
    ] == listed
    assert estate.count(BillLine) == 0

    for _twice in range(2):
        with estate.work() as uow:
            applied = apply_arrears(uow, actor=SYSTEM, import_id=batch.id)
        assert (
            applied.totals["opened"] == told["items"] and applied.totals["opened_minor"] == told["total_fen"]
        )
    assert upload(estate).id == batch.id
    with estate.work() as uow:
        lines = uow.session.scalars(select(BillLine)).all()
        names = dict(list(uow.session.execute(select(FeeItem.id, FeeItem.name))))
    assert len(lines) == told["items"] and all(line.person_id for line in lines)
    assert {line.kind for line in lines} == {"opening"}
    by_item: Counter[str] = Counter()
    for line in lines:
        by_item[names[line.item_id].partition("（")[0]] += line.amount_minor
    assert dict(by_item) == told["by_item_fen"]
    shops = [line for line in lines if names[line.item_id] == "物业费（商铺）"]
    assert {(line.period_from.isoformat(), line.period_to.isoformat()) for line in shops} == {
        ("2026-07-01", "2026-10-01")
    }
    assert estate.balance(accounts.OPENING) == -told["total_fen"] == -estate.balance(accounts.RECEIVABLE)
    estate.check()


def test_what_is_open_already_is_not_opened_again(estate):
    rows = "房号,收费项目,账期,欠费金额(元)\n1-1-203,水费,{month},10.00\n1-1-203,水费,2026-04,{amount}\n"
    first = upload(estate, rows.format(month="2026-03", amount="5").encode())
    second = upload(estate, rows.format(month="2026-05", amount="6").encode())
    for batch in (first, second):
        with estate.work() as uow:
            apply_arrears(uow, actor=SYSTEM, import_id=batch.id)
    assert estate.count(BillLine) == 3 and estate.balance(accounts.RECEIVABLE) == 2_500
    third = upload(estate, rows.format(month="2026-06", amount="7").encode())
    assert [issue["code"] for issue in third.issues] == ["already_open"] and third.totals["lines"] == 1
    with estate.work() as uow:
        abandon_arrears(uow, actor=SYSTEM, import_id=third.id)
    with pytest.raises(DomainError) as refused, estate.work() as uow:
        apply_arrears(uow, actor=SYSTEM, import_id=third.id)
    assert refused.value.code == "import_over"


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file_empty"), ("姓名,年龄\n张,3\n".encode(), "columns_missing")]
)
def test_files_that_are_no_such_list(estate, content, code):
    with pytest.raises(DomainError) as refused:
        upload(estate, content)
    assert refused.value.code == code


def test_only_who_may_adjust_opens_arrears(estate):
    for actor in (staff(p.COLLECT), staff(p.ADJUST, communities=[estate.tenant.id])):
        with pytest.raises(DomainError) as refused:
            upload(estate, actor=actor)
        assert refused.value.code == "forbidden"
