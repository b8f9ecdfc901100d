"""What a bill run reads: assignments in batches, what was billed, usage, pools, concessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from saas.estate.models import Room
from saas.fees.models import (
    BillLine,
    BillRun,
    Concession,
    FeeAssignment,
    FeeItem,
    LineBalance,
    Meter,
    PoolCost,
    Reading,
)
from tenants.unit_of_work import UnitOfWork

DISCOUNTS = ("rate", "amount", "free_months", "vacancy")


class Source(NamedTuple):
    """An assignment with the facts of its room."""

    id: UUID
    item_id: UUID
    object_kind: str
    object_id: UUID
    object_key: str
    community_id: UUID
    building_id: UUID | None
    room_id: UUID | None
    person_id: UUID | None
    debtor_name: str
    share_num: int
    share_den: int
    group_id: UUID | None
    weight: Decimal
    coefficient: Decimal
    household_size: int | None
    price: Decimal | None
    escalation: dict[str, Any]
    quantity: Decimal
    attributes: dict[str, Any]
    pool_key: str | None
    starts_on: date
    ends_on: date | None
    built_area: Decimal | None
    inner_area: Decimal | None
    floor: int | None
    status: str | None
    room_kind: str | None


class Billed(NamedTuple):
    """A line that exists already."""

    id: UUID
    assignment_id: UUID
    kind: str
    sequence: int
    period_from: date
    period_to: date
    amount_minor: int
    is_void: bool
    corrects_id: UUID | None


@dataclass
class RoomUsage:
    """Usage of a room's meters in a period: accepted (register, usage, reading), and why readings are held."""

    accepted: list[tuple[str, Decimal, UUID]] = field(default_factory=list)
    held: list[str] = field(default_factory=list)


_SOURCE: list[Any] = [
    FeeAssignment.id, FeeAssignment.item_id, FeeAssignment.object_kind, FeeAssignment.object_id,
    FeeAssignment.object_key, FeeAssignment.community_id, FeeAssignment.building_id, FeeAssignment.room_id,
    FeeAssignment.person_id, FeeAssignment.debtor_name, FeeAssignment.share_num, FeeAssignment.share_den,
    FeeAssignment.group_id, FeeAssignment.weight, FeeAssignment.coefficient, FeeAssignment.household_size,
    FeeAssignment.price, FeeAssignment.escalation, FeeAssignment.quantity, FeeAssignment.attributes,
    FeeAssignment.pool_key, FeeAssignment.starts_on, FeeAssignment.ends_on, Room.built_area, Room.inner_area,
    Room.floor, Room.status, Room.kind,
]  # fmt: skip


def items_of_run(uow: UnitOfWork, run: BillRun) -> list[FeeItem]:
    """The items that a run takes in: those named, or all active ones; deposits and single amounts never."""
    statement = select(FeeItem).where(
        FeeItem.is_deposit.is_(False), FeeItem.pricing != "one_off", FeeItem.is_active
    )
    if run.item_ids:
        statement = statement.where(FeeItem.id.in_(run.item_ids))
    if run.community_id:
        statement = statement.where(
            or_(FeeItem.community_id.is_(None), FeeItem.community_id == run.community_id)
        )
    return list(uow.session.scalars(statement.order_by(FeeItem.priority, FeeItem.code)))


def _in_run(run: BillRun, item_ids: Sequence[UUID]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        FeeAssignment.item_id.in_(item_ids),
        FeeAssignment.starts_on < run.period_to,
    ]
    if run.mode == "period":
        found.append(or_(FeeAssignment.ends_on.is_(None), FeeAssignment.ends_on > run.period_from))
    if run.community_id:
        found.append(FeeAssignment.community_id == run.community_id)
    return found


def count_assignments(uow: UnitOfWork, run: BillRun, item_ids: Sequence[UUID]) -> int:
    """How many assignments the run goes through."""
    return int(
        uow.session.scalar(select(func.count()).select_from(FeeAssignment).where(*_in_run(run, item_ids)))
        or 0
    )


def assignment_batch(
    uow: UnitOfWork, run: BillRun, item_ids: Sequence[UUID], after: UUID | None, limit: int
) -> list[Source]:
    """The next assignments in the order they were made."""
    statement = (
        select(*_SOURCE)
        .outerjoin(Room, Room.id == FeeAssignment.room_id)
        .where(*_in_run(run, item_ids))
        .order_by(FeeAssignment.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(FeeAssignment.id > after)
    return [Source._make(row) for row in uow.session.execute(statement)]


def assignments_of_groups(uow: UnitOfWork, group_ids: Sequence[UUID]) -> list[Source]:
    """All assignments of co-owners who pay by share."""
    statement = (
        select(*_SOURCE)
        .outerjoin(Room, Room.id == FeeAssignment.room_id)
        .where(FeeAssignment.group_id.in_(group_ids))
        .order_by(FeeAssignment.id)
    )
    return [Source._make(row) for row in uow.session.execute(statement)] if group_ids else []


def pool_members(
    uow: UnitOfWork, item_id: UUID, community_id: UUID, pool_key: str, start: date, end: date
) -> list[Source]:
    """Everyone who shares a pool on some day of the period."""
    statement = (
        select(*_SOURCE)
        .outerjoin(Room, Room.id == FeeAssignment.room_id)
        .where(
            FeeAssignment.item_id == item_id, FeeAssignment.community_id == community_id,
            FeeAssignment.pool_key == pool_key, FeeAssignment.starts_on < end,
            or_(FeeAssignment.ends_on.is_(None), FeeAssignment.ends_on > start),
        )
        .order_by(FeeAssignment.object_key, FeeAssignment.id)
    )  # fmt: skip
    return [Source._make(row) for row in uow.session.execute(statement)]


def billed_lines(
    uow: UnitOfWork, assignment_ids: Sequence[UUID], since: date | None
) -> dict[UUID, list[Billed]]:
    """Assignment -> its lines that reach beyond `since` (None: all), oldest first."""
    statement = (
        select(
            BillLine.id, BillLine.assignment_id, BillLine.kind, BillLine.sequence, BillLine.period_from,
            BillLine.period_to, BillLine.amount_minor, LineBalance.state == "void", BillLine.corrects_id,
        )
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .where(BillLine.assignment_id.in_(assignment_ids))
        .order_by(BillLine.assignment_id, BillLine.period_from, BillLine.sequence)
    )  # fmt: skip
    if since is not None:
        statement = statement.where(BillLine.period_to >= since)
    found: dict[UUID, list[Billed]] = {}
    for row in uow.session.execute(statement):
        line = Billed._make(row)
        found.setdefault(line.assignment_id, []).append(line)
    return found


def usage_of_rooms(
    uow: UnitOfWork, room_ids: Sequence[UUID], kind: str, start: date, end: date
) -> dict[UUID, RoomUsage]:
    """Room -> readings of its meters whose month lies in [start, end)."""
    statement = (
        select(
            Meter.room_id, Reading.register, Reading.usage, Reading.id, Reading.state, Reading.held_because
        )
        .join(Meter, Meter.id == Reading.meter_id)
        .where(
            Meter.room_id.in_(room_ids), Meter.kind == kind, Reading.period >= start, Reading.period < end,
            Reading.state.in_(("accepted", "held")),
        )
        .order_by(Reading.read_on, Reading.id)
    )  # fmt: skip
    found: dict[UUID, RoomUsage] = {}
    for row in uow.session.execute(statement) if room_ids else ():
        _note(found.setdefault(row.room_id, RoomUsage()), row)
    return found


def usage_of_pool(
    uow: UnitOfWork, community_id: UUID, pool_key: str, kind: str, start: date, end: date
) -> RoomUsage:
    """Readings of the meters that measure a pool."""
    statement = (
        select(Reading.register, Reading.usage, Reading.id, Reading.state, Reading.held_because)
        .join(Meter, Meter.id == Reading.meter_id)
        .where(
            Meter.community_id == community_id, Meter.room_id.is_(None), Meter.pool_key == pool_key,
            Meter.kind == kind, Reading.period >= start, Reading.period < end,
            Reading.state.in_(("accepted", "held")),
        )
    )  # fmt: skip
    found = RoomUsage()
    for row in uow.session.execute(statement):
        _note(found, row)
    return found


def _note(found: RoomUsage, row: Any) -> None:
    if row.state == "held":
        found.held.append(row.held_because or "held")
    elif row.usage is not None:
        found.accepted.append((row.register, row.usage, row.id))


def metered_rooms(uow: UnitOfWork, room_ids: Sequence[UUID], kind: str, on: date) -> set[UUID]:
    """Rooms that have a meter of the kind on a day."""
    statement = select(Meter.room_id).where(
        Meter.room_id.in_(room_ids),
        Meter.kind == kind,
        or_(Meter.removed_on.is_(None), Meter.removed_on > on),
    )
    return {room_id for room_id in uow.session.scalars(statement) if room_id} if room_ids else set()


def pool_cost(
    uow: UnitOfWork, item_id: UUID, community_id: UUID, pool_key: str, start: date, end: date
) -> list[PoolCost]:
    """What was entered for a pool within the period."""
    statement = select(PoolCost).where(
        PoolCost.item_id == item_id, PoolCost.community_id == community_id, PoolCost.pool_key == pool_key,
        PoolCost.period_from >= start, PoolCost.period_to <= end,
    )  # fmt: skip
    return list(uow.session.scalars(statement))


def concessions_of_run(uow: UnitOfWork, item_ids: Sequence[UUID], start: date, end: date) -> list[Concession]:
    """Approved discounts that may touch lines of these days."""
    statement = (
        select(Concession)
        .where(
            Concession.kind.in_(DISCOUNTS), Concession.state == "approved",
            or_(Concession.item_id.is_(None), Concession.item_id.in_(item_ids)),
            or_(Concession.ends_on.is_(None), Concession.ends_on > start),
            or_(Concession.starts_on.is_(None), Concession.starts_on < end),
        )
        .order_by(Concession.priority, Concession.id)
    )  # fmt: skip
    return list(uow.session.scalars(statement))
