"""Tables of notices: messages, their deliveries, the firm's own words, what each user wants."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned


class MessageRow(TenantBase):
    """One message to one recipient, rendered when it was sent. Reached by user or, without account, by person."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("dedup_key"),
        Index("ix_message_user_id_visible_at", "user_id", "visible_at"),
        Index("ix_message_person_id_visible_at", "person_id", "visible_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    template: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    locale: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    link: Mapped[str | None]
    urgency: Mapped[str]  # low | normal | high
    dedup_key: Mapped[str | None]
    created_at: Mapped[datetime]
    visible_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class MessageDelivery(TenantBase, Stamped):
    """One message over one channel. States: held, queued, sent, failed, skipped."""

    __tablename__ = "message_delivery"
    __table_args__ = (
        UniqueConstraint("message_id", "channel"),
        Index("ix_message_delivery_user_id_created_at", "user_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    channel: Mapped[str]  # email
    state: Mapped[str]
    reason: Mapped[str | None]  # why skipped, held or failed
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    proof: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # what the provider answered


class TemplateOverride(TenantBase, Versioned, Stamped):
    """The firm's own words for one occasion in one language."""

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("code", "locale"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str]
    locale: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]


class ChannelPreference(TenantBase, Stamped):
    """Whether a user wants a channel; no row means yes."""

    __tablename__ = "message_preference"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    wanted: Mapped[bool]
