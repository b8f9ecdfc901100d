"""Set-up: previews write nothing, debtors follow owners, voids, discounts, permissions, queries, other firms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event, func, select

from saas.core.actors import SYSTEM
from saas.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from saas.estate.models import Occupancy
from saas.fees import permissions as p
from saas.fees.models import FeeAssignment, LedgerTransfer, LineBalance, Tariff
from saas.fees.queries.runs import list_drafts, run_of
from saas.fees.services.assignments import Target, change_payer
from saas.fees.services.bill_runs import approve_run, request_run
from saas.fees.services.change_preview import preview_change
from saas.fees.services.concessions import decide_discount, request_discount
from saas.fees.services.items import create_item, set_tariff
from saas.fees.services.lines import adjust_line, charge_once, void_line
from saas.fees.services.rules import end_rule, sync_rules_of_room
from saas.people.services.persons import PersonDraft, add_persons
from tests.integration.fees.bills.conftest import Town, finance

APR, MAY, JUN = (date(2026, month, 1) for month in (4, 5, 6))


def only_first(town: Town, **item) -> None:
    town.item("fee", **item)
    town.rule("fee", selector={"room_ids": [town.ids["101"]]})


def balance(town: Town) -> tuple[int, int]:
    """(what is open, what the ledger says is receivable)."""
    with town.work(read_only=True) as uow:
        opened = uow.session.scalar(
            select(func.sum(LineBalance.open_minor)).where(LineBalance.state != "void")
        )
        key = "(SELECT id FROM ledger_account WHERE key = 'receivable')"
        owed = (
            uow.session.connection()
            .exec_driver_sql(
                f"SELECT COALESCE(sum(CASE WHEN debit_id = {key} THEN minor WHEN credit_id = {key} THEN -minor END), 0) "
                "FROM ledger_transfer"
            )
            .scalar_one()
        )
        return int(opened or 0), int(owed)


def test_a_preview_shows_the_difference_and_writes_nothing(town: Town) -> None:
    only_first(town)
    with town.work() as uow:
        found = preview_change(
            uow,
            lambda unit: set_tariff(
                unit, actor=SYSTEM, item_id=town.ids["fee"], starts_on=APR, price=Decimal("2.50")
            ),
            period=(APR, MAY),
        )
        assert (found.before_minor, found.after_minor, found.changed) == (23187, 24668, 1)
        assert uow.session.scalar(select(func.count()).select_from(Tariff)) == 1


def test_old_debt_stays_when_the_owner_changes(town: Town) -> None:
    only_first(town)
    town.bill(APR, MAY)
    with town.work() as uow:
        old = uow.session.scalars(select(Occupancy).where(Occupancy.room_id == town.ids["101"])).one()
        old.ends_on = date(2026, 5, 16)
        (buyer,) = add_persons(uow, [PersonDraft(name="陈静")])
        uow.session.add(
            Occupancy(room_id=town.ids["101"], person_id=buyer, role="owner", starts_on=date(2026, 5, 16))
        )
        uow.session.flush()
        sync_rules_of_room(uow, town.ids["101"])
    town.bill(MAY, JUN)
    assert [
        (line.debtor_name, line.period_from, line.period_to, line.amount_minor) for line in town.lines()
    ] == [
        ("张伟", APR, MAY, 23187),
        ("张伟", MAY, date(2026, 5, 16), 11220),
        ("陈静", date(2026, 5, 16), JUN, 11968),
    ]


def test_another_payer_from_a_day_on(town: Town) -> None:
    only_first(town)
    with town.work() as uow:
        row = uow.session.scalars(select(FeeAssignment)).one()
        change_payer(
            uow, actor=SYSTEM, assignment_id=row.id, from_on=date(2026, 4, 16), debtor_name="租户公司"
        )
    town.bill(APR, MAY)
    assert [(line.debtor_name, line.amount_minor) for line in town.lines()] == [
        ("张伟", 11594),
        ("租户公司", 11594),
    ]


def test_a_void_line_is_posted_back_and_its_month_can_be_billed_again(town: Town) -> None:
    only_first(town)
    town.bill(APR, MAY)
    (line,) = town.lines()
    with town.work() as uow:
        void_line(uow, actor=SYSTEM, line_id=line.id, reason="面积有误")
    assert balance(town) == (0, 0)
    with pytest.raises(Conflict, match="void already"), town.work() as uow:
        void_line(uow, actor=SYSTEM, line_id=line.id, reason="again")
    town.bill(APR, MAY)
    assert [each.sequence for each in town.lines()] == [0, 1]
    assert balance(town) == (23187, 23187)


def test_an_adjustment_downwards_is_set_off_at_once(town: Town) -> None:
    only_first(town)
    town.bill(APR, MAY)
    (line,) = town.lines()
    with town.work() as uow:
        adjust_line(uow, actor=SYSTEM, line_id=line.id, amount_minor=-3187, reason="协商")
    assert balance(town) == (20000, 20000)
    with town.work(read_only=True) as uow:
        states = dict(uow.session.execute(select(LineBalance.amount_minor, LineBalance.open_minor)).all())
    assert states == {23187: 20000, -3187: 0}


def test_a_single_amount(town: Town) -> None:
    item_id = town.item("repair", pricing="one_off", price="80")
    with town.work() as uow:
        line = charge_once(
            uow,
            actor=SYSTEM,
            item_id=item_id,
            target=Target("room", town.ids["101"]),
            amount_minor=8000,
            reason="换锁",
        )
        assert (line.debtor_name, line.kind, line.object_key) == ("张伟", "one_off", "1-1-101")
    assert balance(town) == (8000, 8000)


def test_a_discount_needs_a_second_person_and_is_a_line_of_its_own(town: Town) -> None:
    only_first(town)
    asker, other = finance(), finance()
    with town.work() as uow:
        row = request_discount(
            uow,
            actor=asker,
            kind="rate",
            item_id=town.ids["fee"],
            value=Decimal("0.1"),
            reason="老业主",
            name="九折",
        )
        with pytest.raises(Conflict):
            decide_discount(uow, actor=asker, concession_id=row.id, approve=True)
        decide_discount(uow, actor=other, concession_id=row.id, approve=True)
    town.bill(APR, MAY)
    charge, discount = sorted(town.lines(), key=lambda line: -line.amount_minor)
    assert (charge.amount_minor, discount.amount_minor, discount.corrects_id) == (23187, -2319, charge.id)
    assert balance(town) == (20868, 20868)


def test_each_step_asks_for_its_permission(town: Town) -> None:
    only_first(town)
    nobody, preparer = finance(p.VIEW), finance(p.RUN)
    with town.work() as uow:
        with pytest.raises(Forbidden):
            create_item(uow, actor=nobody, code="x", name="x", pricing="fixed")
        with pytest.raises(Forbidden):
            request_run(uow, actor=nobody, period_from=APR, period_to=MAY, community_id=town.community)
    run_id = town.draft(APR, MAY)
    with town.work() as uow, pytest.raises((Forbidden, NotFound)):
        approve_run(uow, actor=preparer, run_id=run_id)
    with town.work() as uow, pytest.raises(NotFound):
        run_of(uow, actor=finance(community=town.ids["101"]), run_id=run_id)


def test_another_firm_sees_nothing(town: Town, tenant_pair) -> None:
    only_first(town)
    run_id = town.draft(APR, MAY)
    other = Town(tenant_pair[0], town.community)
    with other.work() as uow, pytest.raises(NotFound):
        approve_run(uow, actor=SYSTEM, run_id=run_id)
    with other.work() as uow, pytest.raises(NotFound):
        set_tariff(uow, actor=SYSTEM, item_id=town.ids["fee"], starts_on=APR, price=Decimal(1))


def test_wrong_input_is_told_at_its_field(town: Town) -> None:
    with town.work() as uow, pytest.raises(InvalidInput) as told:
        create_item(uow, actor=SYSTEM, code="x", name="x", pricing="formula", formula="built_area *")
    assert "formula" in told.value.fields
    town.item("fee")
    with town.work() as uow, pytest.raises(InvalidInput) as told:
        tiers = [{"up_to": "12", "price": "3"}, {"up_to": "8", "price": "4"}, {"up_to": None, "price": "5"}]
        set_tariff(uow, actor=SYSTEM, item_id=town.ids["fee"], starts_on=APR, tiers=tiers)
    assert "tiers" in told.value.fields


def test_a_page_of_drafts_takes_two_statements(town: Town) -> None:
    town.item("fee")
    town.rule("fee")
    run_id = town.draft(APR, MAY)
    with town.work(read_only=True) as uow:
        seen: list[str] = []
        engine = uow.session.connection().engine
        note = lambda conn, cursor, statement, *rest: seen.append(statement)  # noqa: E731
        event.listen(engine, "before_cursor_execute", note)
        rows, _ = list_drafts(uow, actor=SYSTEM, run_id=run_id)
        event.remove(engine, "before_cursor_execute", note)
    assert (len(rows), len(seen)) == (4, 2)
    assert [row.error for row in rows] == [None, None, None, "missing_built_area"]
    with town.work(read_only=True) as uow:
        assert uow.session.scalar(select(func.count()).select_from(LedgerTransfer)) == 0


def test_a_rule_ends_before_the_days_of_a_void_bill(town: Town) -> None:
    """The void line names its assignment, so that one stays and holds for no day."""
    town.item("fee")
    rule, _ = town.rule("fee", since=APR, selector={"room_ids": [town.ids["101"], town.ids["201"]]})
    town.bill(APR, MAY)
    for line in town.lines():
        with town.work() as uow:
            void_line(uow, actor=SYSTEM, line_id=line.id, reason="开错了")
    for _again in range(2):
        with town.work() as uow:
            end_rule(uow, actor=SYSTEM, rule_id=rule.id, ends_on=APR)
    with town.work(read_only=True) as uow:
        kept = uow.session.execute(select(FeeAssignment.starts_on, FeeAssignment.ends_on)).all()
    assert [tuple(row) for row in kept] == [(APR, APR)] * 2
    assert town.run(town.draft(MAY, JUN)).totals["lines"] == 0
