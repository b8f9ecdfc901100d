"""Rent that rises by steps: the price a month from each step on, unrounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.periods import add_months
from saas.fees.pricing.types import Escalation, RentStep

MOST_STEPS = 200


@dataclass(frozen=True)
class Level:
    """A step that has been reached: since when, and all steps up to it."""

    number: int
    start: date
    steps: tuple[RentStep, ...]

    def price(self, base: Fraction) -> Fraction:
        """The rent of a month at this level; steps compound."""
        for step in self.steps:
            base = step.price if step.price is not None else base * (1 + step.rate) + step.amount
        return base


def levels(escalation: Escalation | None, anchor: date, end: date) -> tuple[Level, ...]:
    """The levels beginning before `end`; the first one, from the anchor, is the bare rent."""
    found = [Level(0, anchor, ())]
    for step in _steps(escalation, anchor, end):
        start = add_months(anchor, step.after_months)
        if start < end:
            found.append(Level(len(found), start, (*found[-1].steps, step)))
    return tuple(found)


def level_at(reached: tuple[Level, ...], day: date) -> Level:
    """The level that holds on a day; before the anchor the bare rent."""
    return next((level for level in reversed(reached) if level.start <= day), reached[0])


def _steps(escalation: Escalation | None, anchor: date, end: date) -> list[RentStep]:
    if escalation is None:
        return []
    found = list(escalation.steps)
    if escalation.every_months < 0 or any(step.after_months <= 0 for step in found):
        raise PricingError("escalation", "A rent step comes after 1 month or more", "item.escalation")
    every = escalation.every_months
    if every:
        months = (end.year - anchor.year) * 12 + end.month - anchor.month
        found += [
            RentStep(after, escalation.rate, escalation.amount) for after in range(every, months + 1, every)
        ]
    if len(found) > MOST_STEPS:
        raise PricingError("escalation", f"A rent has at most {MOST_STEPS} steps", "item.escalation")
    return sorted(found, key=lambda step: step.after_months)
