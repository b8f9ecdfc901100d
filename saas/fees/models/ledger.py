"""The ledger: accounts, append-only transfers, balances that can be rebuilt, closed days and months."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned

ACCOUNT_KINDS = (
    "receivable", "cash", "prepaid", "deposit", "income", "late_fee_income", "discount", "refund", "suspense",
    "rounding", "write_off", "opening",
)  # fmt: skip


class LedgerAccount(TenantBase):
    """An account. `key` names it: receivable, cash:<channel>, prepaid:<person>:<room>, income:<item>, deposit …"""

    __tablename__ = "ledger_account"
    __table_args__ = (Index("ix_ledger_account_kind", "kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    item_id: Mapped[UUID | None]
    channel: Mapped[str | None]
    person_id: Mapped[UUID | None]
    debtor_name: Mapped[str] = mapped_column(default="")
    room_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class LedgerTransfer(TenantBase):
    """`minor` from the credit account to the debit account. Corrections are transfers the other way.

    (cause, cause_id, leg) is unique, so that nothing is posted twice: a bill line is ("bill", line id, 0).
    """

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        UniqueConstraint("cause", "cause_id", "leg"),
        Index("ix_ledger_transfer_debit_id_business_date", "debit_id", "business_date"),
        Index("ix_ledger_transfer_credit_id_business_date", "credit_id", "business_date"),
        Index("ix_ledger_transfer_line_id", "line_id"),
        CheckConstraint("minor > 0", name="positive"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    debit_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"))
    credit_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"))
    minor: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str]  # bill, void, payment, prepaid, refund, deposit, waiver, write_off, opening, reversal
    cause_id: Mapped[UUID]
    leg: Mapped[int] = mapped_column(SmallInteger, default=0)
    business_date: Mapped[date]
    posted_at: Mapped[datetime]
    line_id: Mapped[UUID | None]
    community_id: Mapped[UUID | None]
    room_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    item_id: Mapped[UUID | None]
    channel: Mapped[str | None]
    actor_id: Mapped[UUID | None]  # user who acted: the cashier
    shift_id: Mapped[UUID | None]  # of money that went over the desk: the cashier's shift (ledger_close)


class BalanceSnapshot(TenantBase):
    """Sums of an account's transfers with business_date < `as_of`; rebuilt at will."""

    __tablename__ = "balance_snapshot"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True)
    as_of: Mapped[date] = mapped_column(primary_key=True)
    debit_minor: Mapped[int] = mapped_column(BigInteger)
    credit_minor: Mapped[int] = mapped_column(BigInteger)


class LedgerClose(TenantBase, Versioned, Stamped):
    """A closed month, a closed day, or a cashier's counted shift. Nothing is posted into a closed day or month.

    `totals`: {"expected": {channel: minor}, "counted": {channel: minor}, "transfers": n, …}.
    """

    __tablename__ = "ledger_close"
    __table_args__ = (
        Index("ix_ledger_close_kind_starts_on", "kind", "starts_on"),
        Index(
            "uq_ledger_close_period", "kind", "starts_on", unique=True,
            postgresql_where=text("kind IN ('month', 'day') AND state = 'closed'"),
        ),
        Index(
            "uq_ledger_close_open_shift", "cashier_id", unique=True,
            postgresql_where=text("kind = 'shift' AND state = 'open'"),
        ),
        CheckConstraint("ends_on > starts_on", name="period"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]  # month | day | shift
    state: Mapped[str] = mapped_column(default="closed")  # open (shift) | closed | reopened
    starts_on: Mapped[date]
    ends_on: Mapped[date]  # half-open
    community_id: Mapped[UUID | None]
    cashier_id: Mapped[UUID | None]
    cashier_name: Mapped[str] = mapped_column(default="")
    from_at: Mapped[datetime | None]
    to_at: Mapped[datetime | None]
    totals: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    difference_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    note: Mapped[str] = mapped_column(default="")
    closed_by: Mapped[UUID | None]
    closed_by_name: Mapped[str] = mapped_column(default="")
