"""Reports tie to the ledger: whatever happened, their totals equal the balances of accounts to the cent."""

from __future__ import annotations

import random
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import select

from saas.core.actors import SYSTEM
from saas.core.errors import DomainError
from saas.fees import permissions as p
from saas.fees.models import BillLine, LedgerAccount, LedgerTransfer, LineBalance
from saas.fees.reports.excel import to_excel
from saas.fees.reports.registry import REPORTS, make_report
from saas.fees.reports.results import Report, ReportFilter
from saas.fees.services import accounts
from saas.fees.services.assignments import Target
from saas.fees.services.cash_desk import pay_at_desk
from saas.fees.services.late_fee_waivers import decide_waiver, request_waiver
from saas.fees.services.late_fees import charge_late_fees
from saas.fees.services.ledger import balance
from saas.fees.services.lines import adjust_line, charge_once, void_line
from saas.fees.services.payments_intent import PaymentIntent
from saas.fees.services.write_offs import decide_write_off, request_write_off
from tenants import clock
from tenants.unit_of_work import unit_of_work
from tests.integration.fees.bills.conftest import finance
from tests.integration.fees.meters.conftest import refused

FIRST, LAST = date(2026, 1, 1), date(2026, 10, 31)
ALL = ReportFilter(FIRST, LAST)


@contextmanager
def on(town, day: date):
    with clock.at(datetime(day.year, day.month, day.day, 4, tzinfo=UTC)), unit_of_work(town.tenant) as uow:
        yield uow


def report(town, name: str, wanted: ReportFilter = ALL, actor=SYSTEM) -> Report:
    with on(town, LAST) as uow:
        return make_report(uow, actor=actor, name=name, wanted=wanted)


def sum_of(town, kind: str) -> int:
    with on(town, LAST) as uow:
        ids = set(uow.session.scalars(select(LedgerAccount.id).where(LedgerAccount.kind == kind)))
        moved = uow.session.scalars(select(LedgerTransfer)).all()
        return sum(each.minor * ((each.debit_id in ids) - (each.credit_id in ids)) for each in moved)


def live(town, seed: int) -> None:
    """Some months of a small firm: charges, payments, adjustments, voids, late fees, waivers, write-offs."""
    dice = random.Random(seed)
    town.item("pm", "fixed", "200", late_rate=Decimal("0.0005"), late_grace_days=10)
    town.item("water", "fixed", "30")
    clerk, chief = finance(), finance()
    day = FIRST
    while day < LAST - timedelta(days=12):
        day += timedelta(days=dice.randint(1, 9))
        try:
            _live_a_day(town, dice, day, clerk, chief)
        except DomainError:
            continue  # refused, as it should be: nothing was posted


def _live_a_day(town, dice, day, clerk, chief) -> None:
    what = dice.choice(["charge"] * 4 + ["pay"] * 4 + ["adjust", "void", "late", "waive", "write_off"])
    room = town.ids[dice.choice(["101", "102"])]
    if what == "pay":
        intent = PaymentIntent(
            channel=dice.choice(["cash", "pos", "transfer"]), room_ids=(room,),
            amount_minor=dice.randint(1, 60_000),
        )  # fmt: skip
        with clock.at(datetime(day.year, day.month, day.day, 4, tzinfo=UTC)):
            pay_at_desk(town.tenant, actor=dice.choice([clerk, chief]), intent=intent)
        return
    with on(town, day) as uow:
        if what == "charge":
            item = town.ids[dice.choice(["pm", "water"])]
            charge_once(
                uow, actor=clerk, item_id=item, target=Target("room", room), amount_minor=dice.randint(1, 40_000),
                reason="x", due_on=day + timedelta(days=dice.randint(-30, 30)),
            )  # fmt: skip
        elif what == "late":
            charge_late_fees(uow, actor=clerk, community_id=town.community)
        else:
            _correct(uow, dice, what, clerk, chief)


def _correct(uow, dice, what, clerk, chief) -> None:
    kind = "late_fee" if what == "waive" else "one_off"
    lines = uow.session.scalars(
        select(BillLine.id).join(LineBalance, LineBalance.line_id == BillLine.id)
        .where(BillLine.kind == kind, LineBalance.state == "open").order_by(BillLine.id)
    ).all()  # fmt: skip
    if not lines:
        return
    line = dice.choice(lines)
    if what == "adjust":
        adjust_line(
            uow, actor=clerk, line_id=line, amount_minor=dice.choice([-500, -90_000, 700]), reason="x"
        )
    elif what == "void":
        void_line(uow, actor=clerk, line_id=line, reason="x")
    elif what == "waive":
        asked = request_waiver(uow, actor=clerk, line_id=line, reason="x")
        decide_waiver(uow, actor=chief, concession_id=asked.id, approve=True)
    else:
        asked = request_write_off(uow, actor=clerk, line_id=line, reason="x")
        decide_write_off(uow, actor=chief, concession_id=asked.id, approve=True)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_totals_are_the_balances_of_the_accounts(small, seed: int) -> None:
    live(small, seed)
    with on(small, LAST) as uow:
        owed = balance(uow, accounts.RECEIVABLE)
        half = balance(uow, accounts.RECEIVABLE, date(2026, 5, 31))
        given = balance(uow, accounts.DISCOUNT), balance(uow, accounts.WRITE_OFF)
        earned = -balance(uow, accounts.LATE_FEE_INCOME)

    for by in ("item", "community", "building", "room", "person"):
        moved = report(small, "receivable", ReportFilter(date(2026, 6, 1), LAST, by)).totals
        assert (moved["opening"], moved["closing"]) == (half, owed)
        parts = sum(minor for name, minor in moved.items() if name != "closing")
        assert parts == moved["closing"]
        aged = report(small, "arrears", ReportFilter(FIRST, LAST, by)).totals
        names = ("not_due", "to_30", "to_90", "to_180", "to_365", "older", "credit")
        assert aged["total"] == owed == sum(aged[name] for name in names)
        rate = report(small, "collection_rate", ReportFilter(FIRST - timedelta(60), LAST, by)).totals
        assert rate["open"] == owed
    for by in ("channel", "day", "month", "cashier", "item", "room", "person"):
        assert report(small, "received", ReportFilter(FIRST, LAST, by)).totals["net"] == sum_of(small, "cash")
    assert report(small, "prepaid").totals["closing"] == -sum_of(small, "prepaid")
    assert report(small, "deposits").totals["held"] == -sum_of(small, "deposit")
    off = report(small, "discounts").totals
    assert (off["discounts"], off["written_off"]) == given
    assert report(small, "late_fees").totals["earned"] == earned
    published = report(small, "publication").totals
    assert published["earned"] == -sum_of(small, "income") + earned
    rooms = [
        report(small, "room_statement", ReportFilter(FIRST, LAST, room_id=small.ids[room])).totals["balance"]
        for room in ("101", "102")
    ]
    assert sum(rooms) == owed


def charge(town, day: date, minor: int, due: date, room: str = "101") -> UUID:
    if "pm" not in town.ids:
        town.item("pm", "fixed", "200")
    with on(town, day) as uow:
        return charge_once(
            uow, actor=SYSTEM, item_id=town.ids["pm"], target=Target("room", town.ids[room]), amount_minor=minor,
            reason="x", due_on=due,
        ).id  # fmt: skip


def test_arrears_are_sorted_by_the_days_since_they_were_due(small) -> None:
    for days, minor in ((-1, 1), (0, 2), (1, 4), (30, 8), (31, 16), (90, 32), (181, 64), (366, 128)):
        charge(small, date(2026, 1, 2), minor, LAST - timedelta(days=days))

    totals = report(small, "arrears").totals

    names = ("not_due", "to_30", "to_90", "to_180", "to_365", "older")
    assert [totals[name] for name in names] == [3, 12, 48, 0, 64, 128]


def test_a_filter_narrows_and_a_scope_hides(small) -> None:
    charge(small, FIRST, 100, FIRST)
    charge(small, FIRST, 50, FIRST, room="102")
    only = ReportFilter(FIRST, LAST, room_id=small.ids["102"])

    assert report(small, "receivable", only).totals["closing"] == 50
    elsewhere = finance(p.LEDGER, community=small.ids["101"])
    assert report(small, "receivable", actor=elsewhere).totals == {
        "opening": 0, "charged": 0, "received": 0, "closing": 0,
    }  # fmt: skip
    with refused("forbidden"):
        report(small, "receivable", actor=finance(p.VIEW))
    with refused("report_not_found"):
        report(small, "nothing")
    with refused("invalid_input"):
        report(small, "receivable", ReportFilter(FIRST, LAST, "planet"))


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_each_report_becomes_a_book(small, name: str) -> None:
    charge(small, FIRST, 12_345, FIRST)
    wanted = ReportFilter(FIRST, LAST, room_id=small.ids["101"])
    made = report(small, name, wanted)

    sheet = openpyxl.load_workbook(BytesIO(to_excel(made))).active

    assert [cell.value for cell in sheet[4]] == [str(column.title) for column in made.columns]
    if name == "receivable":
        assert [row[-1].value for row in sheet.iter_rows(min_row=5, max_row=6)] == [123.45, 123.45]
