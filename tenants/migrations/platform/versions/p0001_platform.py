"""p0001: the control schema's first tables and the app's narrow grants on them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "p0001_platform"
down_revision: str | None = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

GRANTS = {
    "tenant": "SELECT, INSERT, UPDATE (state, state_reason, name, time_zone, locale, currency, updated_at)",
    "host": "SELECT, INSERT, DELETE",
    "spare_schema": "SELECT, UPDATE (state, updated_at)",
    "signup": "SELECT, INSERT, UPDATE (state, tenant_id, updated_at)",
    "wakeup": "SELECT, INSERT, UPDATE, DELETE",
    "lease": "SELECT, INSERT, UPDATE, DELETE",
    "outbox": "SELECT, INSERT, UPDATE (delivered_at)",
    "migration_progress": "SELECT",
    "audit_anchor": "SELECT, INSERT",
}


def upgrade() -> None:
    """Create the tables, then grant the app what it needs and no more."""
    _tenants()
    _spares_and_signups()
    _time()
    _bookkeeping()
    for table, rights in GRANTS.items():
        op.execute(f"GRANT {rights} ON platform.{table} TO anju_app")


def _tenants() -> None:
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
        sa.CheckConstraint(
            "state IN ('active', 'suspended', 'export', 'erased')", name="ck_tenant_state_known"
        ),
        schema="platform",
    )
    op.create_index("uq_tenant_slug", "tenant", ["slug"], unique=True, schema="platform")
    op.create_table(
        "host",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_host"),
        schema="platform",
    )


def _spares_and_signups() -> None:
    op.create_table(
        "spare_schema",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_spare_schema"),
        sa.CheckConstraint(
            "state IN ('making', 'ready', 'claimed', 'discarded')", name="ck_spare_schema_state_known"
        ),
        schema="platform",
    )
    op.create_index("ix_spare_schema_state", "spare_schema", ["state"], schema="platform")
    op.create_table(
        "signup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signup"),
        sa.CheckConstraint("state IN ('asked', 'claimed', 'done', 'given_up')", name="ck_signup_state_known"),
        schema="platform",
    )
    op.create_index("uq_signup_request_id", "signup", ["request_id"], unique=True, schema="platform")
    op.create_index(
        "uq_signup_slug_kept",
        "signup",
        ["slug"],
        unique=True,
        schema="platform",
        postgresql_where=sa.text("state <> 'given_up'"),
    )


def _time() -> None:
    op.create_table(
        "wakeup",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("armed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", name="pk_wakeup"),
        schema="platform",
    )
    op.create_index("ix_wakeup_due_at", "wakeup", ["due_at"], schema="platform")
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("fencing", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
        schema="platform",
    )


def _bookkeeping() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        schema="platform",
    )
    op.create_index(
        "ix_outbox_undelivered",
        "outbox",
        ["created_at"],
        schema="platform",
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "migration_progress",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_migration_progress"),
        schema="platform",
    )
    op.create_table(
        "audit_anchor",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name="pk_audit_anchor"),
        schema="platform",
    )
