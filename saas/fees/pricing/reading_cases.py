"""Cases of `anju fees price --json`: from JSON fields to items, tariffs, objects, readings and members."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from saas.fees.pricing.discounts import Discount
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.fields import Fields
from saas.fees.pricing.figures import exact
from saas.fees.pricing.money import Rounding, RoundingMode
from saas.fees.pricing.periods import Period, add_months
from saas.fees.pricing.types import (
    KINDS,
    Escalation,
    Item,
    Member,
    RentStep,
    Subject,
    Tariff,
    Tier,
    Value,
)

MODES: tuple[RoundingMode, ...] = ("half_up", "up", "down")
RATES = ("peak", "valley", "flat", "sharp")
UNITS = {Fraction(1, 100): 1, Fraction(1, 10): 10, Fraction(1): 100}


def read_item(fields: Fields) -> Item:
    """The fee item; `kind` is the only field it needs."""
    return Item(
        kind=fields.choice(KINDS, None, "kind", "pricing", "type"),
        code=fields.text("code"),
        currency=fields.text("currency") or "CNY",
        cycle_months=fields.integer_or(1, "cycle_months", "cycle"),
        prepaid=_prepaid(fields),
        align=fields.choice(("calendar", "anniversary"), "calendar", "align", "alignment"),
        anchor=fields.day("anchor"),
        rounding=_rounding(fields),
        ladder=fields.choice(("monthly", "yearly"), "monthly", "ladder"),
        basis=fields.choice(("area", "inner_area", "household", "weight"), "area", "basis", "by", "split_by"),
        rent_basis=fields.choice(("fixed", "area_built", "area_inner"), "fixed", "rent_basis"),
        escalation=_escalation(fields),
        formula=fields.text("formula"),
        formula_per=fields.choice(("auto", "month", "period"), "auto", "formula_per"),
    )


def read_tariffs(case: Fields, item: Fields) -> tuple[Tariff, ...]:
    """The tariffs; when there are none, the prices that stand at the item itself, held always."""
    found = tuple(_tariff(fields) for fields in case.each("tariffs", "tariff"))
    return found or (_tariff(item),)


def read_object(fields: Fields) -> Subject:
    """The payer object with the days of its assignment."""
    return Subject(
        key=fields.text("key", "room"),
        built_area=fields.number("built_area", "area_built", "area"),
        inner_area=fields.number("inner_area", "area_inner"),
        floor=fields.number("floor"),
        household_size=fields.number("household_size"),
        coefficient=fields.number("coefficient"),
        quantity=fields.number_or(1, "quantity"),
        attributes=_attributes(fields),
        start=fields.day("from", "start"),
        end=fields.day("to", "end"),
    )


def read_period(case: Fields) -> Period:
    """`{"from", "to"}`, the end exclusive, or a month such as "2026-10"."""
    value = case.raw("period")
    if isinstance(value, str):
        try:
            first = date.fromisoformat(f"{value}-01")
        except ValueError as error:
            raise PricingError("not_a_date", "period is a month such as 2026-10", "period") from error
        return Period(first, add_months(first, 1))
    fields = case.child("period")
    if fields is None:
        raise PricingError("missing", "period is missing", "period")
    return Period(fields.needed_day("from", "start"), fields.needed_day("to", "end"))


def read_member(fields: Fields) -> Member:
    """One of those who share a pool."""
    return Member(
        key=fields.text("key", "room"),
        built_area=fields.number("built_area", "area_built", "area"),
        inner_area=fields.number("inner_area", "area_inner"),
        households=fields.number_or(1, "households", "household"),
        weight=fields.number("weight"),
        vacant=fields.flag(False, "vacant"),
        start=fields.day("from", "start"),
        end=fields.day("to", "end"),
    )


def read_discount(fields: Fields) -> Discount:
    """A discount; rates as a part (0.1 is 10 % off)."""
    return Discount(
        kind=fields.choice(
            ("rate", "amount", "free_months", "vacancy", "early_payment"), None, "kind", "type"
        ),
        code=fields.text("code"),
        rate=fields.number_or(0, "rate"),
        amount=fields.number_or(0, "amount"),
        months=fields.integer_or(0, "months", "free_months"),
        days_before=fields.integer_or(0, "days_before"),
        priority=fields.integer_or(0, "priority"),
        stackable=fields.flag(True, "stackable") and not fields.flag(False, "exclusive"),
        cap=fields.number("cap"),
        start=fields.day("from", "start"),
        end=fields.day("to", "end"),
        approved=fields.flag(True, "approved"),
        proof=fields.flag(False, "proof"),
        proof_expires=fields.day("proof_expires"),
    )


def read_tiers(fields: Fields) -> tuple[Tier, ...]:
    """`{"up_to", "price"}` or `{"from", "to", "price"}` in any order; a gap between rungs is an error."""
    found: list[tuple[Fraction | None, Tier]] = [
        (one.number("from", "over"), Tier(one.number("up_to", "to"), one.number_or(0, "price")))
        for one in fields.each("tiers", "ladder_prices")
        if _priced(one)
    ]
    found.sort(key=lambda pair: (pair[1].up_to is None, pair[1].up_to or Fraction(0)))
    floor = Fraction(0)
    for start, tier in found:
        if start is not None and start != floor:
            raise PricingError("tiers", "The tiers leave a gap or overlap", fields.at("tiers"))
        floor = tier.up_to if tier.up_to is not None else floor
    return tuple(tier for _, tier in found)


def _priced(tier: Fields) -> bool:
    if not tier.has("price"):
        raise PricingError("missing_price", "The tier has no price", tier.at("price"))
    return True


def _tariff(fields: Fields) -> Tariff:
    rates = {name: price for name in RATES if (price := fields.number(name, f"{name}_price")) is not None}
    given = fields.child("rates")
    if given:
        rates |= {str(name): exact(given.raw(str(name)), given.at(str(name))) for name in given.data}
    return Tariff(
        price=fields.number("price", "amount"),
        fixed=fields.number_or(0, "fixed"),
        tiers=read_tiers(fields),
        rates=rates,
        formula=fields.text("formula"),
        effective_from=fields.day("effective_from"),
        effective_to=fields.day("effective_to"),
    )


def _prepaid(fields: Fields) -> bool:
    value = fields.raw("pay", "timing", "prepaid")
    if isinstance(value, bool):
        return value
    return fields.choice(("prepaid", "postpaid"), "prepaid", "pay", "timing") == "prepaid"


def _rounding(fields: Fields) -> Rounding:
    given = fields.raw("rounding")
    holder = fields.child("rounding") if isinstance(given, dict) else None
    unit = (
        holder.number_or(Fraction(1, 100), "unit", "to") if holder else fields.number("rounding", "round_to")
    )
    mode = (holder or fields).choice(MODES, "half_up", "mode", "rounding_mode")
    if unit is not None and unit not in UNITS:
        raise PricingError("rounding", "Rounding is to 0.01, 0.1 or 1", "item.rounding")
    return Rounding(UNITS[unit] if unit is not None else 1, mode)


def _escalation(fields: Fields) -> Escalation | None:
    if isinstance(fields.raw("escalation"), list):
        return Escalation(steps=tuple(_rent_step(one) for one in fields.each("escalation")))
    given = fields.child("escalation")
    if given is None:
        return None
    return Escalation(
        every_months=given.integer_or(0, "every_months"),
        rate=given.number_or(0, "rate"),
        amount=given.number_or(0, "amount"),
        steps=tuple(_rent_step(one) for one in given.each("steps")),
    )


def _rent_step(fields: Fields) -> RentStep:
    return RentStep(
        after_months=fields.integer_or(0, "after_months"),
        rate=fields.number_or(0, "rate"),
        amount=fields.number_or(0, "amount"),
        price=fields.number("price"),
    )


def _attributes(fields: Fields) -> dict[str, Value]:
    given = fields.child("attributes")
    if given is None:
        return {}
    found: dict[str, Value] = {}
    for name in map(str, given.data):
        value = given.raw(name)
        if isinstance(value, bool):
            found[name] = value
        elif isinstance(value, int | Decimal):
            found[name] = exact(value, given.at(name))
        elif value is not None:
            found[name] = str(value)
    return found
