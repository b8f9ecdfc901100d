"""t0004_notices: messages, deliveries, the firm's own words, channel preferences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrate import grant_tenant

revision = "t0004_notices"
down_revision: str | None = "t0003_estate"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of this revision."""
    _create_message()
    _create_delivery()
    _create_settings()


def _create_message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("visible_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("dedup_key", name="uq_message_dedup_key"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_message_user_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_message_person_id"),
    )
    op.create_index("ix_message_user_id_visible_at", "message", ["user_id", "visible_at"])
    op.create_index("ix_message_person_id_visible_at", "message", ["person_id", "visible_at"])
    grant_tenant(op, "message")


def _create_delivery() -> None:
    op.create_table(
        "message_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("proof", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message_delivery"),
        sa.UniqueConstraint("message_id", "channel", name="uq_message_delivery_message_id_channel"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_delivery_message_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_message_delivery_user_id"),
    )
    op.create_index("ix_message_delivery_user_id_created_at", "message_delivery", ["user_id", "created_at"])
    grant_tenant(op, "message_delivery")


def _create_settings() -> None:
    op.create_table(
        "message_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message_template"),
        sa.UniqueConstraint("code", "locale", name="uq_message_template_code_locale"),
    )
    grant_tenant(op, "message_template")
    op.create_table(
        "message_preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "channel", name="pk_message_preference"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_message_preference_user_id"),
    )
    grant_tenant(op, "message_preference")
