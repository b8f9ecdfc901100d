"""Which price holds when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.periods import Period
from saas.fees.pricing.types import Tariff


@dataclass(frozen=True)
class Span:
    """Days ``[start, end)`` on which one tariff holds."""

    tariff: Tariff
    start: date
    end: date


def spans(tariffs: Sequence[Tariff], period: Period) -> tuple[Span, ...]:
    """The tariffs over a period, without a gap; a later `effective_from` ends the one before."""
    ordered = sorted(tariffs, key=lambda tariff: tariff.effective_from or date.min)
    found: list[Span] = []
    for number, tariff in enumerate(ordered):
        start = tariff.effective_from or date.min
        following = ordered[number + 1].effective_from if number + 1 < len(ordered) else None
        if number + 1 < len(ordered) and (following or date.min) == start:
            raise PricingError(
                "tariff_twice", f"Two tariffs begin on the same day ({_day(start)}); keep one", "tariffs"
            )
        end = min(tariff.effective_to or date.max, following or date.max)
        held = period.overlap(start, end)
        if held:
            found.append(Span(tariff, held.start, held.end))
    _without_gap(found, period)
    return tuple(found)


def tariff_on(tariffs: Sequence[Tariff], day: date) -> Tariff:
    """The tariff of one day."""
    return spans(tariffs, Period(day, date.fromordinal(day.toordinal() + 1)))[0].tariff


def _without_gap(found: list[Span], period: Period) -> None:
    expected = period.start
    for span in found:
        if span.start != expected:
            break
        expected = span.end
    if expected != period.end:
        raise PricingError(
            "no_tariff",
            f"No price holds on {expected}; enter a tariff effective from that day or earlier",
            "tariffs",
            day=expected,
        )


def _day(day: date) -> str:
    return "the beginning" if day == date.min else day.isoformat()
