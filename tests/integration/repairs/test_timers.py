"""Timers: offers that nobody answers, levels that are about to be missed, orders that nobody rates."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from saas.people.models import StaffMember
from saas.repairs.models import DispatchCandidate, LevelBreach, RepairEvent, RepairOrder
from saas.repairs.services.timers import on_close_timer, on_level_timer, on_offer_timer
from tenants import clock
from tenants.kernel_models import Timer
from tenants.timers import run_timers

from .conftest import MONDAY, Firm, minutes


def state(firm: Firm, order_id) -> RepairOrder:
    with firm.work() as uow:
        order = uow.session.get(RepairOrder, order_id)
        assert order is not None
        return order


def ring(firm: Firm, at) -> None:
    """Let the worker look at the timers at an instant."""
    with clock.at(at):
        run_timers(firm.tenant)


def kinds(firm: Firm, order_id) -> list[str]:
    with firm.work() as uow:
        return list(
            uow.session.scalars(
                select(RepairEvent.kind)
                .where(RepairEvent.order_id == order_id, RepairEvent.kind != "transition")
                .order_by(RepairEvent.at)
            )
        )


def test_an_offer_that_nobody_answers_goes_to_the_next_and_then_back(firm):
    order_id = firm.report().order.id
    ring(firm, minutes(4))
    assert state(firm, order_id).dispatch_round == 1
    ring(firm, minutes(5))
    order = state(firm, order_id)
    assert (order.state, order.dispatch_round) == ("dispatched", 2)
    with firm.work() as uow:
        asked = uow.session.scalars(
            select(DispatchCandidate.staff_id).where(DispatchCandidate.state == "offered")
        ).all()
    assert asked == [firm.ids["wu"]]
    ring(firm, minutes(10))
    order = state(firm, order_id)
    assert (order.state, order.technician_id) == ("returned", None)


def test_a_timer_that_rings_after_the_order_was_accepted_does_nothing(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    with firm.work(minutes(6)) as uow:
        on_offer_timer(uow, f"{order_id}:1", minutes(5))
    assert state(firm, order_id).state == "accepted"


def test_when_nobody_can_be_asked_it_is_said_once_and_looked_at_again(firm):
    with firm.work() as uow:
        for member in uow.session.scalars(select(StaffMember)):
            member.weekdays = [2]  # Tuesdays only; this is a Monday
    order_id = firm.report().order.id
    for later in (30, 60, 90):
        ring(firm, minutes(later))
    assert state(firm, order_id).state == "triaged"
    assert kinds(firm, order_id).count("nobody_to_ask") <= 2
    tuesday = MONDAY + timedelta(days=1)
    ring(firm, tuesday)
    assert state(firm, order_id).state == "dispatched"


def test_a_level_warns_once_and_is_missed_once(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    order = state(firm, order_id)
    warning = order.arrive_due_at - timedelta(minutes=1)
    for _ in range(2):
        ring(firm, warning)
        with firm.work(warning) as uow:
            on_level_timer(uow, f"{order_id}:arrive:0", warning)
    assert kinds(firm, order_id) == ["warned"]
    for _ in range(2):
        ring(firm, order.arrive_due_at)
        with firm.work(order.arrive_due_at) as uow:
            on_level_timer(uow, f"{order_id}:arrive:0", order.arrive_due_at)
    with firm.work() as uow:
        breaches = uow.session.execute(select(LevelBreach.due, LevelBreach.technician_id)).all()
    assert [tuple(row) for row in breaches] == [("arrive", firm.ids["chen"])]
    assert kinds(firm, order_id) == ["warned", "late"]


def test_nothing_is_late_while_the_clock_stands(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    firm.step(order_id, "working", "chen", minutes(2))
    firm.step(order_id, "paused", "chen", minutes(3), reason="parts")
    ring(firm, MONDAY + timedelta(days=6))
    assert kinds(firm, order_id) == []
    firm.step(order_id, "working", "chen", MONDAY + timedelta(days=6))
    with firm.work() as uow:
        timer = uow.session.scalar(select(Timer.due_at).where(Timer.key == f"{order_id}:finish:0"))
    assert timer is not None
    assert timer > MONDAY + timedelta(days=6)


def test_an_order_that_nobody_rates_closes_by_itself(firm):
    order_id = finished(firm)
    ring(firm, minutes(30) + timedelta(days=7, minutes=-1))
    assert state(firm, order_id).state == "finished"
    ring(firm, minutes(30) + timedelta(days=7))
    order = state(firm, order_id)
    assert (order.state, order.closed_as) == ("closed", "unrated")


def test_a_close_timer_of_an_earlier_repair_does_not_close_the_reopened_order(firm):
    order_id = finished(firm)
    firm.step(order_id, "reopened", "resident", minutes(40), note="又漏了")
    late = MONDAY + timedelta(days=8)
    with firm.work(late) as uow:
        on_close_timer(uow, f"{order_id}:0", late)
    assert state(firm, order_id).state == "dispatched"


def test_a_low_rating_is_not_closed_by_the_timer_before_the_call(firm):
    order_id = finished(firm)
    firm.step(order_id, "rated", "resident", minutes(50), attitude=1, speed=1, quality=1)
    ring(firm, MONDAY + timedelta(days=8))
    assert state(firm, order_id).state == "rated"


def finished(firm: Firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    firm.step(order_id, "working", "chen", minutes(10))
    firm.step(order_id, "finished", "chen", minutes(30))
    return order_id
