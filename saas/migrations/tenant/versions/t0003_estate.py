"""t0003_estate: communities, buildings, rooms, occupancies, imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrate import grant_tenant

revision = "t0003_estate"
down_revision: str | None = "t0002_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this revision."""
    _create_places()
    _create_people()
    _create_imports()


def _create_places() -> None:
    op.create_table(
        "community",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_pinyin", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("calendar", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community")),
        sa.UniqueConstraint("name", name=op.f("uq_community_name")),
    )
    grant_tenant(op, "community")
    op.create_table(
        "building",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_building_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("community_id", "key", name=op.f("uq_building_community_id_key")),
    )
    grant_tenant(op, "building")
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_unit_building_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("building_id", "key", name=op.f("uq_unit_building_id_key")),
    )
    grant_tenant(op, "unit")
    op.create_table(
        "room",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("built_area", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("inner_area", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("handover_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "inner_area IS NULL OR built_area IS NULL OR inner_area <= built_area", name=op.f("ck_room_areas")
        ),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_room_building_id")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_room_community_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_room_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("community_id", "key", name=op.f("uq_room_community_id_key")),
    )
    op.create_index("ix_room_building_id_sort_key", "room", ["building_id", "sort_key"], unique=False)
    op.create_index("ix_room_community_id_sort_key", "room", ["community_id", "sort_key", "id"], unique=False)
    grant_tenant(op, "room")


def _create_people() -> None:
    op.create_table(
        "occupancy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("share_num", sa.Integer(), nullable=True),
        sa.Column("share_den", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(share_num IS NULL) = (share_den IS NULL)", name=op.f("ck_occupancy_share_whole")
        ),
        sa.CheckConstraint(
            "share_num IS NULL OR (share_num > 0 AND share_num <= share_den)",
            name=op.f("ck_occupancy_share_range"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_occupancy_person_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_occupancy_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupancy")),
    )
    op.create_index("ix_occupancy_person_id", "occupancy", ["person_id"], unique=False)
    op.create_index("ix_occupancy_room_id", "occupancy", ["room_id"], unique=False)
    op.create_index(
        "uq_occupancy_current",
        "occupancy",
        ["room_id", "person_id", "role"],
        unique=True,
        postgresql_where=sa.text("ends_on IS NULL"),
    )
    grant_tenant(op, "occupancy")
    op.create_table(
        "room_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_note_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_note")),
        info={"append_only": True},
    )
    op.create_index("ix_room_note_room_id", "room_note", ["room_id"], unique=False)
    grant_tenant(op, "room_note", append_only=True)
    op.create_table(
        "place_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_place_link_community_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_place_link_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_link")),
        sa.UniqueConstraint("token", name=op.f("uq_place_link_token")),
    )
    op.create_index(
        "uq_place_link_community_id",
        "place_link",
        ["community_id"],
        unique=True,
        postgresql_where=sa.text("room_id IS NULL"),
    )
    op.create_index(
        "uq_place_link_room_id",
        "place_link",
        ["room_id"],
        unique=True,
        postgresql_where=sa.text("room_id IS NOT NULL"),
    )
    grant_tenant(op, "place_link")


def _create_imports() -> None:
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("file_enc", sa.LargeBinary(), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("community_name", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("header_row", sa.Integer(), nullable=True),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("uploaded_by_name", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_import_batch_community_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index("ix_import_batch_file_hash", "import_batch", ["file_hash"], unique=False)
    grant_tenant(op, "import_batch")
    op.create_table(
        "import_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells_enc", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("issues", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fixed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_row_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_import_row_batch_id_number")),
    )
    grant_tenant(op, "import_row")
