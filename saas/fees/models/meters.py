"""Meters, their readings, and the lists that are taken in from files."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned

METER_KINDS = ("water", "hot_water", "power", "gas", "heat")
READING_STATES = ("received", "accepted", "held", "rejected", "replaced")
READING_SOURCES = ("manual", "photo", "import", "device")


class Meter(TenantBase, Versioned, Stamped):
    """A meter of a room, or of a pool when it has none (`pool_key`: 1-1). A swap ends one and starts the next."""

    __tablename__ = "meter"
    __table_args__ = (
        Index("ix_meter_room_id", "room_id"),
        Index("ix_meter_community_id_kind", "community_id", "kind"),
        CheckConstraint("multiplier > 0 AND digits > 0", name="register"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # METER_KINDS
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    building_id: Mapped[UUID | None] = mapped_column(ForeignKey("building.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("room.id"))
    place_text: Mapped[str] = mapped_column(default="")
    pool_key: Mapped[str | None]
    registers: Mapped[list[str]] = mapped_column(JSONB, default=lambda: ["total"])  # or peak, flat, valley
    digits: Mapped[int] = mapped_column(SmallInteger, default=5)
    multiplier: Mapped[Decimal] = mapped_column(Numeric(12, 4), default=Decimal(1))
    installed_on: Mapped[date | None]
    removed_on: Mapped[date | None]
    initial_values: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # {"total": "0"}
    final_values: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("meter.id"))
    state: Mapped[str] = mapped_column(default="in_use")  # in_use | removed
    note: Mapped[str] = mapped_column(default="")


class Reading(TenantBase):
    """One reading of one register. Held ones are kept and never billed; the same reading arrives only once.

    `received`: taken in, not judged yet. `usage` is computed on acceptance: roll-over and multiplier included.
    `is_late`: accepted after its period was billed, so a run of mode `adjust` bills the difference.
    `line_id`: the line that billed it. `corrects_id`: the reading whose place it takes.
    """

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint(
            "meter_id",
            "register",
            "read_on",
            "value",
            name="uq_reading_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_reading_waiting", "meter_id", postgresql_where=text("state IN ('received', 'held')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    meter_id: Mapped[UUID] = mapped_column(ForeignKey("meter.id"))
    register: Mapped[str] = mapped_column(default="total")
    read_on: Mapped[date]
    read_at: Mapped[datetime | None]
    period: Mapped[date]  # first day of the month whose usage it closes
    value: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    previous: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    usage: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    is_rolled_over: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str]
    quality: Mapped[str] = mapped_column(default="good")
    state: Mapped[str]  # READING_STATES
    held_because: Mapped[str | None]
    is_late: Mapped[bool] = mapped_column(default=False)
    corrects_id: Mapped[UUID | None]
    photo_key: Mapped[str | None]
    import_id: Mapped[UUID | None]
    read_by: Mapped[UUID | None]
    received_at: Mapped[datetime]
    reviewed_by: Mapped[UUID | None]
    reviewed_by_name: Mapped[str] = mapped_column(default="")
    reviewed_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    line_id: Mapped[UUID | None]


class FeeImport(TenantBase, Stamped):
    """A list taken in: price list, readings, opening arrears. `rows` hold no personal data beyond names."""

    __tablename__ = "fee_import"
    __table_args__ = (Index("ix_fee_import_kind_file_hash", "kind", "file_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]  # price_list | readings | arrears
    state: Mapped[str] = mapped_column(default="preview")  # preview | applying | applied | failed | abandoned
    community_id: Mapped[UUID | None] = mapped_column(ForeignKey("community.id"))
    file_name: Mapped[str]
    file_hash: Mapped[str]
    file_key: Mapped[str | None]
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    issues: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    totals: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    error_code: Mapped[str | None]
    uploaded_by: Mapped[UUID | None]
    uploaded_by_name: Mapped[str] = mapped_column(default="")
    applied_at: Mapped[datetime | None]
