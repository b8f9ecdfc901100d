"""One bill line: from item, tariffs and object to whole minor units with parts that sum to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from math import lcm

from saas.fees.pricing.computed import formula_parts, one_off_parts
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.figures import plain
from saas.fees.pricing.metered import metered_parts
from saas.fees.pricing.money import MINOR_PER_MAJOR, largest_remainder, rounded_parts
from saas.fees.pricing.monthly import MEASURES, measure, prepare
from saas.fees.pricing.periods import Period
from saas.fees.pricing.types import Consumption, Item, Line, Part, Subject, Tariff

MONTHLY = (*MEASURES, "rent")


def price_line(
    item: Item,
    tariffs: Sequence[Tariff],
    subject: Subject,
    period: Period,
    consumption: Sequence[Consumption] = (),
    used_before: Fraction = Fraction(0),
) -> Line:
    """The line of one object for one period, clipped to its assignment. Shared pools: `pools.price_pool`.

    PricingError when something is missing or wrong, with a code and the field.
    """
    billed = billed_period(subject, period)
    anchor = subject.start
    if item.kind in MONTHLY:
        return prepare(item, tariffs, billed, anchor).line(subject)
    if item.kind == "metered":
        if not consumption:
            raise PricingError("missing_reading", "There is no reading for the period", "readings")
        parts = metered_parts(item, tariffs, billed, consumption, anchor, used_before)
    elif item.kind == "formula":
        parts = formula_parts(item, tariffs, subject, billed, consumption, anchor)
    elif item.kind == "one_off":
        parts = one_off_parts(tariffs, subject, billed)
    else:
        raise PricingError(
            "shared_needs_members", "A shared item is priced as a pool with members", "item.kind"
        )
    return finished(item, billed, parts, subject.key)


def billed_period(subject: Subject, period: Period) -> Period:
    """The days of the period on which the object is assigned."""
    billed = period.overlap(subject.start, subject.end)
    if billed is None:
        raise PricingError("not_assigned", "The item is not assigned on any day of the period", "object.from")
    return billed


def finished(item: Item, period: Period, parts: Sequence[Part], key: str = "") -> Line:
    """Round the sum of the parts once and let the parts sum to it."""
    if not parts:
        return Line(0, item.currency, period, (), Fraction(0), item.rounding, key)
    exact = sum((part.exact for part in parts), start=Fraction(0))
    below = lcm(*(part.exact.denominator for part in parts))
    numerators = [int(part.exact * below) * MINOR_PER_MAJOR for part in parts]
    total, minors = rounded_parts(numerators, below, item.rounding)
    shown = tuple(replace(part, minor=minor) for part, minor in zip(parts, minors, strict=True))
    return Line(total, item.currency, period, shown, exact, item.rounding, key)


def exact_within(
    item: Item, tariffs: Sequence[Tariff], subject: Subject, line: Line, start: date | None, end: date | None
) -> Fraction:
    """What the days ``[start, end)`` bear of a line, in major units; monthly prices by their months, others by days."""
    within = line.period.overlap(start, end)
    if within is None:
        return Fraction(0)
    if item.kind not in MONTHLY:
        return line.exact * Fraction(within.days, line.period.days)
    plan = prepare(item, tariffs, line.period, subject.start, within)
    quantity = measure(item, subject)
    return sum(
        (charge.price * charge.months * (quantity if charge.by_quantity else 1) for charge in plan.charges),
        start=Fraction(0),
    )


def adjustment(line: Line, billed_minor: int) -> Line:
    """What corrects a bill already made: the line as it should be, less what was billed; may be negative."""
    previous = Part("previous", Fraction(-billed_minor, MINOR_PER_MAJOR), minor=-billed_minor)
    total = line.total_minor - billed_minor
    return replace(line, total_minor=total, parts=(*line.parts, previous), exact=line.exact + previous.exact)


def split_line(line: Line, shares: Sequence[Fraction]) -> tuple[Line, ...]:
    """One line over co-owners by share: amounts by largest remainder, ties to the earlier owner."""
    amounts = largest_remainder(line.total_minor, shares)
    whole = sum(shares, start=Fraction(0))
    return tuple(
        replace(
            line,
            total_minor=amount,
            exact=line.exact * share / whole,
            parts=(
                Part(
                    "share",
                    Fraction(line.total_minor, MINOR_PER_MAJOR) * share / whole,
                    share,
                    start=line.period.start,
                    end=line.period.end,
                    detail={"weight": plain(share), "of": plain(whole)},
                    minor=amount,
                ),
            ),
        )
        for share, amount in zip(shares, amounts, strict=True)
    )
