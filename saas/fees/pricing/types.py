"""What goes into a price and what comes out: frozen, exact, the same words as `anju fees price --json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from saas.fees.pricing.money import CENT, Rounding
from saas.fees.pricing.periods import Align, Period

Kind = Literal["area_built", "area_inner", "fixed", "metered", "shared", "rent", "formula", "one_off"]
KINDS: tuple[Kind, ...] = (
    "area_built", "area_inner", "fixed", "metered", "shared", "rent", "formula", "one_off",
)  # fmt: skip
Basis = Literal["area", "inner_area", "household", "weight"]
Value = Fraction | bool | str


@dataclass(frozen=True)
class RentStep:
    """From `after_months` after the anchor: the rent so far × (1 + rate) + amount, or a new `price` a month."""

    after_months: int
    rate: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    price: Fraction | None = None


@dataclass(frozen=True)
class Escalation:
    """Steps of a rent: listed one by one, and/or the same step again `every_months`."""

    every_months: int = 0
    rate: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    steps: tuple[RentStep, ...] = ()


@dataclass(frozen=True)
class Item:
    """A fee item: what is charged and how."""

    kind: Kind
    code: str = ""
    currency: str = "CNY"
    cycle_months: int = 1
    prepaid: bool = True
    align: Align = "calendar"
    anchor: date | None = None  # anniversaries and rent steps count from here; default: the object's start
    rounding: Rounding = CENT
    ladder: Literal["monthly", "yearly"] = "monthly"
    basis: Basis = "area"  # how a shared pool is divided
    rent_basis: Literal["fixed", "area_built", "area_inner"] = "fixed"
    escalation: Escalation | None = None
    formula: str = ""
    formula_per: Literal["auto", "month", "period"] = "auto"  # auto: a formula with usage is for the period


@dataclass(frozen=True)
class Tier:
    """A rung of a ladder: up to and including `up_to` (None: without end)."""

    up_to: Fraction | None
    price: Fraction


@dataclass(frozen=True)
class Tariff:
    """Prices in major units from a day on, until `effective_to` (exclusive) or the next tariff."""

    price: Fraction | None = None
    fixed: Fraction = Fraction(0)  # a month; shared pools: once a period
    tiers: tuple[Tier, ...] = ()
    rates: Mapping[str, Fraction] = field(default_factory=dict)  # peak, valley, flat …
    formula: str = ""
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True)
class Subject:
    """The payer object. `start` and `end` are those of the assignment; a period is clipped to them."""

    key: str = ""
    built_area: Fraction | None = None
    inner_area: Fraction | None = None
    floor: Fraction | None = None
    household_size: Fraction | None = None
    coefficient: Fraction | None = None
    quantity: Fraction = Fraction(1)
    attributes: Mapping[str, Value] = field(default_factory=dict)
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Consumption:
    """Usage ready to be billed. Without dates it belongs to the billed period."""

    quantity: Fraction
    rate: str = ""
    start: date | None = None
    end: date | None = None
    register: str = ""


@dataclass(frozen=True)
class Pool:
    """A cost to be divided: an amount in major units, or a quantity times the tariff's price."""

    cost: Fraction | None = None
    quantity: Fraction | None = None


@dataclass(frozen=True)
class Member:
    """One of those who share a pool. Vacant rooms stay members. `start`/`end`: only these days count."""

    key: str
    built_area: Fraction | None = None
    inner_area: Fraction | None = None
    households: Fraction = Fraction(1)
    weight: Fraction | None = None
    vacant: bool = False
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Part:
    """A piece of a line. `minor` sums to the line; `exact` is in major units before rounding.

    `code`: area, fixed, usage, tier, rate, pool, share, rent, formula, amount, previous. `months` is None where
    time plays no part; `detail` holds what explains the piece further (rung, register, share …).
    """

    code: str
    exact: Fraction
    quantity: Fraction | None = None
    unit: str = ""
    price: Fraction | None = None
    start: date | None = None
    end: date | None = None
    months: Fraction | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    minor: int = 0


@dataclass(frozen=True)
class Line:
    """A bill line: whole minor units, its parts, and what was rounded how."""

    total_minor: int
    currency: str
    period: Period
    parts: tuple[Part, ...]
    exact: Fraction
    rounding: Rounding = CENT
    key: str = ""
    members: tuple[Line, ...] = ()
