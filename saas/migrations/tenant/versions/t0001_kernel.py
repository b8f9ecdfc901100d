"""t0001_kernel: the kernel's tables of one tenant."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from tenants.migrate import ROLE_PLACEHOLDER, grant_tenant

revision = "t0001_kernel"
down_revision: str | None = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of this revision."""
    _schema_state()
    _keys_and_audit()
    _outbox()
    _timers_and_jobs()
    _records()


def _schema_state() -> None:
    """The schema's own memory: its revision (the owner writes it) and the sign-up that filled it."""
    op.create_table(
        "schema_state",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("seeded_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("revision", name="pk_schema_state"),
    )
    op.execute("INSERT INTO schema_state (revision) VALUES ('t0001_kernel')")
    op.execute(f"GRANT SELECT, UPDATE (seeded_by) ON schema_state TO {ROLE_PLACEHOLDER}")


def _keys_and_audit() -> None:
    op.create_table(
        "data_key",
        sa.Column("version", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_data_key"),
    )
    grant_tenant(op, "data_key")
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_label", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("fields", ARRAY(sa.Text()), nullable=False),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_recorded_at", "audit_entry", ["recorded_at"])
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject_type", "subject_id", "recorded_at"])
    grant_tenant(op, "audit_entry", append_only=True)
    op.create_table(
        "audit_pending",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit_pending"),
    )
    grant_tenant(op, "audit_pending")
    op.create_table(
        "audit_seal",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.Column("entry_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("entry_hashes", ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_seal"),
    )
    grant_tenant(op, "audit_seal", append_only=True)


def _outbox() -> None:
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("dedup_key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_message"),
        sa.UniqueConstraint("handler", "dedup_key", name="uq_outbox_message_handler_dedup_key"),
    )
    op.create_index("ix_outbox_message_state_due_at", "outbox_message", ["state", "due_at"])
    grant_tenant(op, "outbox_message")
    op.create_table(
        "outbox_history",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("result", JSONB(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("delivered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_outbox_history"),
        sa.UniqueConstraint("handler", "dedup_key", name="uq_outbox_history_handler_dedup_key"),
    )
    grant_tenant(op, "outbox_history", append_only=True)


def _timers_and_jobs() -> None:
    op.create_table(
        "timer",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("retry_at", INSTANT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", name="pk_timer"),
    )
    op.create_index("ix_timer_state_due_at", "timer", ["state", "due_at"])
    grant_tenant(op, "timer")
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("args", JSONB(), nullable=False),
        sa.Column("active_key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_holder", sa.Uuid(), nullable=True),
        sa.Column("lease_expires_at", INSTANT, nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("progress_done", sa.BigInteger(), nullable=False),
        sa.Column("progress_total", sa.BigInteger(), nullable=True),
        sa.Column("progress_note", sa.Text(), nullable=True),
        sa.Column("result", JSONB(), nullable=True),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("name", "active_key", name="uq_job_name_active_key"),
    )
    op.create_index("ix_job_state_due_at", "job", ["state", "due_at"])
    grant_tenant(op, "job")


def _records() -> None:
    op.create_table(
        "preference",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", JSONB(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_preference"),
    )
    grant_tenant(op, "preference")
    op.create_table(
        "idempotency_record",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", JSONB(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "route", "key", name="pk_idempotency_record"),
    )
    op.create_index("ix_idempotency_record_created_at", "idempotency_record", ["created_at"])
    grant_tenant(op, "idempotency_record")
    op.create_table(
        "counter",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "period", name="pk_counter"),
    )
    grant_tenant(op, "counter")
