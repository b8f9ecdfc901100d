"""t0005_repairs: repair orders and what belongs to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrate import grant_tenant

revision = "t0005_repairs"
down_revision: str | None = "t0004_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this revision."""
    _create_repair_order()
    _create_repair_event()
    _create_repair_photo()
    _create_repair_follower()
    _create_dispatch_candidate()
    _create_service_level()
    _create_level_breach()
    _create_class_correction()
    _create_repair_rating()


def _create_repair_order() -> None:
    op.create_table(
        "repair_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("place_text", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("wished_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wished_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reporter_person_id", sa.Uuid(), nullable=True),
        sa.Column("reporter_user_id", sa.Uuid(), nullable=True),
        sa.Column("reporter_name", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.LargeBinary(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("client_request_id", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("category_confidence", sa.Double(), nullable=False),
        sa.Column("urgency_confidence", sa.Double(), nullable=False),
        sa.Column("because", postgresql.JSONB(), nullable=False),
        sa.Column("classifier", sa.Text(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=True),
        sa.Column("dispatch_mode", sa.Text(), nullable=False),
        sa.Column("dispatch_round", sa.Integer(), nullable=False),
        sa.Column("offer_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respond_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrive_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finish_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due", sa.Text(), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("is_clock_stopped", sa.Boolean(), nullable=False),
        sa.Column("eta_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_as", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name="fk_repair_order_building_id"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_repair_order_community_id"),
        sa.ForeignKeyConstraint(
            ["reporter_person_id"], ["person.id"], name="fk_repair_order_reporter_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["reporter_user_id"], ["user_account.id"], name="fk_repair_order_reporter_user_id"
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_repair_order_room_id"),
        sa.ForeignKeyConstraint(["technician_id"], ["staff_member.id"], name="fk_repair_order_technician_id"),
        sa.PrimaryKeyConstraint("id", name="pk_repair_order"),
        sa.UniqueConstraint("number", name="uq_repair_order_number"),
    )
    op.create_index(
        "ix_repair_order_open",
        "repair_order",
        ["community_id", "state"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('closed', 'cancelled')"),
    )
    op.create_index(
        "ix_repair_order_reporter_person_id", "repair_order", ["reporter_person_id"], unique=False
    )
    op.create_index("ix_repair_order_room_id", "repair_order", ["room_id"], unique=False)
    op.create_index("ix_repair_order_technician_id", "repair_order", ["technician_id"], unique=False)
    op.create_index(
        "uq_repair_order_client_request",
        "repair_order",
        ["created_by", "client_request_id"],
        unique=True,
        postgresql_where=sa.text("client_request_id IS NOT NULL"),
    )
    grant_tenant(op, "repair_order")


def _create_repair_event() -> None:
    op.create_table(
        "repair_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["repair_order.id"], name="fk_repair_event_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_repair_event"),
    )
    op.create_index("ix_repair_event_order_id_at", "repair_event", ["order_id", "at"], unique=False)
    grant_tenant(op, "repair_event", append_only=True)


def _create_repair_photo() -> None:
    op.create_table(
        "repair_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("client_photo_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("thumbnail_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["repair_order.id"], name="fk_repair_photo_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_repair_photo"),
        sa.UniqueConstraint("order_id", "client_photo_id", name="uq_repair_photo_order_id_client_photo_id"),
    )
    grant_tenant(op, "repair_photo")


def _create_repair_follower() -> None:
    op.create_table(
        "repair_follower",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["repair_order.id"], name="fk_repair_follower_order_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_repair_follower_person_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_repair_follower_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_repair_follower"),
        sa.UniqueConstraint("order_id", "person_id", name="uq_repair_follower_order_id_person_id"),
    )
    op.create_index("ix_repair_follower_person_id", "repair_follower", ["person_id"], unique=False)
    grant_tenant(op, "repair_follower")


def _create_dispatch_candidate() -> None:
    op.create_table(
        "dispatch_candidate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("left_out_because", sa.Text(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["repair_order.id"], name="fk_dispatch_candidate_order_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"], name="fk_dispatch_candidate_staff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dispatch_candidate"),
        sa.UniqueConstraint(
            "order_id", "round", "staff_id", name="uq_dispatch_candidate_order_id_round_staff_id"
        ),
    )
    op.create_index(
        "ix_dispatch_candidate_offered",
        "dispatch_candidate",
        ["staff_id"],
        unique=False,
        postgresql_where=sa.text("state = 'offered'"),
    )
    grant_tenant(op, "dispatch_candidate")


def _create_service_level() -> None:
    op.create_table(
        "service_level",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("respond_minutes", sa.Integer(), nullable=False),
        sa.Column("arrive_minutes", sa.Integer(), nullable=False),
        sa.Column("finish_minutes", sa.Integer(), nullable=False),
        sa.Column("is_round_the_clock", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "respond_minutes > 0 AND arrive_minutes > 0 AND finish_minutes > 0",
            name="ck_service_level_positive",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_service_level"),
        sa.UniqueConstraint("category", "urgency", name="uq_service_level_category_urgency"),
    )
    grant_tenant(op, "service_level")


def _create_level_breach() -> None:
    op.create_table(
        "level_breach",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("due", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["repair_order.id"], name="fk_level_breach_order_id"),
        sa.ForeignKeyConstraint(["technician_id"], ["staff_member.id"], name="fk_level_breach_technician_id"),
        sa.PrimaryKeyConstraint("id", name="pk_level_breach"),
        sa.UniqueConstraint("order_id", "due", "cycle", name="uq_level_breach_order_id_due_cycle"),
    )
    grant_tenant(op, "level_breach", append_only=True)


def _create_class_correction() -> None:
    op.create_table(
        "class_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("guessed_category", sa.Text(), nullable=False),
        sa.Column("guessed_urgency", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("corrected_by", sa.Uuid(), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["repair_order.id"], name="fk_class_correction_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_class_correction"),
    )
    grant_tenant(op, "class_correction", append_only=True)


def _create_repair_rating() -> None:
    op.create_table(
        "repair_rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=True),
        sa.Column("attitude", sa.Integer(), nullable=False),
        sa.Column("speed", sa.Integer(), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("praise", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_back", sa.Text(), nullable=False),
        sa.Column("call_back_note", sa.Text(), nullable=False),
        sa.Column("called_back_by", sa.Uuid(), nullable=True),
        sa.Column("called_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "attitude BETWEEN 1 AND 5 AND speed BETWEEN 1 AND 5 AND quality BETWEEN 1 AND 5",
            name="ck_repair_rating_stars",
        ),
        sa.ForeignKeyConstraint(["order_id"], ["repair_order.id"], name="fk_repair_rating_order_id"),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["staff_member.id"], name="fk_repair_rating_technician_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_repair_rating"),
        sa.UniqueConstraint("order_id", "cycle", name="uq_repair_rating_order_id_cycle"),
    )
    grant_tenant(op, "repair_rating")
