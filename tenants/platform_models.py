"""Tables of the control schema: the tenants, their addresses, and what the platform must remember about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.orm import PlatformBase
from tenants.tenant import TenantState


class TenantRow(PlatformBase):
    """A tenant. Its schema and role follow from the id."""

    __tablename__ = "tenant"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'suspended', 'export', 'erased')", name="state_known"),
        Index("uq_tenant_slug", "slug", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    state: Mapped[TenantState] = mapped_column(Text)
    state_reason: Mapped[str]
    time_zone: Mapped[str]
    locale: Mapped[str]
    currency: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Host(PlatformBase):
    """A host name of a tenant's own (`<slug>.<base domain>` needs no row)."""

    __tablename__ = "host"

    name: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    created_at: Mapped[datetime]


class SpareSchema(PlatformBase):
    """A migrated schema that waits for its tenant; `id` becomes the tenant's id."""

    __tablename__ = "spare_schema"
    __table_args__ = (
        CheckConstraint("state IN ('making', 'ready', 'claimed', 'discarded')", name="state_known"),
        Index("ix_spare_schema_state", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Signup(PlatformBase):
    """One sign-up on its way: asked → claimed → done, or given up. `request_id` makes a repeat the same one."""

    __tablename__ = "signup"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'claimed', 'done', 'given_up')", name="state_known"),
        Index("uq_signup_request_id", "request_id", unique=True),
        Index("uq_signup_slug_kept", "slug", unique=True, postgresql_where=text("state <> 'given_up'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[str]
    slug: Mapped[str]
    name: Mapped[str]
    time_zone: Mapped[str]
    locale: Mapped[str]
    currency: Mapped[str]
    state: Mapped[str]
    tenant_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Wakeup(PlatformBase):
    """When the scheduler must look at a tenant for a kind of timer: perhaps too early, never too late."""

    __tablename__ = "wakeup"
    __table_args__ = (Index("ix_wakeup_due_at", "due_at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    # When a transaction last asked for it; settling waits until its commit is visible.
    armed_at: Mapped[datetime]


class Lease(PlatformBase):
    """Who may do a named piece of work until when; `fencing` rises with each new holder."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    expires_at: Mapped[datetime]
    fencing: Mapped[int] = mapped_column(BigInteger)


class PlatformOutbox(PlatformBase):
    """What the platform owes a tenant's own schema, delivered in the tenant's unit of work."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_undelivered", "created_at", postgresql_where=text("delivered_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    name: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class MigrationProgress(PlatformBase):
    """The revision that a schema is known to have reached; the schema's own version row is the truth."""

    __tablename__ = "migration_progress"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[str]
    error: Mapped[str | None]
    updated_at: Mapped[datetime]


class AuditAnchor(PlatformBase):
    """The head of a tenant's audit chain, kept outside the tenant's schema."""

    __tablename__ = "audit_anchor"
    __table_args__ = ({"info": {"append_only": True}},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]
    at: Mapped[datetime]
