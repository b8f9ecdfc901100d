"""Shared costs: rounded once as a pool, then given to the members without losing or making a cent (domain §3.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from saas.fees.pricing.engine import finished
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.figures import plain
from saas.fees.pricing.money import MINOR_PER_MAJOR, largest_remainder
from saas.fees.pricing.periods import Period
from saas.fees.pricing.tariffs import spans
from saas.fees.pricing.types import Item, Line, Member, Part, Pool, Tariff


def price_pool(
    item: Item, tariffs: Sequence[Tariff], pool: Pool, members: Sequence[Member], period: Period
) -> Line:
    """The line of the pool with a line for each member, in the order given; ties go to the smaller room key."""
    parts = _pool_parts(tariffs, pool, period)
    pooled = finished(item, period, parts)
    weights = [_weight(item, member, period) for member in members]
    whole = sum(weights, start=Fraction(0))
    if whole <= 0:
        raise PricingError(
            "no_members", "Nobody shares the pool; give members with a weight above 0", "members"
        )
    order = sorted(range(len(members)), key=lambda index: room_order(members[index].key))
    amounts = largest_remainder(pooled.total_minor, weights, item.rounding.unit_minor, order)
    lines = tuple(
        _member_line(item, period, member, weight, whole, pooled.total_minor, amount)
        for member, weight, amount in zip(members, weights, amounts, strict=True)
    )
    return replace(pooled, members=lines)


def room_order(key: str) -> tuple[tuple[int, int, str], ...]:
    """Order of room keys as people count: 1-1-201 before 1-1-1001."""
    found = []
    for digits, letters in re.findall(r"([0-9]+)|([^0-9]+)", key):
        found.append((0, int(digits), "") if digits else (1, 0, letters))
    return tuple(found)


def _pool_parts(tariffs: Sequence[Tariff], pool: Pool, period: Period) -> list[Part]:
    if pool.cost is not None:
        return [Part("pool", pool.cost, start=period.start, end=period.end)]
    if pool.quantity is None:
        raise PricingError("missing_pool", "The pool has neither a cost nor a quantity", "pool")
    if pool.quantity < 0:
        raise PricingError("negative_usage", "The quantity of the pool is below 0", "pool.quantity")
    found = []
    for span in spans(tariffs, period):
        if span.tariff.price is None:
            raise PricingError("missing_price", "The tariff has no price", "tariffs.price")
        share = Fraction((span.end - span.start).days, period.days)
        quantity = pool.quantity * share
        exact = quantity * span.tariff.price + span.tariff.fixed * share
        found.append(Part("pool", exact, quantity, "", span.tariff.price, span.start, span.end))
    return found


def _weight(item: Item, member: Member, period: Period) -> Fraction:
    names = {"area": "built_area", "inner_area": "inner_area", "household": "households", "weight": "weight"}
    name = names[item.basis]
    weight: Fraction | None = getattr(member, name)
    if weight is None:
        raise PricingError(
            f"missing_{name}", f"{member.key}: {name} is missing; enter it first", f"members.{name}"
        )
    if weight < 0:
        raise PricingError("negative_quantity", f"{member.key}: {name} is below 0", f"members.{name}")
    held = period.overlap(member.start, member.end)
    return weight * Fraction(held.days if held else 0, period.days)


def _member_line(
    item: Item, period: Period, member: Member, weight: Fraction, whole: Fraction, total: int, amount: int
) -> Line:
    exact = Fraction(total, MINOR_PER_MAJOR) * weight / whole
    unit = "m²" if item.basis in ("area", "inner_area") else ""
    detail = {"weight": plain(weight), "of": plain(whole), "basis": item.basis}
    if member.vacant:
        detail["vacant"] = "true"
    held = period.overlap(member.start, member.end) or period
    share = Part("share", exact, weight, unit, None, held.start, held.end, None, detail, amount)
    return Line(amount, item.currency, held, (share,), exact, item.rounding, member.key)
