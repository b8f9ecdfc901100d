"""The kernel's own tables in every tenant's schema: keys, audit, outbox, timers, jobs, records."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, SmallInteger, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.orm import Mapped, mapped_column

from tenants.orm import TenantBase

APPEND_ONLY = {"info": {"append_only": True}}


class DataKey(TenantBase):
    """The tenant's data key, wrapped by the installation's master key."""

    __tablename__ = "data_key"

    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    master_key_id: Mapped[str]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class AuditEntry(TenantBase):
    """One act: who did what to which thing; ids and field names, no personal values."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_type", "subject_id", "recorded_at"),
        Index("ix_audit_entry_recorded_at", "recorded_at"),
        APPEND_ONLY,
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]
    action: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_id: Mapped[str | None]


class AuditPending(TenantBase):
    """Entries the sealer has not chained yet; a queue, so that late commits are never skipped."""

    __tablename__ = "audit_pending"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)


class AuditSeal(TenantBase):
    """A batch of entries chained by hash to the batch before."""

    __tablename__ = "audit_seal"
    __table_args__ = (APPEND_ONLY,)

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime]
    entry_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)))
    entry_hashes: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class OutboxMessage(TenantBase):
    """An effect still owed: an event for one subscriber, or one call to the outside."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("handler", "dedup_key", name="uq_outbox_message_handler_dedup_key"),
        Index("ix_outbox_message_state_due_at", "state", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]  # event | effect
    name: Mapped[str]
    handler: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    dedup_key: Mapped[str | None]
    state: Mapped[str]  # due | claimed | dead
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    claim: Mapped[UUID | None]
    error_class: Mapped[str | None]
    created_at: Mapped[datetime]
    request_id: Mapped[str | None]


class OutboxHistory(TenantBase):
    """What was delivered, without its payload. The primary key makes a second delivery impossible to record."""

    __tablename__ = "outbox_history"
    __table_args__ = (
        UniqueConstraint("handler", "dedup_key", name="uq_outbox_history_handler_dedup_key"),
        APPEND_ONLY,
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    handler: Mapped[str]
    dedup_key: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(Integer)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime]


class Timer(TenantBase):
    """Something to look at when its time comes: one row per kind and key."""

    __tablename__ = "timer"
    __table_args__ = (Index("ix_timer_state_due_at", "state", "due_at"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]
    state: Mapped[str]  # due | dead
    attempts: Mapped[int] = mapped_column(Integer)
    error_class: Mapped[str | None]


class JobRecord(TenantBase):
    """A job's truth: state, progress, lease and result. The queue in Redis only points here."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("name", "active_key", name="uq_job_name_active_key"),
        Index("ix_job_state_due_at", "state", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    args: Mapped[dict[str, Any]] = mapped_column(JSONB)
    active_key: Mapped[str | None]  # the caller's key while the job is not finished
    state: Mapped[str]  # queued | running | done | failed | cancelled
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    lease_holder: Mapped[UUID | None]
    lease_expires_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(Boolean)
    progress_done: Mapped[int] = mapped_column(BigInteger)
    progress_total: Mapped[int | None] = mapped_column(BigInteger)
    progress_note: Mapped[str | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error_class: Mapped[str | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Preference(TenantBase):
    """A declared preference that the tenant set away from its default."""

    __tablename__ = "preference"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    updated_at: Mapped[datetime]
    updated_by: Mapped[UUID | None]


class IdempotencyRecord(TenantBase):
    """The answer once given to a request that carried an Idempotency-Key; kept seven days."""

    __tablename__ = "idempotency_record"
    __table_args__ = (Index("ix_idempotency_record_created_at", "created_at"),)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    answer: Mapped[Any | None] = mapped_column(JSONB)
    created_at: Mapped[datetime]


class Counter(TenantBase):
    """The last short number given out, per kind and period."""

    __tablename__ = "counter"

    kind: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
