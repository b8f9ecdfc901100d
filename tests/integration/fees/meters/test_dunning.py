"""Reminders: rung by rung, in daytime, never to one who has paid, promised or disputes, and nothing is ever cut."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from saas.core import messages
from saas.core.actors import SYSTEM
from saas.core.messages import Message
from saas.fees import permissions as p
from saas.fees.events import PaymentSucceeded
from saas.fees.models import DunningCase, LineBalance
from saas.fees.services.assignments import Target
from saas.fees.services.cash_desk import pay_at_desk
from saas.fees.services.dunning import open_cases, take_due_steps
from saas.fees.services.dunning_desk import (
    close_paid_cases,
    dispute,
    letter,
    list_cases,
    note_call,
    note_promise,
    remind_now,
    settle_dispute,
)
from saas.fees.services.dunning_guard import refuse_cut_off, set_ladder
from saas.fees.services.lines import charge_once
from saas.fees.services.payments_intent import PaymentIntent
from saas.notices import preferences as notices
from tenants import clock
from tenants.ids import new_id
from tenants.unit_of_work import unit_of_work
from tests.integration.fees.bills.conftest import finance
from tests.integration.fees.meters.conftest import refused

DUE = date(2026, 3, 1)
NOON = 4  # in UTC, 12:00 in Shanghai


@contextmanager
def on(town, day: date, hour: int = NOON):
    with clock.at(datetime(day.year, day.month, day.day, hour, tzinfo=UTC)), unit_of_work(town.tenant) as uow:
        yield uow


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch):
    """Messages as they are handed over; the port of the application comes back afterwards."""
    found: list[Message] = []
    monkeypatch.setattr(messages, "_ports", [lambda uow, message: found.append(message)])
    notices.declare()
    return found


@pytest.fixture
def owing(small, sent):
    """Room 101 owes 200.00, due on the first of March 2026."""
    small.item("pm", "fixed", "200")
    with on(small, DUE) as uow:
        charge_once(
            uow, actor=SYSTEM, item_id=small.ids["pm"], target=Target("room", small.ids["101"]),
            amount_minor=20_000, reason="x", due_on=DUE,
        )  # fmt: skip
    return small


def look(town, day: date, hour: int = NOON) -> DunningCase | None:
    """The daily look."""
    with on(town, day, hour) as uow:
        open_cases(uow, actor=SYSTEM)
        take_due_steps(uow)
        return uow.session.scalars(select(DunningCase).order_by(DunningCase.id.desc())).first()


def pay(town, day: date) -> None:
    with clock.at(datetime(day.year, day.month, day.day, NOON, tzinfo=UTC)):
        intent = PaymentIntent("cash", room_ids=(town.ids["101"],))
        pay_at_desk(town.tenant, actor=finance(), intent=intent)


def steps(case: DunningCase) -> list[str]:
    return [entry["step"] for entry in case.history]


def test_the_ladder_is_climbed_rung_by_rung(owing, sent) -> None:
    assert look(owing, DUE + timedelta(2)) is None
    for days in range(3, 75):
        case = look(owing, DUE + timedelta(days))

    assert steps(case) == ["message", "message", "call", "letter"]
    days = [datetime.fromisoformat(entry["at"]).date() - DUE for entry in case.history]
    assert [each.days for each in days] == [3, 15, 30, 60]
    assert [message.params["amount"] for message in sent] == ["200.00", "200.00"]
    assert len({message.dedup_key for message in sent}) == 2
    assert case.has_call_task and case.next_at is None


def test_old_debt_is_not_reminded_of_twice_a_day(owing, sent) -> None:
    for days in range(200, 204):
        case = look(owing, DUE + timedelta(days))

    assert steps(case) == ["message"] and len(sent) == 1


def test_who_has_paid_hears_nothing(owing, sent) -> None:
    with on(owing, DUE + timedelta(10)) as uow:
        open_cases(uow, actor=SYSTEM)
    pay(owing, DUE + timedelta(10))

    case = look(owing, DUE + timedelta(10), hour=NOON + 1)

    assert sent == [] and case.state == "paid"
    assert look(owing, DUE + timedelta(20)).id == case.id


def test_a_payment_closes_the_case_at_once(owing) -> None:
    case = look(owing, DUE + timedelta(30))
    pay(owing, DUE + timedelta(31))
    paid = PaymentSucceeded(new_id(), "cash", 20_000, DUE, owing.ids["101"], None)

    with on(owing, DUE + timedelta(31)) as uow:
        close_paid_cases(uow, paid)
        assert uow.session.get_one(DunningCase, case.id).state == "paid"


def test_nothing_is_sent_at_night(owing, sent) -> None:
    case = look(owing, DUE + timedelta(5), hour=15)  # 23:00 in Shanghai

    assert sent == []
    assert case.next_at == datetime(2026, 3, 6, 23, 30, tzinfo=UTC)  # 07:30 in Shanghai
    look(owing, DUE + timedelta(6))
    assert len(sent) == 1


def test_a_promise_is_waited_for(owing, sent) -> None:
    case, promised = look(owing, DUE + timedelta(3)), DUE + timedelta(40)
    with on(owing, DUE + timedelta(4)) as uow:
        note_promise(uow, actor=finance(), case_id=case.id, promised_on=promised, amount_minor=20_000)
    for days in range(5, 41):
        look(owing, DUE + timedelta(days))
    assert len(sent) == 1

    look(owing, DUE + timedelta(41))

    assert len(sent) == 2
    with refused("invalid_input"), on(owing, DUE + timedelta(42)) as uow:
        note_promise(uow, actor=finance(), case_id=case.id, promised_on=DUE)


def test_a_dispute_stops_it_until_it_is_settled(owing, sent) -> None:
    case = look(owing, DUE + timedelta(3))
    with on(owing, DUE + timedelta(4)) as uow:
        dispute(uow, actor=finance(), case_id=case.id, reason="房屋漏水未修")
    for days in range(5, 40):
        look(owing, DUE + timedelta(days))
    assert len(sent) == 1
    with on(owing, DUE + timedelta(40)) as uow:
        assert uow.session.scalars(select(LineBalance.is_disputed)).all() == [True]
        settle_dispute(uow, actor=finance(), case_id=case.id, words="已修好")

    look(owing, DUE + timedelta(40), hour=NOON + 1)

    assert len(sent) == 2


def test_a_call_is_a_task_and_a_letter_lists_the_bills(owing) -> None:
    for days in (3, 15, 30):
        case = look(owing, DUE + timedelta(days))
    with on(owing, DUE + timedelta(31)) as uow:
        waiting, _ = list_cases(uow, actor=finance(), only_calls=True)
        assert [each.id for each in waiting] == [case.id]
        note_call(uow, actor=finance(), case_id=case.id, words="下周来交", promised_on=DUE + timedelta(38))
        assert list_cases(uow, actor=finance(), only_calls=True) == ([], None)
        paper = letter(uow, actor=finance(), case_id=case.id)
    assert (paper.debtor, paper.total_minor, len(paper.lines)) == ("王芳", 20_000, 1)


def test_reminding_by_hand_is_held_back_by_the_same_things(owing, sent) -> None:
    case = look(owing, DUE + timedelta(3))
    with on(owing, DUE + timedelta(4)) as uow:
        assert remind_now(uow, actor=finance(), case_id=case.id) == "later"
    pay(owing, DUE + timedelta(15))
    with on(owing, DUE + timedelta(15), hour=NOON + 1) as uow:
        assert remind_now(uow, actor=finance(), case_id=case.id) == "paid"
    assert len(sent) == 1


@pytest.mark.parametrize(
    "action", ["water_off", "power_off", "door_block", "停水", "断电", "关闭门禁", "stop_lift"]
)
def test_arrears_never_cut_water_power_or_the_door(owing, action: str) -> None:
    with refused("never_cut_off"):
        refuse_cut_off(action)
    with refused("never_cut_off"), on(owing, DUE) as uow:
        set_ladder(uow, actor=SYSTEM, steps=[{"after_days": 3, "step": action}])


@pytest.mark.parametrize(
    "ladder",
    [
        [{"after_days": 3, "step": "sing"}],
        [{"after_days": 9, "step": "call"}, {"after_days": 3, "step": "message"}],
        [{"after_days": 0, "step": "call"}],
        [{"step": "call"}],
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused(owing, ladder) -> None:
    with refused("invalid_input"), on(owing, DUE) as uow:
        set_ladder(uow, actor=SYSTEM, steps=ladder)


def test_a_firm_sets_its_own_ladder(owing, sent) -> None:
    with on(owing, DUE) as uow:
        set_ladder(uow, actor=SYSTEM, steps=[{"after_days": 7, "step": "message"}])

    assert look(owing, DUE + timedelta(6)) is None
    assert look(owing, DUE + timedelta(7)) is not None and len(sent) == 1


def test_only_those_who_may_remind(owing) -> None:
    case = look(owing, DUE + timedelta(3))
    with refused("dunning_case_not_found"), on(owing, DUE) as uow:
        note_call(uow, actor=finance(p.VIEW), case_id=case.id, words="x")
