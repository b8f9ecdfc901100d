"""Half-open local dates, months that differ in length, and how much of a month a period holds (domain §3.3)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from saas.fees.pricing.errors import PricingError

Align = Literal["calendar", "anniversary"]
MOST_MONTHS = 1200


@dataclass(frozen=True, order=True)
class Period:
    """``[start, end)`` in local dates of the community."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise PricingError("period_empty", f"The period {self.start} to {self.end} is empty", "period")

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def overlap(self, start: date | None, end: date | None) -> Period | None:
        """The part inside ``[start, end)``; None stands for open."""
        first = max(self.start, start or self.start)
        last = min(self.end, end or self.end)
        return Period(first, last) if first < last else None


@dataclass(frozen=True)
class Piece:
    """A run of days inside one month-step; `months` is its part of that step."""

    start: date
    end: date
    months: Fraction


def add_months(anchor: date, months: int) -> date:
    """The same day `months` later, or the last day of a shorter month: 31 Jan + 1 = 28/29 Feb, + 2 = 31 Mar."""
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if not date.min.year <= year <= date.max.year:
        raise PricingError("period_too_long", "The date lies outside the calendar", "period")
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


def month_steps(period: Period, align: Align, anchor: date | None = None) -> Iterator[tuple[date, date]]:
    """The month-steps that a period touches, whole ones; the first or last may reach beyond the period.

    Calendar: calendar months. Anniversary: steps of the anchor (start of the assignment) when the period
    begins on one of them, so that 28 Feb to 31 Mar of an assignment of 31 Jan is one month; else of the
    period's own start.
    """
    first, base = _first_step(period, align, anchor)
    for step in range(MOST_MONTHS + 1):
        start, end = add_months(base, first + step), add_months(base, first + step + 1)
        if start >= period.end:
            return
        yield start, end
    raise PricingError("period_too_long", f"A period has at most {MOST_MONTHS} months", "period")


def _first_step(period: Period, align: Align, anchor: date | None) -> tuple[int, date]:
    if align == "calendar":
        return 0, period.start.replace(day=1)
    if anchor is not None:
        between = (period.start.year - anchor.year) * 12 + period.start.month - anchor.month
        if add_months(anchor, between) == period.start:
            return between, anchor
    return 0, period.start


def pieces(
    period: Period, align: Align, anchor: date | None = None, cuts: Sequence[date] = ()
) -> tuple[Piece, ...]:
    """The period by month-step, cut at `cuts` as well; the months of all pieces sum to the period's months."""
    found = []
    for step_start, step_end in month_steps(period, align, anchor):
        start, end = max(step_start, period.start), min(step_end, period.end)
        edges = sorted({start, end, *(cut for cut in cuts if start < cut < end)})
        length = (step_end - step_start).days
        found += [
            Piece(left, right, Fraction((right - left).days, length)) for left, right in pairwise(edges)
        ]
    return tuple(found)


def months_of(period: Period, align: Align, anchor: date | None = None) -> Fraction:
    """How many months a period counts: 1 for a whole one, 20/29 for 10 to 29 February 2024."""
    return sum((piece.months for piece in pieces(period, align, anchor)), start=Fraction(0))


def whole_months_up(period: Period) -> int:
    """Months of a period from its start, a begun one counted whole."""
    return sum(1 for _ in month_steps(period, "anniversary"))
