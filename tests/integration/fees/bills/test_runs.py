"""Bill runs through the database: amounts, exactly once, discounts, adjustments, errors in plain words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from saas.core.actors import SYSTEM
from saas.core.errors import Conflict
from saas.fees.models import BillDraft, BillLine, BillLinePart, LedgerTransfer, LineBalance
from saas.fees.services.bill_runs import cancel_run
from saas.fees.services.items import set_tariff
from tests.integration.fees.bills.conftest import Town

JAN, FEB, MAR, APR, MAY = (date(2026, month, 1) for month in range(1, 6))


def amounts(town: Town, code: str, **where) -> dict[str, int]:
    return {
        line.object_key: line.amount_minor
        for line in town.lines(BillLine.item_id == town.ids[code])
        if all(getattr(line, name) == value for name, value in where.items())
    }


def test_a_month_and_what_each_line_says_of_itself(town: Town) -> None:
    town.item("fee")
    _, synced = town.rule("fee")
    assert (synced.rooms, synced.made) == (4, 4)
    run_id = town.draft(APR, MAY)
    run = town.run(run_id)
    assert (run.state, run.totals["lines"], run.totals["errors"]) == ("draft", 3, 1)
    assert run.totals["by_error"] == {"missing_built_area": 1}
    assert town.lines() == []
    done = town.publish(run_id)
    assert done == {"lines": 3, "amount_minor": 23187 + 24041 + 28200, "left_out": 0}
    assert amounts(town, "fee") == {"1-1-101": 23187, "1-1-201": 24041, "1-1-301": 28200}
    first, second, third = town.lines()
    assert (first.debtor_name, second.debtor_name, third.debtor_name) == ("张伟", "李娜、王强", "开发商")
    assert (first.issue_on, first.due_on, third.person_id) == (APR, date(2026, 4, 11), None)
    assert first.explanation == {
        "exact": "231.8745", "rounding": {"unit_minor": 1, "mode": "half_up"}, "quantity": "98.67", "unit": "m²",
    }  # fmt: skip


def test_ledger_balances_and_parts_agree_with_the_lines(town: Town) -> None:
    town.item("fee")
    town.rule("fee")
    with town.work() as uow:
        set_tariff(
            uow, actor=SYSTEM, item_id=town.ids["fee"], starts_on=date(2026, 4, 16), price=Decimal("2.50")
        )
    town.bill(APR, MAY)
    with town.work(read_only=True) as uow:
        lines = uow.session.scalar(select(func.sum(BillLine.amount_minor)))
        assert uow.session.scalar(select(func.sum(BillLinePart.amount_minor))) == lines
        assert uow.session.scalar(select(func.sum(LedgerTransfer.minor))) == lines
        assert uow.session.scalar(select(func.sum(LineBalance.open_minor))) == lines
        assert uow.session.scalar(select(func.count()).select_from(BillLinePart)) == 6


def test_a_price_that_changes_within_the_month(town: Town) -> None:
    town.item("fee", price="2.20")
    with town.work() as uow:
        set_tariff(
            uow, actor=SYSTEM, item_id=town.ids["fee"], starts_on=date(2026, 4, 16), price=Decimal("2.35")
        )
    town.rule("fee", selector={"room_ids": [town.ids["101"]]})
    town.bill(APR, MAY)
    assert amounts(town, "fee") == {"1-1-101": 22447}
    with town.work(read_only=True) as uow:
        parts = uow.session.execute(
            select(
                BillLinePart.amount_minor, BillLinePart.price, BillLinePart.starts_on, BillLinePart.ends_on
            ).order_by(BillLinePart.position)
        ).all()
    assert [tuple(part) for part in parts] == [
        (10853, "2.2", APR, date(2026, 4, 16)), (11594, "2.35", date(2026, 4, 16), MAY),
    ]  # fmt: skip


@pytest.mark.parametrize(("months", "expected"), [(3, 69562), (12, 278249)])
def test_a_quarter_or_a_year_in_one_line(town: Town, months: int, expected: int) -> None:
    town.item("fee", cycle_months=months)
    town.rule("fee", selector={"room_ids": [town.ids["101"]]})
    town.bill(JAN, FEB)
    assert town.run(town.draft(FEB, MAR)).totals["lines"] == 0
    assert amounts(town, "fee") == {"1-1-101": expected}


def test_an_assignment_that_begins_within_the_month(town: Town) -> None:
    town.item("fee")
    town.rule("fee", since=date(2024, 2, 10), selector={"room_ids": [town.ids["101"]]})
    town.bill(date(2024, 2, 1), date(2024, 3, 1))
    assert amounts(town, "fee") == {"1-1-101": 15991}


@pytest.mark.parametrize(
    ("timing", "months", "expected"),
    [
        ("prepaid", 1, 5),
        ("prepaid", 3, 2),
        ("prepaid", 12, 1),
        ("postpaid", 1, 4),
        ("postpaid", 3, 1),
        ("postpaid", 12, 0),
    ],
)
def test_everything_due_and_unpaid_since_the_beginning(
    town: Town, timing: str, months: int, expected: int
) -> None:
    town.item("fee", pricing="fixed", price="200", timing=timing, cycle_months=months)
    town.rule("fee", selector={"room_ids": [town.ids["101"]]})
    run_id = town.draft(date(2024, 5, 1), date(2024, 5, 11), mode="catch_up")
    if expected:
        town.publish(run_id)
    assert len(town.lines()) == expected


def test_a_second_run_of_the_same_month_has_nothing_to_do(town: Town) -> None:
    town.item("fee")
    town.rule("fee")
    town.bill(APR, MAY)
    again = town.draft(APR, MAY)
    assert town.run(again).totals["lines"] == 0
    with pytest.raises(Conflict, match="nothing to publish"):
        town.publish(again)


def test_two_runs_drafted_side_by_side_publish_each_line_once(town: Town) -> None:
    town.item("fee")
    town.rule("fee")
    first, second = town.draft(APR, MAY), town.draft(APR, MAY)
    assert town.publish(first)["lines"] == 3
    assert town.publish(second) == {"lines": 0, "amount_minor": 0, "left_out": 3}
    assert len(town.lines()) == 3
    with town.work(read_only=True) as uow:
        assert uow.session.scalar(select(func.count()).select_from(LedgerTransfer)) == 3


def test_a_cycle_that_was_changed_after_drafting_bills_no_day_twice(town: Town) -> None:
    town.item("fee")
    town.rule("fee", selector={"room_ids": [town.ids["101"]]})
    quarter = town.draft(JAN, FEB)
    with town.work() as uow:
        uow.session.execute(BillDraft.__table__.update().values(period_to=APR))
    town.bill(FEB, MAR)
    assert town.publish(quarter)["left_out"] == 1
    assert [line.period_from for line in town.lines()] == [FEB]


def test_a_cancelled_run_leaves_nothing(town: Town) -> None:
    town.item("fee")
    town.rule("fee")
    run_id = town.draft(APR, MAY)
    with town.work() as uow:
        cancel_run(uow, actor=SYSTEM, run_id=run_id)
    with town.work(read_only=True) as uow:
        assert uow.session.scalar(select(func.count()).select_from(BillDraft)) == 0
    assert town.run(run_id).state == "cancelled"
    with pytest.raises(Conflict):
        town.publish(run_id)


def test_co_owners_by_share_pay_the_line_to_the_cent(town: Town) -> None:
    town.item("fee", pricing="fixed", price="100.01")
    town.rule("fee", is_split_by_share=True, selector={"room_ids": [town.ids["201"]]})
    town.bill(APR, MAY)
    assert sorted((line.debtor_name, line.amount_minor) for line in town.lines()) == [
        ("李娜", 5001),
        ("王强", 5000),
    ]


def test_a_past_price_makes_adjustment_lines_and_changes_no_bill(town: Town) -> None:
    town.item("fee")
    town.rule("fee", selector={"room_ids": [town.ids["101"]]})
    town.bill(APR, MAY)
    with town.work() as uow:
        set_tariff(uow, actor=SYSTEM, item_id=town.ids["fee"], starts_on=APR, price=Decimal("2.00"))
    assert town.bill(APR, MAY, mode="adjust")["amount_minor"] == 19734 - 23187
    first, second = town.lines()
    assert (first.amount_minor, second.kind, second.corrects_id) == (23187, "adjustment", first.id)
    again = town.draft(APR, MAY, mode="adjust")
    assert town.run(again).totals["lines"] == 0
