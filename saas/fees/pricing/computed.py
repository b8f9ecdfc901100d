"""Formula and one-off items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.formula import VARIABLES, Formula, Type, parse
from saas.fees.pricing.periods import Period, pieces
from saas.fees.pricing.tariffs import Span, spans, tariff_on
from saas.fees.pricing.types import Consumption, Item, Part, Subject, Tariff, Value


def formula_parts(
    item: Item,
    tariffs: Sequence[Tariff],
    subject: Subject,
    period: Period,
    consumption: Sequence[Consumption],
    anchor: date | None = None,
) -> list[Part]:
    """One part per tariff: the formula's amount a month × months, or its amount of the period by days."""
    used = sum((one.quantity for one in consumption), start=Fraction(0)) if consumption else None
    found = []
    for span in spans(tariffs, period):
        formula = parse(span.tariff.formula or item.formula, variable_types(subject.attributes))
        amount = formula.evaluate(_values(subject, used, span.tariff))
        if _per_month(item, formula):
            months = _months(item, period, span, anchor)
            found.append(
                Part("formula", amount * months, price=amount, start=span.start, end=span.end, months=months)
            )
        else:
            share = Fraction((span.end - span.start).days, period.days)
            found.append(Part("formula", amount * share, used, "", amount, span.start, span.end))
    return found


def one_off_parts(tariffs: Sequence[Tariff], subject: Subject, period: Period) -> list[Part]:
    """An amount once, at the price of the period's first day; never by days."""
    tariff = tariff_on(tariffs, period.start)
    if tariff.price is None:
        raise PricingError("missing_price", "The tariff has no price", "tariffs.price")
    exact = tariff.price * subject.quantity + tariff.fixed
    return [Part("amount", exact, subject.quantity, "", tariff.price, period.start, period.end)]


def variable_types(attributes: Mapping[str, Value]) -> dict[str, Type]:
    """The variables a formula may use: ours and the room's attributes, typed by their values."""
    found: dict[str, Type] = dict(VARIABLES)
    for name, value in attributes.items():
        if name not in VARIABLES:
            found[name] = (
                "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
            )
    return found


def _values(subject: Subject, used: Fraction | None, tariff: Tariff) -> dict[str, Value]:
    known = {
        "built_area": subject.built_area,
        "inner_area": subject.inner_area,
        "floor": subject.floor,
        "household_size": subject.household_size,
        "coefficient": subject.coefficient,
        "usage": used,
        "price": tariff.price,
    }
    found: dict[str, Value] = {name: value for name, value in subject.attributes.items() if name not in known}
    return found | {name: value for name, value in known.items() if value is not None}


def _per_month(item: Item, formula: Formula) -> bool:
    if item.formula_per == "auto":
        return "usage" not in formula.names
    return item.formula_per == "month"


def _months(item: Item, period: Period, span: Span, anchor: date | None) -> Fraction:
    """Months of the period that fall into the span, counted on the steps of the whole period."""
    return sum(
        (
            piece.months
            for piece in pieces(period, item.align, item.anchor or anchor, (span.start, span.end))
            if span.start <= piece.start < span.end
        ),
        start=Fraction(0),
    )
