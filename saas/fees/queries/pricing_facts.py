"""Rows of the set-up as the pricing engine wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from saas.fees.models import FeeAssignment, FeeItem, Tariff
from saas.fees.pricing import due, types
from saas.fees.pricing.figures import exact
from saas.fees.pricing.money import Rounding
from tenants.unit_of_work import UnitOfWork

__all__ = ["cycle_of", "fraction", "item_of", "override_of", "tariff_of", "tariffs_of_items"]


def fraction(value: Decimal | int | None) -> Fraction | None:
    """An exact number of the database, exactly."""
    return None if value is None else Fraction(value)


def item_of(row: FeeItem, escalation: Mapping[str, Any] | None = None, currency: str = "CNY") -> types.Item:
    """The item with its rules; an assignment's own escalation takes the place of the item's."""
    return types.Item(
        kind=cast(types.Kind, row.pricing),
        code=row.code,
        currency=currency,
        cycle_months=row.cycle_months,
        prepaid=row.timing == "prepaid",
        align=cast(Any, row.alignment),
        rounding=Rounding(row.rounding_unit, cast(Any, row.rounding_mode)),
        ladder=cast(Any, row.ladder),
        basis=cast(types.Basis, row.basis),
        rent_basis=cast(Any, row.rent_basis),
        escalation=escalation_of(escalation or row.escalation),
        formula=row.formula,
        formula_per=cast(Any, row.formula_per),
    )


def escalation_of(stored: Mapping[str, Any]) -> types.Escalation | None:
    """{"every_months", "rate", "amount", "steps": [{"after_months", "rate", "amount", "price"}]}, or nothing."""
    if not stored:
        return None
    steps = tuple(
        types.RentStep(
            int(step["after_months"]),
            exact(step.get("rate", 0), "rate"),
            exact(step.get("amount", 0), "amount"),
            exact(step["price"], "price") if step.get("price") is not None else None,
        )
        for step in stored.get("steps", ())
    )
    return types.Escalation(
        int(stored.get("every_months", 0)),
        exact(stored.get("rate", 0), "rate"),
        exact(stored.get("amount", 0), "amount"),
        steps,
    )


def cycle_of(row: FeeItem) -> due.Cycle:
    """How the item is billed, with its due dates."""
    return due.Cycle(
        months=row.cycle_months,
        prepaid=row.timing == "prepaid",
        align=cast(Any, row.alignment),
        lead_days=row.lead_days,
        due=due.DueDate(row.due_days, row.due_day),
    )


def tariff_of(row: Tariff) -> types.Tariff:
    """A stored tariff with exact prices."""
    return types.Tariff(
        price=fraction(row.price),
        fixed=Fraction(row.fixed),
        tiers=tuple(
            types.Tier(
                None if tier.get("up_to") is None else exact(tier["up_to"], "up_to"),
                exact(tier["price"], "price"),
            )
            for tier in row.tiers
        ),
        rates={name: exact(price, name) for name, price in row.rates.items()},
        formula=row.formula,
        effective_from=row.starts_on,
    )


def override_of(row: FeeAssignment) -> tuple[types.Tariff, ...] | None:
    """The agreed price of one assignment, which no tariff changes."""
    return None if row.price is None else (types.Tariff(price=Fraction(row.price)),)


def tariffs_of_items(uow: UnitOfWork, item_ids: Sequence[UUID]) -> dict[UUID, list[Tariff]]:
    """Item -> its tariffs, oldest first."""
    statement = select(Tariff).where(Tariff.item_id.in_(item_ids)).order_by(Tariff.item_id, Tariff.starts_on)
    found: dict[UUID, list[Tariff]] = {item_id: [] for item_id in item_ids}
    for tariff in uow.session.scalars(statement):
        found[tariff.item_id].append(tariff)
    return found
