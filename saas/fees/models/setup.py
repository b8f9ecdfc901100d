"""What is charged and to whom: items, their prices, assignments and the rules that make them, concessions, pools."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned

PRICING_KINDS = ("area_built", "area_inner", "fixed", "metered", "shared", "rent", "formula", "one_off")
TIMINGS = ("prepaid", "postpaid")
ALIGNMENTS = ("calendar", "anniversary")
OBJECT_KINDS = ("room", "parking", "contract")
PAYERS = ("owner", "tenant", "person", "text")
# The first five lower a line when it is made; the last two give up what is already owed.
CONCESSION_KINDS = ("rate", "amount", "free_months", "vacancy", "early", "late_fee_waiver", "write_off")
CONCESSION_STATES = ("requested", "approved", "rejected", "ended")


class FeeItem(TenantBase, Versioned, Stamped):
    """A fee item (收费项目): what is charged and by which rule. Prices are its tariffs. `community_id` None: all.

    `due_day`: the first such day of a month that is not before the issue (prepaid: nor before the period begins);
    without it the due date is issue date + `due_days`. `escalation` of rents: {"every_months": 12, "rate": "0.05"}.
    """

    __tablename__ = "fee_item"
    __table_args__ = (
        CheckConstraint("cycle_months > 0 AND lead_days >= 0 AND due_days >= 0", name="periods"),
        CheckConstraint("rounding_unit IN (1, 10, 100)", name="rounding_unit"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    community_id: Mapped[UUID | None] = mapped_column(ForeignKey("community.id"))
    pricing: Mapped[str]  # PRICING_KINDS
    timing: Mapped[str] = mapped_column(default="prepaid")
    alignment: Mapped[str] = mapped_column(default="calendar")
    cycle_months: Mapped[int] = mapped_column(SmallInteger, default=1)
    lead_days: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_days: Mapped[int] = mapped_column(SmallInteger, default=10)
    due_day: Mapped[int | None] = mapped_column(SmallInteger)
    unit: Mapped[str] = mapped_column(default="")  # 吨, 度: of metered and shared items
    meter_kind: Mapped[str | None]  # the meters whose usage is billed: water, power, gas, heat
    ladder: Mapped[str] = mapped_column(default="monthly")  # monthly | yearly
    basis: Mapped[str] = mapped_column(
        default="area"
    )  # of a shared pool: area, inner_area, household, weight
    rent_basis: Mapped[str] = mapped_column(default="fixed")  # fixed, area_built, area_inner
    escalation: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    formula: Mapped[str] = mapped_column(default="")
    formula_per: Mapped[str] = mapped_column(default="auto")  # auto, month, period
    rounding_unit: Mapped[int] = mapped_column(SmallInteger, default=1)  # in minor units: 1, 10, 100
    rounding_mode: Mapped[str] = mapped_column(default="half_up")  # half_up | up | down
    priority: Mapped[int] = mapped_column(SmallInteger, default=100)  # lower is paid first
    receiving_account: Mapped[str] = mapped_column(default="")
    late_rate: Mapped[Decimal | None] = mapped_column(Numeric(12, 8))  # per day; None: no late fee
    late_grace_days: Mapped[int] = mapped_column(SmallInteger, default=0)
    late_cap: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))  # of the principal; None: the principal
    is_deposit: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(default="")


class Tariff(TenantBase, Stamped):
    """Prices of an item from a day on, until the next tariff of the item begins: they cannot overlap.

    `price` is in major units (元) per unit and month; `tiers`: [{"up_to": "12", "price": "3.85"}, …,
    {"up_to": null, …}]; `rates`: {"peak": "0.9", "valley": "0.3"}; `formula` takes the place of the item's.
    """

    __tablename__ = "tariff"
    __table_args__ = (UniqueConstraint("item_id", "starts_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("fee_item.id"))
    starts_on: Mapped[date]
    price: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    fixed: Mapped[Decimal] = mapped_column(Numeric(18, 6), default=Decimal(0))
    tiers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    rates: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    formula: Mapped[str] = mapped_column(default="")
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6), default=Decimal(0))  # contained in the price


class AssignmentRule(TenantBase, Versioned, Stamped):
    """ "All rooms of buildings 1–3", "floor 2 and above": makes and ends the assignments of the rooms it covers.

    `selector`: {"community_id", "building_keys": [], "floor_from", "floor_to", "kinds": [], "statuses": [],
    "unit_keys": []}; what is absent does not limit.
    """

    __tablename__ = "assignment_rule"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("fee_item.id"))
    name: Mapped[str] = mapped_column(default="")
    selector: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    payer: Mapped[str] = mapped_column(default="owner")  # owner | tenant (falls back to the owner)
    is_split_by_share: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class FeeAssignment(TenantBase, Versioned, Stamped):
    """Item × payer object × debtor, half-open [starts_on, ends_on). A change of payer ends it and starts another.

    `group_id` is common to the assignments of co-owners who pay by share: one line's total is split among them.
    """

    __tablename__ = "fee_assignment"
    __table_args__ = (
        Index("ix_fee_assignment_item_id_object_id", "item_id", "object_id"),
        Index("ix_fee_assignment_room_id", "room_id"),
        Index("ix_fee_assignment_community_id_item_id", "community_id", "item_id"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="period"),
        CheckConstraint("share_num > 0 AND share_num <= share_den", name="share"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("fee_item.id"))
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("assignment_rule.id"))
    object_kind: Mapped[str] = mapped_column(default="room")
    object_id: Mapped[UUID]
    object_key: Mapped[str]  # as it is sorted and shown: 1-1-101, B-039
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    building_id: Mapped[UUID | None]
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("room.id"))
    payer: Mapped[str] = mapped_column(default="owner")
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    debtor_name: Mapped[str]
    share_num: Mapped[int] = mapped_column(BigInteger, default=1)
    share_den: Mapped[int] = mapped_column(BigInteger, default=1)
    group_id: Mapped[UUID | None]
    weight: Mapped[Decimal] = mapped_column(Numeric(18, 6), default=Decimal(1))
    coefficient: Mapped[Decimal] = mapped_column(Numeric(18, 6), default=Decimal(1))
    household_size: Mapped[int | None] = mapped_column(SmallInteger)
    price: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))  # instead of the tariff's: agreed rents
    escalation: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # instead of the item's
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 6), default=Decimal(1))  # two parking permits
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # variables of a formula
    pool_key: Mapped[str | None]  # which pool of a shared item
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended_because: Mapped[str] = mapped_column(default="")


class Concession(TenantBase, Versioned, Stamped):
    """What the firm gives up: discounts on lines to come, waived late fees, write-offs; with proof and approval.

    `value`: rate 0.1 = 10 % off; amount: `amount_minor`; free_months: `value` months; early: rate if paid by
    `early_days` before the due date. One of item, assignment, room or line says what it covers.
    """

    __tablename__ = "concession"
    __table_args__ = (
        Index("ix_concession_item_id", "item_id"),
        Index("ix_concession_line_id", "line_id"),
        CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on > starts_on", name="validity"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="requested")
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("fee_item.id"))
    assignment_id: Mapped[UUID | None] = mapped_column(ForeignKey("fee_assignment.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("room.id"))
    community_id: Mapped[UUID | None] = mapped_column(ForeignKey("community.id"))
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bill_line.id"))
    value: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    cap_minor: Mapped[int | None] = mapped_column(BigInteger)
    early_days: Mapped[int | None] = mapped_column(SmallInteger)
    priority: Mapped[int] = mapped_column(SmallInteger, default=100)
    is_exclusive: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(default="")
    proof_key: Mapped[str | None]  # file of the tenant
    requested_by: Mapped[UUID | None]
    requested_by_name: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(default="")


class PoolCost(TenantBase, Stamped):
    """What a pool of a shared item cost in a period: a quantity at the tariff's price, or an amount as invoiced."""

    __tablename__ = "pool_cost"
    __table_args__ = (
        UniqueConstraint(
            "item_id", "community_id", "pool_key", "period_from", "period_to", name="uq_pool_cost_once"
        ),
        CheckConstraint("quantity IS NOT NULL OR amount_minor IS NOT NULL", name="known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("fee_item.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    pool_key: Mapped[str]
    period_from: Mapped[date]
    period_to: Mapped[date]
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(default="manual")  # manual | meters
    note: Mapped[str] = mapped_column(default="")
