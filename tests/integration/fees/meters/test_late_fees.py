"""Late fees on stored lines: the worked case, part payments, the cap, charging and waiving."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from saas.core.actors import SYSTEM
from saas.fees import permissions as p
from saas.fees.models import BillLine, LineBalance
from saas.fees.services import accounts
from saas.fees.services.assignments import Target
from saas.fees.services.cash_desk import pay_at_desk
from saas.fees.services.late_fee_waivers import decide_waiver, request_waiver
from saas.fees.services.late_fees import accrued_of, charge_late_fees, late_lines
from saas.fees.services.ledger import balance
from saas.fees.services.ledger_check import verify_books
from saas.fees.services.lines import charge_once
from saas.fees.services.payments_intent import PaymentIntent
from tenants import clock
from tenants.unit_of_work import unit_of_work
from tests.integration.fees.bills.conftest import finance
from tests.integration.fees.meters.conftest import refused

MAY_10 = date(2024, 5, 10)


@contextmanager
def on(town, day: date):
    with clock.at(datetime(day.year, day.month, day.day, 4, tzinfo=UTC)), unit_of_work(town.tenant) as uow:
        yield uow


@pytest.fixture
def owing(small):
    """200.00 a month, due on the first of January to May 2024, 0.05 % a day after 30 days."""
    small.item("pm", "fixed", "200", late_rate=Decimal("0.0005"), late_grace_days=30)
    small.lines_made = [line(small, date(2024, month, 1)) for month in range(1, 6)]
    return small


def line(town, day: date, minor: int = 20_000) -> UUID:
    with on(town, day) as uow:
        return charge_once(
            uow, actor=SYSTEM, item_id=town.ids["pm"], target=Target("room", town.ids["101"]),
            amount_minor=minor, reason="物业费", due_on=day,
        ).id  # fmt: skip


def pay(town, day: date, line_id: UUID, minor: int) -> None:
    with clock.at(datetime(day.year, day.month, day.day, 4, tzinfo=UTC)):
        pay_at_desk(
            town.tenant, actor=finance(),
            intent=PaymentIntent(channel="cash", line_ids=(line_id,), amount_minor=minor),
        )  # fmt: skip


def test_the_worked_case(owing) -> None:
    with on(owing, MAY_10) as uow:
        found = accrued_of(uow, late_lines(uow, MAY_10))
        charged = charge_late_fees(uow, actor=SYSTEM, community_id=owing.community)
        again = charge_late_fees(uow, actor=SYSTEM, community_id=owing.community)
        earned = balance(uow, accounts.LATE_FEE_INCOME)

    assert [found[one].to_charge_minor for one in owing.lines_made[:4]] == [1000, 690, 400, 90]
    assert sorted(each.amount_minor for each in charged) == [90, 400, 690, 1000]
    assert again == [] and earned == -2180
    with on(owing, MAY_10) as uow:
        assert verify_books(uow).agree


def test_charging_later_adds_only_what_came_since(owing) -> None:
    with on(owing, MAY_10) as uow:
        charge_late_fees(uow, actor=SYSTEM, line_ids=owing.lines_made[:1])
    with on(owing, MAY_10 + timedelta(days=10)) as uow:
        more = charge_late_fees(uow, actor=SYSTEM, line_ids=owing.lines_made[:1])

    assert [each.amount_minor for each in more] == [100]


def test_a_part_payment_lowers_the_principal_from_its_day(owing) -> None:
    first = owing.lines_made[0]
    pay(owing, date(2024, 3, 1), first, 10_000)

    with on(owing, MAY_10) as uow:
        accrued = accrued_of(uow, [first])[first]

    # 31 January to 1 March: 30 days of 200.00; then 70 days of 100.00
    assert [(step.days, step.principal_minor) for step in accrued.fee.steps] == [(30, 20_000), (70, 10_000)]
    assert accrued.to_charge_minor == 300 + 350


def test_who_paid_late_still_owes_the_fee_and_no_more(owing) -> None:
    first = owing.lines_made[0]
    pay(owing, date(2024, 3, 1), first, 20_000)

    with on(owing, MAY_10) as uow:
        assert first in late_lines(uow, MAY_10)
        assert accrued_of(uow, [first])[first].to_charge_minor == 300


def test_the_fee_never_exceeds_the_principal(owing) -> None:
    with on(owing, date(2034, 1, 1)) as uow:
        accrued = accrued_of(uow, owing.lines_made[:1])[owing.lines_made[0]]

    assert accrued.to_charge_minor == 20_000 and accrued.fee.capped


def test_a_disputed_line_is_not_charged(owing) -> None:
    with on(owing, MAY_10) as uow:
        uow.session.get_one(LineBalance, owing.lines_made[0]).is_disputed = True
        uow.session.flush()
        assert charge_late_fees(uow, actor=SYSTEM, line_ids=owing.lines_made[:1]) == []


def test_a_waiver_needs_a_second_person_and_does_not_come_back(owing) -> None:
    first, clerk, chief = owing.lines_made[0], finance(), finance(p.CONCEDE_APPROVE)
    with on(owing, MAY_10) as uow:
        asked = request_waiver(uow, actor=clerk, line_id=first, reason="住院")
    with refused("second_person"), on(owing, MAY_10) as uow:
        decide_waiver(uow, actor=clerk, concession_id=asked.id, approve=True)
    with on(owing, MAY_10) as uow:
        decided = decide_waiver(uow, actor=chief, concession_id=asked.id, approve=True)
        left = accrued_of(uow, [first])[first].to_charge_minor
        fee = uow.session.scalars(select(BillLine).where(BillLine.kind == "late_fee")).one()
        open_minor = uow.session.get_one(LineBalance, fee.id).open_minor
        earned = balance(uow, accounts.LATE_FEE_INCOME)
    assert (decided.amount_minor, left, open_minor, earned) == (1000, 0, 0, 0)
    with refused("already_decided"), on(owing, MAY_10) as uow:
        decide_waiver(uow, actor=chief, concession_id=asked.id, approve=False)
    with on(owing, MAY_10) as uow:
        assert verify_books(uow).agree
