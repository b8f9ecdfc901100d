"""Usage × price: ladders, prices by rate (peak, valley), and prices that change while the meter turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.figures import plain
from saas.fees.pricing.monthly import fixed_charges
from saas.fees.pricing.periods import Period, whole_months_up
from saas.fees.pricing.tariffs import spans, tariff_on
from saas.fees.pricing.types import Consumption, Item, Part, Tariff, Tier


@dataclass(frozen=True)
class _Chunk:
    """Usage under one tariff."""

    tariff: Tariff
    quantity: Fraction
    rate: str
    start: date
    end: date


def metered_parts(
    item: Item,
    tariffs: Sequence[Tariff],
    period: Period,
    consumption: Sequence[Consumption],
    anchor: date | None = None,
    used_before: Fraction = Fraction(0),
) -> list[Part]:
    """The parts of a metered line: usage in the order of time, then the fixed amount.

    A monthly ladder is as many times as wide as the period has months (a begun month counts whole); a yearly
    one is taken as it stands, `used_before` being what was used earlier in the year.
    """
    if used_before < 0:
        raise PricingError("negative_usage", "The usage before is below 0", "object.used_before")
    months = whole_months_up(period) if item.ladder == "monthly" else 1
    found: list[Part] = []
    cursor = used_before
    for chunk in _chunks(tariffs, period, consumption):
        if chunk.tariff.tiers and chunk.rate not in chunk.tariff.rates:
            new, cursor = _climb(chunk, cursor, months)
        else:
            new = [_flat(chunk)]
        for part in new:
            _gather(found, part)
    return [*found, *fixed_charges(tariffs, item, period, anchor)]


def check_tiers(tiers: Sequence[Tier]) -> None:
    """A ladder rises and only its last rung is without end."""
    before = Fraction(0)
    for number, tier in enumerate(tiers, 1):
        if tier.up_to is None:
            if number < len(tiers):
                raise PricingError("tiers", "Only the last tier may be without end", "tariffs.tiers")
        elif tier.up_to <= before:
            raise PricingError("tiers", "The tiers do not rise; sort their limits", "tariffs.tiers")
        else:
            before = tier.up_to


def _chunks(tariffs: Sequence[Tariff], period: Period, consumption: Sequence[Consumption]) -> list[_Chunk]:
    found = []
    for used in consumption:
        if used.quantity < 0:
            raise PricingError("negative_usage", "The usage is below 0; correct the reading", "readings")
        start, end = used.start or period.start, used.end or period.end
        if start > end:
            raise PricingError("reading_order", "A reading ends before it begins", "readings")
        if start == end:
            found.append(_Chunk(tariff_on(tariffs, start), used.quantity, used.rate, start, end))
            continue
        length = (end - start).days
        for span in spans(tariffs, Period(start, end)):
            quantity = used.quantity * Fraction((span.end - span.start).days, length)
            found.append(_Chunk(span.tariff, quantity, used.rate, span.start, span.end))
    return sorted(found, key=lambda chunk: chunk.start)


def _flat(chunk: _Chunk) -> Part:
    tariff = chunk.tariff
    price = tariff.rates.get(chunk.rate, tariff.price)
    if chunk.rate not in tariff.rates and chunk.rate not in ("", "flat"):
        raise PricingError(
            "missing_rate_price", f"The tariff has no price for the rate {chunk.rate}", "tariffs.rates"
        )
    if price is None:
        raise PricingError("missing_price", "The tariff has no price", "tariffs.price")
    detail = {"rate": chunk.rate} if chunk.rate else {}
    return Part(
        "rate" if chunk.rate in tariff.rates else "usage",
        exact=chunk.quantity * price,
        quantity=chunk.quantity,
        price=price,
        start=chunk.start,
        end=chunk.end,
        detail=detail,
    )


def _climb(chunk: _Chunk, cursor: Fraction, months: int) -> tuple[list[Part], Fraction]:
    """Put usage on the rungs of the ladder, from where the last usage ended."""
    check_tiers(chunk.tariff.tiers)
    found, rest, floor = [], chunk.quantity, Fraction(0)
    for number, tier in enumerate(chunk.tariff.tiers, 1):
        top = None if tier.up_to is None else tier.up_to * months
        taken = rest if top is None else min(rest, max(top - cursor, Fraction(0)))
        if taken > 0:
            detail = {"tier": str(number), "from": plain(floor), "up_to": "" if top is None else plain(top)}
            found.append(
                Part("tier", taken * tier.price, taken, "", tier.price, chunk.start, chunk.end, None, detail)
            )
            rest, cursor = rest - taken, cursor + taken
        floor = top if top is not None else floor
    if rest > 0:
        raise PricingError(
            "tiers", "The usage is above the last tier; let the last tier have no end", "tariffs.tiers"
        )
    if not found:
        first = chunk.tariff.tiers[0]
        found = [
            Part(
                "tier", Fraction(0), Fraction(0), "", first.price, chunk.start, chunk.end, None, {"tier": "1"}
            )
        ]
    return found, cursor


def _gather(found: list[Part], new: Part) -> None:
    """Usage at the same price on the same rung is one part."""
    for index, old in enumerate(found):
        if (old.code, old.price, old.detail) == (new.code, new.price, new.detail):
            found[index] = replace(
                old,
                exact=old.exact + new.exact,
                quantity=(old.quantity or Fraction(0)) + (new.quantity or Fraction(0)),
                start=min(old.start or date.max, new.start or date.max),
                end=max(old.end or date.min, new.end or date.min),
            )
            return
    found.append(new)
