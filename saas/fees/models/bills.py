"""Bill runs: drafts that can be thrown away, lines that never change, and what is still open of each line."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.orm import Mapped, mapped_column

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned

RUN_MODES = ("period", "catch_up", "adjust")
RUN_STATES = ("queued", "drafting", "draft", "approved", "publishing", "published", "cancelled", "failed")
LINE_KINDS = ("charge", "discount", "adjustment", "one_off", "opening", "late_fee")
BALANCE_STATES = ("open", "settled", "void")


class BillRun(TenantBase, Versioned, Stamped):
    """One bill run: period × community × items, on its way from drafts to published lines.

    `mode`: the service periods of [period_from, period_to); all unbilled ones up to period_to; or corrections of
    what was billed for the period. Without `issue_on` lines carry the issue date that follows from their period.
    `totals`: {"lines", "amount_minor", "errors", "outliers", "previous_minor", "by_item": {…}}.
    """

    __tablename__ = "bill_run"
    __table_args__ = (Index("ix_bill_run_created_at", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="queued")
    community_id: Mapped[UUID | None] = mapped_column(ForeignKey("community.id"))  # None: all of them
    period_from: Mapped[date]
    period_to: Mapped[date]
    item_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)), default=list)  # none: all
    mode: Mapped[str] = mapped_column(default="period")
    issue_on: Mapped[date | None]
    totals: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    job_id: Mapped[UUID | None]
    error_code: Mapped[str | None]
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(default="")
    approved_by: Mapped[UUID | None]
    approved_by_name: Mapped[str] = mapped_column(default="")
    approved_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]


class BillDraft(TenantBase):
    """A line that a run would publish, or the reason why it cannot (`error` set). Its id becomes the line's id.

    Nothing points here, and whatever a run drafted can be deleted until it is published.
    """

    __tablename__ = "bill_draft"
    __table_args__ = (
        Index("ix_bill_draft_run_id_position", "run_id", "position"),
        Index("ix_bill_draft_notable", "run_id", "flags", postgresql_where=text("flags <> '{}'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID]
    position: Mapped[int]
    kind: Mapped[str]
    sequence: Mapped[int] = mapped_column(SmallInteger)
    assignment_id: Mapped[UUID]
    item_id: Mapped[UUID]
    object_kind: Mapped[str]
    object_id: Mapped[UUID]
    object_key: Mapped[str]
    community_id: Mapped[UUID]
    building_id: Mapped[UUID | None]
    room_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    debtor_name: Mapped[str]
    period_from: Mapped[date]
    period_to: Mapped[date]
    issue_on: Mapped[date]
    due_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    priority: Mapped[int] = mapped_column(SmallInteger)
    corrects_id: Mapped[UUID | None]
    concession_id: Mapped[UUID | None]
    reason: Mapped[str]
    explanation: Mapped[dict[str, Any]] = mapped_column(JSONB)
    parts: Mapped[list[list[Any]]] = mapped_column(JSONB)  # rows of bill_line_part without the line
    previous_minor: Mapped[int | None] = mapped_column(BigInteger)
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # error, outlier, new
    error: Mapped[str | None]  # code of words.DRAFT_ERRORS
    error_detail: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class BillLine(TenantBase):
    """A bill line (应收): one item, one payer object, one debtor, one service period. It never changes.

    `sequence` tells apart what legitimately shares a period: the charge after a void, several discounts or
    adjustments. Amounts are minor units, tax included; adjustments and discounts may be negative.
    """

    __tablename__ = "bill_line"
    __table_args__ = (
        UniqueConstraint(
            "assignment_id", "period_from", "period_to", "kind", "sequence", name="uq_bill_line_once"
        ),
        Index("ix_bill_line_room_id_period_from", "room_id", "period_from"),
        Index("ix_bill_line_person_id", "person_id"),
        Index("ix_bill_line_run_id", "run_id"),
        Index("ix_bill_line_corrects_id", "corrects_id", postgresql_where=text("corrects_id IS NOT NULL")),
        CheckConstraint("period_to > period_from", name="period"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID | None]
    kind: Mapped[str]  # LINE_KINDS
    sequence: Mapped[int] = mapped_column(SmallInteger, default=0)
    assignment_id: Mapped[UUID | None] = mapped_column(ForeignKey("fee_assignment.id"))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("fee_item.id"))
    object_kind: Mapped[str]
    object_id: Mapped[UUID]
    object_key: Mapped[str]
    community_id: Mapped[UUID]
    building_id: Mapped[UUID | None]
    room_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    debtor_name: Mapped[str]
    period_from: Mapped[date]
    period_to: Mapped[date]
    issue_on: Mapped[date]
    due_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    priority: Mapped[int] = mapped_column(SmallInteger)
    corrects_id: Mapped[UUID | None]  # the line that this one adjusts, discounts or is the late fee of
    concession_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(default="")
    explanation: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]


class BillLinePart(TenantBase):
    """A piece of a line: a tariff's days, a tier, a share. The parts of a line sum to it exactly."""

    __tablename__ = "bill_line_part"
    __table_args__ = ({"info": {"append_only": True}},)

    line_id: Mapped[UUID] = mapped_column(ForeignKey("bill_line.id"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    label: Mapped[str]  # code, such as tier, tariff, share, fixed
    quantity: Mapped[str]  # exact, as a decimal or a fraction "98.67", "20/29"
    unit: Mapped[str]
    price: Mapped[str]  # exact, major units
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    months: Mapped[str]  # exact, empty where time plays no part
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # rung, register, share, step
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class LineBalance(TenantBase):
    """What is still open of a line: the cashier's hot table. open_minor = amount − allocations − reversals.

    Written only together with the ledger transfer that explains the change; rebuildable from the ledger.
    """

    __tablename__ = "line_balance"
    __table_args__ = (
        Index("ix_line_balance_room_open", "room_id", postgresql_where=text("state = 'open'")),
        Index("ix_line_balance_person_open", "person_id", postgresql_where=text("state = 'open'")),
        Index("ix_line_balance_due_open", "community_id", "due_on", postgresql_where=text("state = 'open'")),
    )

    line_id: Mapped[UUID] = mapped_column(ForeignKey("bill_line.id"), primary_key=True)
    community_id: Mapped[UUID]
    room_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    item_id: Mapped[UUID]
    due_on: Mapped[date]
    priority: Mapped[int] = mapped_column(SmallInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    open_minor: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]  # BALANCE_STATES
    late_charged_to: Mapped[date | None]  # late fee is charged up to this day
    is_disputed: Mapped[bool] = mapped_column(Boolean, default=False)
    void_reason: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
