"""Dunning: one case for a debtor and a room, with what was done about it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned

DUNNING_STATES = ("open", "promised", "disputed", "paid", "closed")


class DunningCase(TenantBase, Versioned, Stamped):
    """`history`: [{"step", "channel", "at", "result", "note", "by"}], only ever appended to."""

    __tablename__ = "dunning_case"
    __table_args__ = (
        Index(
            "uq_dunning_case_running", "room_id", "debtor_key", unique=True,
            postgresql_where=text("state IN ('open', 'promised', 'disputed')"),
        ),
        Index("ix_dunning_case_next_at", "next_at", postgresql_where=text("state IN ('open', 'promised')")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[str] = mapped_column(default="open")
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("room.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    debtor_key: Mapped[str]  # person id, or the name of a debtor who is no person on file
    debtor_name: Mapped[str]
    owed_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    oldest_due_on: Mapped[date | None]
    step: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_at: Mapped[datetime | None]
    has_call_task: Mapped[bool] = mapped_column(default=False)
    promised_on: Mapped[date | None]
    promised_minor: Mapped[int | None] = mapped_column(BigInteger)
    dispute_reason: Mapped[str] = mapped_column(default="")
    history: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    closed_at: Mapped[datetime | None]
