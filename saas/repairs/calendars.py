"""Working time of a community: add, subtract and measure minutes over opening hours and holidays.

Pure. Instants are aware UTC; opening hours are local half-open intervals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[tuple[time, time], ...]

# A calendar that is shut for longer than this counts as one without hours: better a due time that
# is too early than an order that never becomes due.
_HORIZON_DAYS = 60


@dataclass(frozen=True)
class WorkingCalendar:
    """Opening hours by weekday (Monday first), with dates that differ; an end of 00:00 means midnight."""

    zone: str
    week: tuple[Hours, ...]
    exceptions: Mapping[date, Hours] = field(default_factory=dict)
    always: bool = False

    def hours_of(self, day: date) -> Hours:
        """Opening hours on a local date; an empty tuple is a day off."""
        return self.exceptions.get(day, self.week[day.weekday()])

    def add(self, start: datetime, minutes: int) -> datetime:
        """The instant at which `minutes` of working time have passed since `start`."""
        left = timedelta(minutes=minutes)
        if self.always or left <= timedelta(0):
            return start + max(left, timedelta(0))
        for opens, shuts in self._spans_after(start):
            span = shuts - opens
            if span >= left:
                return opens + left
            left -= span
        return start + timedelta(minutes=minutes)

    def subtract(self, end: datetime, minutes: int) -> datetime:
        """The instant from which `minutes` of working time remain until `end`."""
        left = timedelta(minutes=minutes)
        if self.always or left <= timedelta(0):
            return end - max(left, timedelta(0))
        for opens, shuts in self._spans_before(end):
            span = shuts - opens
            if span >= left:
                return shuts - left
            left -= span
        return end - timedelta(minutes=minutes)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; nothing when `end` is not later."""
        if end <= start:
            return timedelta(0)
        if self.always:
            return end - start
        total = timedelta(0)
        day = _local_day(start, self.zone)
        last = _local_day(end, self.zone)
        while day <= last:
            for opens, shuts in self._spans_of(day):
                total += max(min(shuts, end) - max(opens, start), timedelta(0))
            day += timedelta(days=1)
        return total

    def _spans_after(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        first = _local_day(start, self.zone)
        for offset in range(_HORIZON_DAYS):
            for opens, shuts in self._spans_of(first + timedelta(days=offset)):
                if shuts > start:
                    yield max(opens, start), shuts

    def _spans_before(self, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        last = _local_day(end, self.zone)
        for offset in range(_HORIZON_DAYS):
            for opens, shuts in reversed(self._spans_of(last - timedelta(days=offset))):
                if opens < end:
                    yield opens, min(shuts, end)

    def _spans_of(self, day: date) -> list[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.zone)
        spans = []
        for opens, shuts in self.hours_of(day):
            shut_day = day + timedelta(days=1) if shuts == time(0) else day
            spans.append(
                (
                    datetime.combine(day, opens, zone).astimezone(UTC),
                    datetime.combine(shut_day, shuts, zone).astimezone(UTC),
                )
            )
        return spans


def round_the_clock(zone: str = "UTC") -> WorkingCalendar:
    """A calendar that never shuts: for emergencies, and for a community without hours."""
    return WorkingCalendar(zone=zone, week=((),) * 7, always=True)


def _local_day(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()
