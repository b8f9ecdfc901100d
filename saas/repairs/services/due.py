"""The clock of the service level on one order: started, stopped, started again; its timers."""

from __future__ import annotations

from datetime import datetime

from saas.repairs.levels import DUES, Due, Level, due_times, moved_by_pause, warn_at
from saas.repairs.models import RepairOrder
from saas.repairs.queries.calendars import calendar_for, level_for
from saas.repairs.states import AFTER_WORK, ENDED
from tenants import clock
from tenants.unit_of_work import UnitOfWork

LEVEL_TIMER = "repairs.level"


def start_clock(uow: UnitOfWork, order: RepairOrder, started_at: datetime) -> None:
    """Set the three due times for the order's category and urgency, counted from `started_at`."""
    level = level_for(uow, order.category, order.urgency)
    times = due_times(level, calendar_for(uow, order.community_id, level), started_at)
    order.level_started_at = started_at
    order.respond_due_at, order.arrive_due_at, order.finish_due_at = times.respond, times.arrive, times.finish
    refresh_next_due(order)
    arm_timers(uow, order, level)


def stop_clock(order: RepairOrder, paused_at: datetime) -> None:
    """Let the clock stand from `paused_at` on."""
    order.paused_at, order.is_clock_stopped = paused_at, True
    refresh_next_due(order)


def restart_clock(uow: UnitOfWork, order: RepairOrder) -> None:
    """End a pause; where the clock stood, what was left then is left now."""
    paused_at, stood = order.paused_at, order.is_clock_stopped
    order.paused_at, order.pause_reason, order.is_clock_stopped = None, None, False
    if stood and paused_at is not None:
        _move_what_is_due(uow, order, paused_at)
    refresh_next_due(order)


def refresh_next_due(order: RepairOrder) -> None:
    """Keep the one due time that counts now: the first that is not met, none while the clock stands."""
    order.next_due, order.next_due_at = None, None
    if order.is_clock_stopped or order.state in AFTER_WORK + ENDED:
        return
    for due in DUES:
        if not is_met(order, due):
            order.next_due, order.next_due_at = due, due_at(order, due)
            return


def is_met(order: RepairOrder, due: Due) -> bool:
    """Whether the order was accepted, reached or repaired in this cycle."""
    met = {"respond": order.responded_at, "arrive": order.arrived_at, "finish": order.finished_at}
    return met[due] is not None


def due_at(order: RepairOrder, due: Due) -> datetime:
    """The due time of one of the three."""
    return {"respond": order.respond_due_at, "arrive": order.arrive_due_at, "finish": order.finish_due_at}[
        due
    ]


def warning_at(uow: UnitOfWork, order: RepairOrder, due: Due) -> datetime:
    """When to warn about one due time."""
    level = level_for(uow, order.category, order.urgency)
    return warn_at(level, due, calendar_for(uow, order.community_id, level), due_at(order, due))


def arm_timers(uow: UnitOfWork, order: RepairOrder, level: Level) -> None:
    """Set the timers of what is not met yet; each warns first and then looks again at the due time."""
    calendar = calendar_for(uow, order.community_id, level)
    now = clock.utcnow()
    for due in DUES:
        if not is_met(order, due):
            warning = warn_at(level, due, calendar, due_at(order, due))
            uow.wake(LEVEL_TIMER, timer_key(order, due), max(warning, now))


def timer_key(order: RepairOrder, due: Due) -> str:
    """Key of the timer of one due time; a reopened order has timers of its own."""
    return f"{order.id}:{due}:{order.cycle}"


def _move_what_is_due(uow: UnitOfWork, order: RepairOrder, paused_at: datetime) -> None:
    level = level_for(uow, order.category, order.urgency)
    calendar = calendar_for(uow, order.community_id, level)
    now = clock.utcnow()
    if order.responded_at is None:
        order.respond_due_at = moved_by_pause(calendar, order.respond_due_at, paused_at, now)
    if order.arrived_at is None:
        order.arrive_due_at = moved_by_pause(calendar, order.arrive_due_at, paused_at, now)
    order.finish_due_at = moved_by_pause(calendar, order.finish_due_at, paused_at, now)
    arm_timers(uow, order, level)
