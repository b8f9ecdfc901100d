"""Fee items and their effective-dated prices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.core.actors import Actor
from saas.core.errors import VersionConflict
from saas.estate.queries import community_of
from saas.fees.errors import code_taken, item_unknown, wrong
from saas.fees.models import FeeItem, Tariff
from saas.fees.models.setup import ALIGNMENTS, PRICING_KINDS, TIMINGS
from saas.fees.permissions import SETUP
from saas.fees.pricing.computed import variable_types
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.figures import exact
from saas.fees.pricing.formula import parse
from saas.fees.queries.pricing_facts import escalation_of
from tenants.unit_of_work import UnitOfWork

CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
FACTS = frozenset(
    {
        "name", "community_id", "pricing", "timing", "alignment", "cycle_months", "lead_days", "due_days",
        "due_day", "unit", "meter_kind", "ladder", "basis", "rent_basis", "escalation", "formula",
        "formula_per", "rounding_unit", "rounding_mode", "priority", "receiving_account", "late_rate",
        "late_grace_days", "late_cap", "is_deposit", "is_active", "note",
    }
)  # fmt: skip
# What a change of these would do to bills already made is seen in the preview; what follows is checked here.
CHOICES: Mapping[str, Sequence[Any]] = {
    "pricing": PRICING_KINDS, "timing": TIMINGS, "alignment": ALIGNMENTS, "ladder": ("monthly", "yearly"),
    "basis": ("area", "inner_area", "household", "weight"), "rent_basis": ("fixed", "area_built", "area_inner"),
    "formula_per": ("auto", "month", "period"), "rounding_unit": (1, 10, 100),
    "rounding_mode": ("half_up", "up", "down"),
}  # fmt: skip
RANGES = {
    "cycle_months": (1, 120), "lead_days": (0, 366), "due_days": (0, 366), "due_day": (1, 31),
    "priority": (0, 9999), "late_grace_days": (0, 3660), "late_rate": (0, Decimal("0.1")), "late_cap": (0, 10),
}  # fmt: skip


def create_item(
    uow: UnitOfWork, *, actor: Actor, code: str, name: str, pricing: str, **facts: Any
) -> FeeItem:
    """A new fee item; it charges nothing until it has a tariff and assignments."""
    _require(actor, facts.get("community_id"))
    _known(uow, facts.get("community_id"))
    if not CODE.fullmatch(code):
        raise wrong("code", _l("Use small letters, digits, dot, dash and underscore, at most 40."))
    item = FeeItem(code=code)
    _apply(item, {"name": name, "pricing": pricing, **facts})
    uow.session.add(item)
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise code_taken() from error
    uow.audit("fees.item_created", actor=actor.ref(), subject=("fee_item", item.id), details={"code": code})
    return item


def change_item(
    uow: UnitOfWork, *, actor: Actor, item_id: UUID, values: Mapping[str, Any], version: int | None = None
) -> FeeItem:
    """Change an item for lines to come; bills already made stay as they are."""
    item = item_by_id(uow, item_id)
    _require(actor, item.community_id)
    if version is not None and item.version != version:
        raise VersionConflict()
    if "community_id" in values:
        _require(actor, values["community_id"])
        _known(uow, values["community_id"])
    _apply(item, values)
    uow.session.flush()
    uow.audit("fees.item_changed", actor=actor.ref(), subject=("fee_item", item.id), fields=sorted(values))
    return item


def item_by_id(uow: UnitOfWork, item_id: UUID) -> FeeItem:
    """Raises NotFound."""
    item = uow.session.get(FeeItem, item_id)
    if item is None:
        raise item_unknown()
    return item


def set_tariff(
    uow: UnitOfWork,
    *,
    actor: Actor,
    item_id: UUID,
    starts_on: date,
    price: Decimal | None = None,
    fixed: Decimal = Decimal(0),
    tiers: Sequence[Mapping[str, Any]] = (),
    rates: Mapping[str, Any] | None = None,
    formula: str = "",
    tax_rate: Decimal = Decimal(0),
) -> Tariff:
    """The prices of an item from a day on, until its next tariff; a tariff of that very day is replaced.

    What was billed stays; a run of mode `adjust` drafts the differences that a past price makes.
    """
    item = item_by_id(uow, item_id)
    _require(actor, item.community_id)
    _check_prices(item, price, tiers, rates or {}, formula, tax_rate)
    known = select(Tariff).where(Tariff.item_id == item.id, Tariff.starts_on == starts_on).with_for_update()
    tariff = uow.session.scalar(known) or Tariff(item_id=item.id, starts_on=starts_on)
    tariff.price, tariff.fixed, tariff.tax_rate, tariff.formula = price, fixed, tax_rate, formula
    tariff.tiers = [{"up_to": _text(tier.get("up_to")), "price": str(tier["price"])} for tier in tiers]
    tariff.rates = {name: str(value) for name, value in (rates or {}).items()}
    uow.session.add(tariff)
    uow.session.flush()
    uow.audit(
        "fees.tariff_set", actor=actor.ref(), subject=("fee_item", item.id),
        details={"starts_on": starts_on.isoformat(), "price": _text(price)},
    )  # fmt: skip
    return tariff


def remove_tariff(uow: UnitOfWork, *, actor: Actor, tariff_id: UUID) -> None:
    """Take a tariff away; the one before it then goes on."""
    tariff = uow.session.get(Tariff, tariff_id)
    if tariff is None:
        raise item_unknown()
    _require(actor, item_by_id(uow, tariff.item_id).community_id)
    uow.session.delete(tariff)
    uow.audit(
        "fees.tariff_removed", actor=actor.ref(), subject=("fee_item", tariff.item_id),
        details={"starts_on": tariff.starts_on.isoformat()},
    )  # fmt: skip


def _known(uow: UnitOfWork, community_id: UUID | None) -> None:
    if community_id is not None:
        community_of(uow, community_id)


def _require(actor: Actor, community_id: UUID | None) -> None:
    """Items of the whole firm need the permission everywhere."""
    if community_id is None:
        actor.require(SETUP.code, everywhere=True)
    else:
        actor.require(SETUP.code, community_id=community_id)


def _apply(item: FeeItem, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - FACTS)
    if unknown:
        raise wrong(unknown[0], _l("There is no such setting."))
    for name, value in values.items():
        _check(name, value)
        setattr(item, name, value)
    _check_whole(item)


def _check(name: str, value: Any) -> None:
    if name in CHOICES and value not in CHOICES[name]:
        raise wrong(name, _l("Choose one of the list."))
    if name in RANGES and value is not None and not RANGES[name][0] <= value <= RANGES[name][1]:
        raise wrong(name, _l("This number is outside of what is possible."))
    if name == "name" and not str(value).strip():
        raise wrong("name", _l("Please fill this in."))


def _check_whole(item: FeeItem) -> None:
    """What only the settings together tell."""
    try:
        escalation_of(item.escalation or {})
    except (PricingError, KeyError, TypeError, ValueError) as error:
        raise wrong("escalation", _l("Write steps as a number of months and a rate or an amount.")) from error
    if item.pricing == "formula" and not item.formula:
        raise wrong("formula", _l("Write the formula, such as built_area * price."))
    if item.formula:
        _check_formula(item.formula)
    if item.pricing == "metered" and not item.meter_kind:
        raise wrong("meter_kind", _l("Say which meters are billed."))


def _check_formula(text: str) -> None:
    try:
        parse(text, variable_types({}))
    except PricingError as error:
        raise wrong("formula", error.message, code=error.code) from error


def _check_prices(
    item: FeeItem,
    price: Decimal | None,
    tiers: Sequence[Mapping[str, Any]],
    rates: Mapping[str, Any],
    formula: str,
    tax_rate: Decimal,
) -> None:
    if price is None and not tiers and not rates and item.pricing != "formula":
        raise wrong("price", _l("Enter a price."))
    if not 0 <= tax_rate < 1:
        raise wrong("tax_rate", _l("Write the tax rate as a fraction, such as 0.06 for 6 %."))
    try:
        rungs = [(tier.get("up_to"), exact(tier["price"], "price")) for tier in tiers]
        bounds = [exact(up_to, "up_to") for up_to, _ in rungs if up_to is not None]
        for name, value in rates.items():
            exact(value, name)
    except (PricingError, KeyError) as error:
        raise wrong(
            "tiers", _l("Each step needs a price, and an upper end unless it is the last.")
        ) from error
    open_ended = [up_to is None for up_to, _ in rungs]
    if rungs and (open_ended != [False] * (len(rungs) - 1) + [True] or bounds != sorted(set(bounds))):
        raise wrong("tiers", _l("Steps go upwards, and only the last has no upper end."))
    if formula:
        _check_formula(formula)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
