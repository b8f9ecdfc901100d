"""Readings of a case: pairs, series or plain usage, as consumption that may be billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.fields import Fields
from saas.fees.pricing.types import Consumption
from saas.fees.pricing.usage import Reading, Register, usage_between


@dataclass(frozen=True)
class _Seen:
    """A reading of a series with where it stood."""

    fields: Fields
    at: date
    register: str
    rate: str


def read_consumption(case: Fields) -> tuple[Consumption, ...]:
    """Usage of the case; a reading that must be looked at first is refused with the reason."""
    meter = case.child("meter") or Fields({}, "meter")
    given = case.each("readings", "reading")
    found = [_single(one, meter) for one in given if not one.has("value")]
    series = [one for one in given if one.has("value")]
    found += _series(series, meter)
    owner = case.child("object")
    usage = case.number("usage") if case.has("usage") else owner.number("usage") if owner else None
    if usage is not None:
        found.append(Consumption(usage))
    return tuple(found)


def _single(fields: Fields, meter: Fields) -> Consumption:
    rate, start, end = fields.text("rate"), fields.day("from", "start"), fields.day("to", "end")
    direct = fields.number("usage", "quantity")
    if direct is not None:
        return Consumption(direct * _multiplier(fields, meter), rate, start, end, fields.text("register"))
    quantity = _billable(
        _register(fields, meter),
        Reading(fields.number("previous", "from_value"), start),
        _current(fields, fields.number("current", "to_value"), end),
        fields.path,
    )
    return Consumption(quantity, rate, start, end, fields.text("register"))


def _series(given: list[Fields], meter: Fields) -> list[Consumption]:
    seen = [
        _Seen(one, one.needed_day("at", "date", "on"), one.text("register"), one.text("rate"))
        for one in given
    ]
    found = []
    for register in dict.fromkeys((one.register, one.rate) for one in seen):
        own = sorted((one for one in seen if (one.register, one.rate) == register), key=lambda one: one.at)
        for before, after in pairwise(own):
            previous = Reading(before.fields.number("value"), before.at)
            current = _current(after.fields, after.fields.number("value"), after.at)
            quantity = _billable(_register(after.fields, meter), previous, current, after.fields.path)
            found.append(Consumption(quantity, after.rate, before.at, after.at, after.register))
    return found


def _current(fields: Fields, value: Fraction | None, at: date | None) -> Reading:
    swap = fields.child("swap") or fields
    final_old = swap.number("final_old", "old_final")
    initial_new = swap.number("initial_new", "new_initial")
    digits = swap.integer_or(0, "digits_new") or None
    return Reading(value, at, final_old, initial_new, digits)


def _register(fields: Fields, meter: Fields) -> Register:
    digits = fields.integer_or(0, "digits") or meter.integer_or(0, "digits") or None
    if digits is not None and not 1 <= digits <= 12:
        raise PricingError("digits", "A register has 1 to 12 digits", fields.at("digits"))
    usual = fields.number("usual")
    return Register(
        digits=digits,
        multiplier=_multiplier(fields, meter),
        usual=meter.number("usual") if usual is None else usual,
        allowance=meter.number_or(0, "allowance"),
        installed=meter.day("installed"),
    )


def _multiplier(fields: Fields, meter: Fields) -> Fraction:
    own = fields.number("multiplier")
    return meter.number_or(1, "multiplier") if own is None else own


def _billable(register: Register, previous: Reading, current: Reading, path: str) -> Fraction:
    usage = usage_between(register, previous, current)
    if usage.held:
        raise PricingError(
            "reading_held", f"The reading is held for review: {usage.held}", path, reason=usage.held
        )
    return usage.quantity
