"""Which service periods of an assignment are to be billed by a day, when issued and when due (domain §3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.periods import Align, Period, add_months

MOST_PERIODS = 2400


@dataclass(frozen=True)
class DueDate:
    """Issue date + `days`, or the first `day_of_month` that is not before the issue (prepaid: nor the start).

    `day_of_month` 31 means the last day of shorter months.
    """

    days: int = 0
    day_of_month: int | None = None


@dataclass(frozen=True)
class Cycle:
    """How an item is billed."""

    months: int = 1
    prepaid: bool = True
    align: Align = "calendar"
    lead_days: int = 0
    due: DueDate = DueDate()

    def __post_init__(self) -> None:
        if not 1 <= self.months <= 120:
            raise PricingError("cycle_months", "A cycle has 1 to 120 months", "item.cycle_months")


@dataclass(frozen=True)
class DuePeriod:
    """A service period with its dates; the pair (assignment, period) is unique among lines."""

    period: Period
    issue: date
    due: date


def service_periods(cycle: Cycle, start: date, end: date | None = None) -> Iterator[Period]:
    """The periods of an assignment one after another, the first and last clipped to it."""
    anchor, first = _grid(cycle, start)
    for step in range(MOST_PERIODS):
        left = add_months(anchor, (first + step) * cycle.months)
        right = add_months(anchor, (first + step + 1) * cycle.months)
        if end is not None and left >= end:
            return
        clipped = Period(left, right).overlap(start, end)
        if clipped:
            yield clipped


def due_periods(
    cycle: Cycle, start: date, today: date, end: date | None = None, billed_until: date | None = None
) -> tuple[DuePeriod, ...]:
    """All periods whose lines are to be issued by `today`, oldest first.

    `billed_until`: periods beginning before it are left out, they are billed already.
    """
    found = []
    for period in service_periods(cycle, start, end):
        issue = issue_date(cycle, period)
        if issue > today:
            break
        if billed_until is None or period.start >= billed_until:
            found.append(DuePeriod(period, issue, due_date(cycle, period, issue)))
    return tuple(found)


def issue_date(cycle: Cycle, period: Period) -> date:
    """Prepaid: `lead_days` before the period begins; postpaid: the day after its last day."""
    return period.start - timedelta(days=cycle.lead_days) if cycle.prepaid else period.end


def due_date(cycle: Cycle, period: Period, issue: date) -> date:
    """The last day on which the line is paid in time."""
    rule = cycle.due
    if rule.day_of_month is None:
        return issue + timedelta(days=rule.days)
    earliest = max(issue, period.start) if cycle.prepaid else issue
    for months in (0, 1):
        month = add_months(earliest.replace(day=1), months)
        last = (add_months(month, 1) - timedelta(days=1)).day
        day = month.replace(day=min(rule.day_of_month, last))
        if day >= earliest:
            return day
    return earliest


def _grid(cycle: Cycle, start: date) -> tuple[date, int]:
    """Where periods are counted from: January for cycles that divide a year, else January of the year 1."""
    if cycle.align == "anniversary":
        return start, 0
    if 12 % cycle.months == 0:
        return date(start.year, 1, 1), (start.month - 1) // cycle.months
    months = (start.year - 1) * 12 + start.month - 1
    return date(1, 1, 1), months // cycle.months
