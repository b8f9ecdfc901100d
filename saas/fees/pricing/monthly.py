"""Prices by the month: area, fixed and rent. A plan is made once for an item and period, then used for many objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import lcm

from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.money import MINOR_PER_MAJOR, rounded_parts
from saas.fees.pricing.periods import Period, pieces
from saas.fees.pricing.rent import Level, level_at, levels
from saas.fees.pricing.tariffs import Span, spans
from saas.fees.pricing.types import Item, Line, Part, Subject, Tariff

MEASURES = {
    "area_built": ("built_area", "m²"),
    "area_inner": ("inner_area", "m²"),
    "fixed": ("quantity", ""),
}


@dataclass(frozen=True)
class Charge:
    """A part to be: price × months, times the object's quantity unless it is a fixed amount."""

    code: str
    price: Fraction
    months: Fraction
    start: date
    end: date
    by_quantity: bool
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What every object of an item pays in a period, but for its quantity."""

    item: Item
    period: Period
    charges: tuple[Charge, ...]

    @cached_property
    def _scaled(self) -> tuple[int, tuple[tuple[int, bool], ...]]:
        factors = [charge.price * charge.months * MINOR_PER_MAJOR for charge in self.charges]
        denominator = lcm(*(factor.denominator for factor in factors))
        return denominator, tuple(
            (factor.numerator * (denominator // factor.denominator), charge.by_quantity)
            for factor, charge in zip(factors, self.charges, strict=True)
        )

    def minor(self, quantity: Fraction) -> tuple[int, list[int]]:
        """Total and parts in minor units, in whole numbers throughout: the fast way for bill runs."""
        above, below = quantity.numerator, quantity.denominator
        denominator, factors = self._scaled
        numerators = [factor * (above if by_quantity else below) for factor, by_quantity in factors]
        return rounded_parts(numerators, denominator * below, self.item.rounding)

    def line(self, subject: Subject) -> Line:
        """The bill line of one object."""
        quantity = measure(self.item, subject)
        unit = MEASURES[_basis(self.item)][1]
        total, minors = self.minor(quantity)
        parts = tuple(
            Part(
                code=charge.code,
                exact=charge.price * charge.months * (quantity if charge.by_quantity else 1),
                quantity=quantity if charge.by_quantity else None,
                unit=unit if charge.by_quantity else "",
                price=charge.price,
                start=charge.start,
                end=charge.end,
                months=charge.months,
                detail=charge.detail,
                minor=minor,
            )
            for charge, minor in zip(self.charges, minors, strict=True)
        )
        exact = sum((part.exact for part in parts), start=Fraction(0))
        return Line(total, self.item.currency, self.period, parts, exact, self.item.rounding, subject.key)


def prepare(
    item: Item,
    tariffs: Sequence[Tariff],
    period: Period,
    anchor: date | None = None,
    within: Period | None = None,
) -> Plan:
    """The plan of an area, fixed or rent item; `within` keeps only these days of the period (for discounts)."""
    held = spans(tariffs, period)
    begun = item.anchor or anchor or period.start
    reached = levels(item.escalation if item.kind == "rent" else None, begun, period.end)
    cuts = [span.start for span in held] + [level.start for level in reached]
    cuts += [within.start, within.end] if within else []
    found: list[Charge] = []
    for piece in pieces(period, item.align, begun, sorted(cuts)):
        if within is None or within.overlap(piece.start, piece.end):
            span = next(span for span in held if span.start <= piece.start < span.end)
            level = level_at(reached, piece.start)
            for charge in _charges(item, span, level):
                _gather(found, replace(charge, start=piece.start, end=piece.end, months=piece.months))
    order = sorted(found, key=lambda charge: charge.start)
    return Plan(item, period, tuple(order))


def fixed_charges(tariffs: Sequence[Tariff], item: Item, period: Period, anchor: date | None) -> list[Part]:
    """The fixed monthly amount beside a metered price."""
    held = tuple(replace(tariff, price=Fraction(0)) for tariff in tariffs)
    plan = prepare(replace(item, kind="fixed"), held, period, anchor)
    return [
        Part("fixed", charge.price * charge.months, price=charge.price, start=charge.start, end=charge.end,
             months=charge.months)
        for charge in plan.charges
        if not charge.by_quantity
    ]  # fmt: skip


def measure(item: Item, subject: Subject) -> Fraction:
    """The quantity that the price is multiplied by; an absent area is said in plain words."""
    name, _ = MEASURES[_basis(item)]
    found: Fraction | None = getattr(subject, name)
    if found is None:
        words = {"built_area": "built area", "inner_area": "inner area"}[name]
        raise PricingError(f"missing_{name}", f"The {words} is missing; enter it first", f"object.{name}")
    if found < 0:
        raise PricingError("negative_quantity", f"{name} is below 0", f"object.{name}")
    return found


def _basis(item: Item) -> str:
    return item.rent_basis if item.kind == "rent" else item.kind


def _charges(item: Item, span: Span, level: Level) -> list[Charge]:
    tariff = span.tariff
    if tariff.price is None:
        raise PricingError("missing_price", "The tariff has no price", "tariffs.price")
    code = {"fixed": "amount", "rent": "rent"}.get(item.kind, "area")
    detail = {"step": str(level.number)} if level.number else {}
    nothing = Fraction(0)
    found = [Charge(code, level.price(tariff.price), nothing, span.start, span.end, True, detail)]
    if tariff.fixed:
        found.append(Charge("fixed", tariff.fixed, nothing, span.start, span.end, False))
    return found


def _gather(found: list[Charge], new: Charge) -> None:
    """Days at one price are one part, however many months they touch."""
    for index in range(len(found) - 1, -1, -1):
        old = found[index]
        if (old.code, old.price, old.detail, old.end) == (new.code, new.price, new.detail, new.start):
            found[index] = replace(old, end=new.end, months=old.months + new.months)
            return
    found.append(new)
