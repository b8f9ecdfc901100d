"""Tables of the repairs slice: orders and their history, photos, offers, levels, breaches, ratings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned

APPEND_ONLY = {"append_only": True}


class RepairOrder(Versioned, Stamped, TenantBase):
    """One fault, from the first word to the last rating. `cycle` counts how often it was reopened."""

    __tablename__ = "repair_order"
    __table_args__ = (
        UniqueConstraint("number"),
        Index(
            "uq_repair_order_client_request",
            "created_by",
            "client_request_id",
            unique=True,
            postgresql_where=text("client_request_id IS NOT NULL"),
        ),
        Index(
            "ix_repair_order_open",
            "community_id",
            "state",
            postgresql_where=text("state NOT IN ('closed', 'cancelled')"),
        ),
        Index("ix_repair_order_room_id", "room_id"),
        Index("ix_repair_order_technician_id", "technician_id"),
        Index("ix_repair_order_reporter_person_id", "reporter_person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # Taken last in the transaction that makes the order, so that reports do not wait for each other.
    number: Mapped[str] = mapped_column(Text, nullable=True)
    source: Mapped[str]
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    building_id: Mapped[UUID | None] = mapped_column(ForeignKey("building.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("room.id"))
    place_text: Mapped[str]
    description: Mapped[str]
    wished_from: Mapped[datetime | None]
    wished_to: Mapped[datetime | None]

    reporter_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reporter_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    reporter_name: Mapped[str]
    contact_phone: Mapped[bytes | None]
    created_by: Mapped[UUID | None]
    client_request_id: Mapped[str | None]

    category: Mapped[str]
    urgency: Mapped[str]
    category_confidence: Mapped[float]
    urgency_confidence: Mapped[float]
    because: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    classifier: Mapped[str]
    is_confirmed: Mapped[bool]

    state: Mapped[str]
    state_at: Mapped[datetime]
    last_event_at: Mapped[datetime]
    cycle: Mapped[int]
    technician_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_member.id"))
    dispatch_mode: Mapped[str]
    dispatch_round: Mapped[int]
    offer_expires_at: Mapped[datetime | None]

    level_started_at: Mapped[datetime]
    respond_due_at: Mapped[datetime]
    arrive_due_at: Mapped[datetime]
    finish_due_at: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # The due time that counts now; empty while the clock stands still and when the work is done.
    next_due: Mapped[str | None]
    next_due_at: Mapped[datetime | None]

    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None]
    is_clock_stopped: Mapped[bool]
    eta_at: Mapped[datetime | None]
    closed_as: Mapped[str | None]


class RepairEvent(TenantBase):
    """One line of an order's history; `kind` is `transition` for the arrows of the table."""

    __tablename__ = "repair_event"
    __table_args__ = (Index("ix_repair_event_order_id_at", "order_id", "at"), {"info": APPEND_ONLY})

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("repair_order.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    note: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)


class RepairPhoto(TenantBase):
    """A photo of the fault (`before`) or of the repair (`after`); the bytes are in the file store."""

    __tablename__ = "repair_photo"
    __table_args__ = (UniqueConstraint("order_id", "client_photo_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("repair_order.id"))
    client_photo_id: Mapped[str]
    stage: Mapped[str]
    position: Mapped[int]
    file_key: Mapped[str]
    thumbnail_key: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    taken_by: Mapped[UUID | None]
    created_at: Mapped[datetime]


class RepairFollower(TenantBase):
    """Somebody with the same fault who joined an open order instead of reporting a second one."""

    __tablename__ = "repair_follower"
    __table_args__ = (
        UniqueConstraint("order_id", "person_id"),
        Index("ix_repair_follower_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("repair_order.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    words: Mapped[str]
    joined_at: Mapped[datetime]


class DispatchCandidate(TenantBase):
    """Somebody weighed for an order in one round, with score and parts, or left out with the reason.

    `state`: listed, offered, accepted, declined, expired, withdrawn, left_out.
    """

    __tablename__ = "dispatch_candidate"
    __table_args__ = (
        UniqueConstraint("order_id", "round", "staff_id"),
        Index("ix_dispatch_candidate_offered", "staff_id", postgresql_where=text("state = 'offered'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("repair_order.id"))
    round: Mapped[int]
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_member.id"))
    position: Mapped[int]
    score: Mapped[int]
    parts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str]
    left_out_because: Mapped[str | None]
    offered_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str]


class ServiceLevel(Stamped, TenantBase):
    """Working minutes promised for one category and urgency; rows differ from the product's defaults."""

    __tablename__ = "service_level"
    __table_args__ = (
        UniqueConstraint("category", "urgency"),
        CheckConstraint("respond_minutes > 0 AND arrive_minutes > 0 AND finish_minutes > 0", name="positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    category: Mapped[str]
    urgency: Mapped[str]
    respond_minutes: Mapped[int]
    arrive_minutes: Mapped[int]
    finish_minutes: Mapped[int]
    is_round_the_clock: Mapped[bool]


class LevelBreach(TenantBase):
    """A due time that was missed, once per order, due and cycle."""

    __tablename__ = "level_breach"
    __table_args__ = (UniqueConstraint("order_id", "due", "cycle"), {"info": APPEND_ONLY})

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("repair_order.id"))
    due: Mapped[str]
    cycle: Mapped[int]
    due_at: Mapped[datetime]
    noticed_at: Mapped[datetime]
    technician_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_member.id"))


class ClassCorrection(TenantBase):
    """What the front desk made of the classifier's answer: what the firm's own classifier learns from."""

    __tablename__ = "class_correction"
    __table_args__ = ({"info": APPEND_ONLY},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("repair_order.id"))
    words: Mapped[str]
    guessed_category: Mapped[str]
    guessed_urgency: Mapped[str]
    category: Mapped[str]
    urgency: Mapped[str]
    corrected_by: Mapped[UUID | None]
    corrected_at: Mapped[datetime]


class RepairRating(TenantBase):
    """The resident's marks, once per cycle; a low one keeps a call-back open (`none`, `open`, `done`)."""

    __tablename__ = "repair_rating"
    __table_args__ = (
        UniqueConstraint("order_id", "cycle"),
        CheckConstraint(
            "attitude BETWEEN 1 AND 5 AND speed BETWEEN 1 AND 5 AND quality BETWEEN 1 AND 5", name="stars"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("repair_order.id"))
    cycle: Mapped[int]
    technician_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_member.id"))
    attitude: Mapped[int]
    speed: Mapped[int]
    quality: Mapped[int]
    words: Mapped[str]
    praise: Mapped[list[str]] = mapped_column(ARRAY(Text))
    rated_at: Mapped[datetime]
    call_back: Mapped[str]
    call_back_note: Mapped[str]
    called_back_by: Mapped[UUID | None]
    called_back_at: Mapped[datetime | None]
