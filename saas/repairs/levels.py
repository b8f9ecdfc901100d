"""Service levels: minutes to respond, arrive and finish per category and urgency, and the due times. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from saas.repairs.calendars import WorkingCalendar
from saas.repairs.catalogue import CATEGORIES, URGENCIES

Due = Literal["respond", "arrive", "finish"]
DUES: tuple[Due, ...] = ("respond", "arrive", "finish")

# A warning goes out when this share of the time is left.
WARN_SHARE = 0.25


@dataclass(frozen=True)
class Level:
    """Working minutes promised for one category and urgency; emergencies run round the clock."""

    category: str
    urgency: str
    respond: int
    arrive: int
    finish: int
    round_the_clock: bool

    def minutes(self, due: Due) -> int:
        """The promised minutes for one of the three dues."""
        return {"respond": self.respond, "arrive": self.arrive, "finish": self.finish}[due]


@dataclass(frozen=True)
class DueTimes:
    """When the order has to be accepted, reached and repaired."""

    respond: datetime
    arrive: datetime
    finish: datetime


_BY_URGENCY: dict[str, tuple[int, int, int]] = {
    "emergency": (5, 20, 240),
    "urgent": (15, 60, 240),
    "normal": (30, 240, 1440),
    "low": (120, 1440, 4320),
}
# People shut in a lift, gas and fire do not wait for the usual twenty minutes.
_FASTER: dict[tuple[str, str], tuple[int, int, int]] = {
    ("elevator", "emergency"): (2, 15, 60),
    ("gas", "emergency"): (2, 10, 120),
    ("fire_safety", "emergency"): (2, 10, 120),
    ("greening", "normal"): (60, 960, 2880),
    ("cleaning", "normal"): (30, 120, 240),
}


def default_level(category: str, urgency: str) -> Level:
    """The level that a firm starts with."""
    respond, arrive, finish = _FASTER.get((category, urgency), _BY_URGENCY[urgency])
    return Level(category, urgency, respond, arrive, finish, round_the_clock=urgency == "emergency")


def default_levels() -> tuple[Level, ...]:
    """All categories times all urgencies, as seeded for a new firm."""
    return tuple(default_level(category, urgency) for category in CATEGORIES for urgency in URGENCIES)


def due_times(level: Level, calendar: WorkingCalendar, start: datetime) -> DueTimes:
    """Due instants of an order that came in at `start`; `calendar` is already the one that counts."""
    return DueTimes(
        respond=calendar.add(start, level.respond),
        arrive=calendar.add(start, level.arrive),
        finish=calendar.add(start, level.finish),
    )


def warn_at(level: Level, due: Due, calendar: WorkingCalendar, due_at: datetime) -> datetime:
    """When to warn: while a quarter of the promised minutes is left."""
    return calendar.subtract(due_at, max(1, round(level.minutes(due) * WARN_SHARE)))


def moved_by_pause(
    calendar: WorkingCalendar, due_at: datetime, paused_at: datetime, resumed_at: datetime
) -> datetime:
    """The new due time after a pause that stops the clock: what was left then is left now.

    A due time already missed when the pause began does not move.
    """
    if due_at <= paused_at:
        return due_at
    left = calendar.between(paused_at, due_at)
    whole_minutes, rest = divmod(int(left.total_seconds()), 60)
    moved = calendar.add(resumed_at, whole_minutes + (1 if rest else 0))
    return max(moved, due_at)
