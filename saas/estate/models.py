"""Tables of estate: places, who lives there, links on labels, notes, and the imports."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned


class Community(TenantBase, Versioned, Stamped):
    """A community (小区/项目). `calendar`: {"week": [[["08:30", "18:00"]], …7], "exceptions": {"2026-10-01": []}}."""

    __tablename__ = "community"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    name_pinyin: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    time_zone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    phone: Mapped[str] = mapped_column(default="")  # the office's own number, on labels and letters
    calendar: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class Building(TenantBase, Versioned, Stamped):
    """A building (楼栋); `sort_key` orders 2 before 10."""

    __tablename__ = "building"
    __table_args__ = (UniqueConstraint("community_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    key: Mapped[str]
    sort_key: Mapped[str]
    name: Mapped[str]
    lat: Mapped[float | None]
    lng: Mapped[float | None]


class Unit(TenantBase):
    """An entrance of a building (单元)."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("building_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    building_id: Mapped[UUID] = mapped_column(ForeignKey("building.id"))
    key: Mapped[str]


class Room(TenantBase, Versioned, Stamped):
    """A flat, shop or storage room: an entity of its own, whatever it is called. Areas are exact square metres."""

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("community_id", "key"),
        Index("ix_room_building_id_sort_key", "building_id", "sort_key"),
        Index("ix_room_community_id_sort_key", "community_id", "sort_key", "id"),
        CheckConstraint("inner_area IS NULL OR built_area IS NULL OR inner_area <= built_area", name="areas"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    building_id: Mapped[UUID] = mapped_column(ForeignKey("building.id"))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    key: Mapped[str]
    sort_key: Mapped[str]
    number: Mapped[str]
    floor: Mapped[int | None]
    kind: Mapped[str] = mapped_column(default="residential")
    status: Mapped[str] = mapped_column(default="unknown")
    built_area: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    inner_area: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    handover_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")


class Occupancy(TenantBase, Versioned, Stamped):
    """Person × room × role × share × from/to (half-open). Ended ones stay: they are the room's history."""

    __tablename__ = "occupancy"
    __table_args__ = (
        Index("ix_occupancy_room_id", "room_id"),
        Index("ix_occupancy_person_id", "person_id"),
        Index(
            "uq_occupancy_current", "room_id", "person_id", "role", unique=True,
            postgresql_where=text("ends_on IS NULL"),
        ),
        CheckConstraint("(share_num IS NULL) = (share_den IS NULL)", name="share_whole"),
        CheckConstraint("share_num IS NULL OR (share_num > 0 AND share_num <= share_den)", name="share_range"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    room_id: Mapped[UUID] = mapped_column(ForeignKey("room.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    share_num: Mapped[int | None]
    share_den: Mapped[int | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]


class RoomNote(TenantBase):
    """What a colleague wrote down about a room."""

    __tablename__ = "room_note"
    __table_args__ = (Index("ix_room_note_room_id", "room_id"), {"info": {"append_only": True}})

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    room_id: Mapped[UUID] = mapped_column(ForeignKey("room.id"))
    text: Mapped[str]
    author_id: Mapped[UUID | None]
    author_name: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class PlaceLink(TenantBase):
    """The opaque, stable token printed on a QR label; leads a phone to 'report' with the place filled in."""

    __tablename__ = "place_link"
    __table_args__ = (
        Index("uq_place_link_room_id", "room_id", unique=True, postgresql_where=text("room_id IS NOT NULL")),
        Index(
            "uq_place_link_community_id",
            "community_id",
            unique=True,
            postgresql_where=text("room_id IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token: Mapped[str] = mapped_column(unique=True)
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("room.id"))
    created_at: Mapped[datetime]


class ImportBatch(TenantBase, Stamped):
    """One uploaded list on its way from file to rooms and owners. `made` names the places it created, for undo."""

    __tablename__ = "import_batch"
    __table_args__ = (Index("ix_import_batch_file_hash", "file_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[str] = mapped_column(default="uploaded")
    file_name: Mapped[str]
    file_hash: Mapped[str]
    file_size: Mapped[int]
    file_enc: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True
    )  # kept until applied or given up
    community_id: Mapped[UUID | None] = mapped_column(ForeignKey("community.id"))
    community_name: Mapped[str] = mapped_column(default="")
    sheet: Mapped[str] = mapped_column(default="")
    header_row: Mapped[int | None]
    mapping: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    headers: Mapped[list[str]] = mapped_column(JSONB, default=list)
    totals: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    made: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    error_code: Mapped[str | None]
    uploaded_by: Mapped[UUID | None]
    uploaded_by_name: Mapped[str] = mapped_column(default="")
    applied_at: Mapped[datetime | None]


class ImportRow(TenantBase):
    """One data row of a list. The cells hold phones and document numbers, so they are kept encrypted."""

    __tablename__ = "import_row"
    __table_args__ = (UniqueConstraint("batch_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("import_batch.id"))
    number: Mapped[int]
    cells_enc: Mapped[bytes | None] = mapped_column(LargeBinary)
    outcome: Mapped[str]  # new | update | same | skip | reject
    issues: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    shown: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    fixed: Mapped[list[str]] = mapped_column(JSONB, default=list)
    made: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
