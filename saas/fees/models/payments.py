"""Money in and out: payment attempts and what they paid, deposits, refunds, receipt books and receipts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned


class Payment(TenantBase, Versioned, Stamped):
    """An attempt to pay, committed before the outside is asked. `state`: the attempt states of payments/1.

    `intent` is what the client asked for ({"lines": […]} or {"amount": …}); the server computed the rest.
    """

    __tablename__ = "payment"
    __table_args__ = (
        Index("ix_payment_room_id", "room_id"),
        Index("ix_payment_payer_id", "payer_id"),
        Index("ix_payment_business_date_cashier_id", "business_date", "cashier_id"),
        Index(
            "uq_payment_provider_ref", "provider", "provider_ref", unique=True,
            postgresql_where=text("provider_ref IS NOT NULL"),
        ),
        Index(
            "ix_payment_unfinished", "next_check_at",
            postgresql_where=text("state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELED')"),
        ),
        Index("ix_payment_attention", "created_at", postgresql_where=text("attention IS NOT NULL")),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("refunded_minor >= 0 AND refunded_minor <= amount_minor", name="refunded"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str]
    channel: Mapped[str]  # cash, pos, transfer, prepaid, wechat, alipay …
    provider: Mapped[str] = mapped_column(default="desk")
    provider_ref: Mapped[str | None]
    currency: Mapped[str] = mapped_column(default="CNY")
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    tendered_minor: Mapped[int | None] = mapped_column(BigInteger)
    change_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    allocated_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    prepaid_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    intent: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    community_id: Mapped[UUID | None] = mapped_column(ForeignKey("community.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("room.id"))
    payer_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    payer_name: Mapped[str] = mapped_column(default="")
    business_date: Mapped[date]
    cashier_id: Mapped[UUID | None]
    cashier_name: Mapped[str] = mapped_column(default="")
    succeeded_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]
    checks: Mapped[int] = mapped_column(SmallInteger, default=0)
    attention: Mapped[
        str | None
    ]  # why a person must look at it: money came for a void line, after the close …
    note: Mapped[str] = mapped_column(default="")


class PaymentAllocation(TenantBase):
    """So much of a payment went to a line; negative rows take back (refunds, reversals). Append-only."""

    __tablename__ = "payment_allocation"
    __table_args__ = (
        Index("ix_payment_allocation_payment_id", "payment_id"),
        Index("ix_payment_allocation_line_id", "line_id"),
        CheckConstraint("minor <> 0", name="not_zero"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("bill_line.id"))
    minor: Mapped[int] = mapped_column(BigInteger)
    refund_id: Mapped[UUID | None]
    business_date: Mapped[date]
    at: Mapped[datetime]


class Deposit(TenantBase, Versioned, Stamped):
    """A deposit (押金) held for somebody. `moves`: deductions and returns with reason, evidence and who."""

    __tablename__ = "deposit"
    __table_args__ = (
        Index("ix_deposit_room_id", "room_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(
            "deducted_minor >= 0 AND returned_minor >= 0 AND deducted_minor + returned_minor <= amount_minor",
            name="held",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="due")  # due | held | closed | cancelled
    item_id: Mapped[UUID] = mapped_column(ForeignKey("fee_item.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("room.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    payer_name: Mapped[str] = mapped_column(default="")
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    deducted_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    returned_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    moves: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    note: Mapped[str] = mapped_column(default="")
    received_on: Mapped[date | None]
    closed_on: Mapped[date | None]


class Refund(TenantBase, Versioned, Stamped):
    """Money going back by the way it came; above a limit a second person decides. States: requested, approved,
    rejected, then the attempt states of payments/1."""

    __tablename__ = "refund"
    __table_args__ = (
        Index("ix_refund_payment_id", "payment_id"),
        CheckConstraint("amount_minor > 0", name="amount"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="requested")
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    deposit_id: Mapped[UUID | None] = mapped_column(ForeignKey("deposit.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_account.id"))  # prepaid paid out
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)  # [{"line_id", "minor"}]
    channel: Mapped[str]
    provider_ref: Mapped[str | None]
    reason: Mapped[str]
    business_date: Mapped[date | None]
    requested_by: Mapped[UUID | None]
    requested_by_name: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[UUID | None]
    decided_by_name: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]


class ReceiptBook(TenantBase, Versioned, Stamped):
    """A book of receipt numbers without gaps: `next_number` is taken under the row's lock, last in the transaction."""

    __tablename__ = "receipt_book"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    prefix: Mapped[str] = mapped_column(default="")
    width: Mapped[int] = mapped_column(SmallInteger, default=8)
    next_number: Mapped[int] = mapped_column(BigInteger, default=1)
    community_id: Mapped[UUID | None] = mapped_column(ForeignKey("community.id"))
    template: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)


class Receipt(TenantBase, Versioned):
    """A receipt (收据). Void and reprints are counted here and told in the audit trail; the number stays taken."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("book_id", "number"),
        Index("ix_receipt_payment_id", "payment_id"),
        Index("ix_receipt_issued_at", "issued_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    book_id: Mapped[UUID] = mapped_column(ForeignKey("receipt_book.id"))
    number: Mapped[int] = mapped_column(BigInteger)
    full_number: Mapped[str]
    kind: Mapped[str]  # payment | deposit | refund
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    deposit_id: Mapped[UUID | None] = mapped_column(ForeignKey("deposit.id"))
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey("refund.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("room.id"))
    payer_name: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    contents: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    prints: Mapped[int] = mapped_column(SmallInteger, default=0)
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]
    issued_by_name: Mapped[str] = mapped_column(default="")
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[UUID | None]
    void_reason: Mapped[str] = mapped_column(default="")
