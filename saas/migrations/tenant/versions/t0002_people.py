"""t0002_people: accounts, roles, sessions, staff and persons."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrate import grant_tenant

revision = "t0002_people"
down_revision: str | None = "t0001_kernel"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this revision."""
    _create_person_tables()
    _create_account_tables()
    _create_role_tables()
    _create_session_tables()
    _create_staff_tables()


def _create_person_tables() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_pinyin", sa.Text(), nullable=False),
        sa.Column("id_kind", sa.Text(), nullable=True),
        sa.Column("id_number_enc", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("id_number_index", name="uq_person_id_number_index"),
    )
    grant_tenant(op, "person")
    op.create_table(
        "person_phone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("phone_enc", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("phone4_index", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_person_phone_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_person_phone"),
    )
    op.create_index("ix_person_phone_phone_index", "person_phone", ["phone_index"], unique=False)
    op.create_index("ix_person_phone_person_id", "person_phone", ["person_id"], unique=False)
    op.create_index("ix_person_phone_phone4_index", "person_phone", ["phone4_index"], unique=False)
    grant_tenant(op, "person_phone")


def _create_account_tables() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_pinyin", sa.Text(), nullable=False),
        sa.Column("login_name", sa.Text(), nullable=True),
        sa.Column("phone_enc", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("email_enc", sa.LargeBinary(), nullable=True),
        sa.Column("email_index", sa.LargeBinary(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_user_account_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("login_name", name="uq_user_account_login_name"),
    )
    op.create_index("ix_user_account_person_id", "user_account", ["person_id"], unique=False)
    op.create_index("ix_user_account_phone_index", "user_account", ["phone_index"], unique=False)
    op.create_index("ix_user_account_email_index", "user_account", ["email_index"], unique=False)
    grant_tenant(op, "user_account")


def _create_role_tables() -> None:
    op.create_table(
        "role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("own_only", sa.Boolean(), nullable=False),
        sa.Column("seen", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_role"),
        sa.UniqueConstraint("key", name="uq_role_key"),
    )
    grant_tenant(op, "role")
    op.create_table(
        "role_grant",
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name="fk_role_grant_role_id"),
        sa.PrimaryKeyConstraint("role_id", "permission", name="pk_role_grant"),
    )
    grant_tenant(op, "role_grant")
    op.create_table(
        "user_role",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("everywhere", sa.Boolean(), nullable=False),
        sa.Column("communities", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("buildings", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name="fk_user_role_role_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_user_role_user_id"),
        sa.PrimaryKeyConstraint("user_id", "role_id", name="pk_user_role"),
    )
    grant_tenant(op, "user_role")


def _create_session_tables() -> None:
    op.create_table(
        "login_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_login_session_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_login_session"),
        sa.UniqueConstraint("token_hash", name="uq_login_session_token_hash"),
    )
    op.create_index("ix_login_session_user_id", "login_session", ["user_id"], unique=False)
    grant_tenant(op, "login_session")
    op.create_table(
        "one_time_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_one_time_token_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_token"),
        sa.UniqueConstraint("token_hash", name="uq_one_time_token_token_hash"),
    )
    op.create_index("ix_one_time_token_user_id", "one_time_token", ["user_id"], unique=False)
    grant_tenant(op, "one_time_token")


def _create_staff_tables() -> None:
    op.create_table(
        "staff_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("job_number", sa.Text(), nullable=True),
        sa.Column("job_title", sa.Text(), nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("certificates", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("shift_start", sa.Time(), nullable=False),
        sa.Column("shift_end", sa.Time(), nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("max_open_orders", sa.SmallInteger(), nullable=False),
        sa.Column("last_lat", sa.Double(), nullable=True),
        sa.Column("last_lng", sa.Double(), nullable=True),
        sa.Column("last_place_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_staff_member_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_staff_member"),
        sa.UniqueConstraint("job_number", name="uq_staff_member_job_number"),
        sa.UniqueConstraint("user_id", name="uq_staff_member_user_id"),
    )
    grant_tenant(op, "staff_member")
