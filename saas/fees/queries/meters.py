"""Meters and readings for lists, the review, and charts of consumption with hints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.core.paging import page
from saas.estate.models import Occupancy, Room
from saas.fees.errors import meter_not_found
from saas.fees.models import Meter, Reading
from saas.fees.permissions import METERS, MINE, READ_METERS, VIEW
from saas.fees.queries.setup import places_in_scope
from tenants.unit_of_work import UnitOfWork

SUDDEN_TIMES = 2  # a rise that is believed, yet worth a look at the pipes


@dataclass(frozen=True)
class MeterFilter:
    """Empty fields narrow nothing; `q` begins a number or a room."""

    community_id: UUID | None = None
    building_id: UUID | None = None
    room_id: UUID | None = None
    kind: str | None = None
    state: str | None = None
    q: str = ""


@dataclass(frozen=True)
class ReadingFilter:
    """`state` held is the review list; `because` one reason of it."""

    community_id: UUID | None = None
    meter_id: UUID | None = None
    room_id: UUID | None = None
    state: str | None = None
    because: str | None = None
    period: date | None = None
    is_late: bool | None = None


@dataclass(frozen=True)
class MeterRow:
    """A meter with its room's key (None: of a pool)."""

    meter: Meter
    room_key: str | None


@dataclass(frozen=True)
class ReadingRow:
    """A reading with its meter and room."""

    reading: Reading
    meter: Meter
    room_key: str | None


@dataclass(frozen=True)
class MonthUse:
    """What was used in a month, multiplier included."""

    month: date
    kind: str
    usage: Decimal


@dataclass(frozen=True)
class Hint:
    """`sudden_rise`: look for a leak; `zero_use`: is the meter stuck, or is nobody there?"""

    kind: str
    meter_id: UUID
    number: str
    room_id: UUID | None
    room_key: str | None
    usage: Decimal
    usual: Decimal


def meters_in_scope(actor: Actor) -> ColumnElement[bool]:
    """Where the actor keeps, reads or sees meters."""
    return or_(
        *(
            places_in_scope(actor, each.code, Meter.community_id, Meter.building_id)
            for each in (METERS, READ_METERS, VIEW)
        )
    )


def list_meters(
    uow: UnitOfWork, *, actor: Actor, wanted: MeterFilter, cursor: str | None = None, limit: int | None = None
) -> tuple[list[MeterRow], str | None]:
    """Meters by number."""
    statement: Any = (
        select(Meter, Room.key).outerjoin(Room, Room.id == Meter.room_id).where(meters_in_scope(actor))
    )
    exact: dict[Any, Any] = {
        Meter.community_id: wanted.community_id, Meter.building_id: wanted.building_id,
        Meter.room_id: wanted.room_id, Meter.kind: wanted.kind, Meter.state: wanted.state,
    }  # fmt: skip
    for column, value in exact.items():
        if value is not None:
            statement = statement.where(column == value)
    if wanted.q.strip():
        text = wanted.q.strip()
        statement = statement.where(
            or_(
                Meter.number.startswith(text, autoescape=True),
                Room.key.startswith(text, autoescape=True),
                Meter.place_text.startswith(text, autoescape=True),
            )
        )
    rows, following = page(uow.session, statement, keys=[Meter.number], cursor=cursor, limit=limit)
    return [MeterRow(*row) for row in rows], following


def get_meter(uow: UnitOfWork, *, actor: Actor, meter_id: UUID) -> MeterRow:
    """One meter in scope. Raises NotFound."""
    statement = select(Meter, Room.key).outerjoin(Room, Room.id == Meter.room_id)
    row = uow.session.execute(statement.where(Meter.id == meter_id, meters_in_scope(actor))).first()
    if row is None:
        raise meter_not_found()
    return MeterRow(row[0], row[1])


def list_readings(
    uow: UnitOfWork,
    *,
    actor: Actor,
    wanted: ReadingFilter,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[ReadingRow], str | None]:
    """Readings, the newest first."""
    statement: Any = (
        select(Reading, Meter, Room.key)
        .join(Meter, Meter.id == Reading.meter_id)
        .outerjoin(Room, Room.id == Meter.room_id)
        .where(meters_in_scope(actor))
    )
    exact: dict[Any, Any] = {
        Meter.community_id: wanted.community_id, Reading.meter_id: wanted.meter_id, Meter.room_id: wanted.room_id,
        Reading.state: wanted.state, Reading.held_because: wanted.because, Reading.period: wanted.period,
        Reading.is_late: wanted.is_late,
    }  # fmt: skip
    for column, value in exact.items():
        if value is not None:
            statement = statement.where(column == value)
    rows, following = page(
        uow.session,
        statement,
        keys=[Reading.read_on, Reading.id],
        cursor=cursor,
        limit=limit,
        descending=True,
    )
    return [ReadingRow(*row) for row in rows], following


def last_readings(uow: UnitOfWork, meter_ids: list[UUID]) -> dict[tuple[UUID, str], Reading]:
    """Meter and register -> the last reading that was believed."""
    statement = (
        select(Reading)
        .distinct(Reading.meter_id, Reading.register)
        .where(Reading.meter_id.in_(meter_ids), Reading.state == "accepted")
        .order_by(Reading.meter_id, Reading.register, Reading.read_on.desc(), Reading.id.desc())
    )
    return {(row.meter_id, row.register): row for row in uow.session.scalars(statement)}


def meters_without_reading(
    uow: UnitOfWork, *, actor: Actor, community_id: UUID, period: date, limit: int = 500
) -> list[MeterRow]:
    """Meters in use of which no reading of a month was believed yet: what is still to be read."""
    read = select(Reading.id).where(
        Reading.meter_id == Meter.id, Reading.period == period, Reading.state == "accepted"
    )
    statement = (
        select(Meter, Room.key)
        .outerjoin(Room, Room.id == Meter.room_id)
        .where(
            meters_in_scope(actor), Meter.community_id == community_id, Meter.state == "in_use", ~read.exists()
        )
        .order_by(Meter.kind, Room.sort_key, Meter.number)
        .limit(limit)
    )  # fmt: skip
    return [MeterRow(*row) for row in uow.session.execute(statement)]


def consumption(
    uow: UnitOfWork,
    *,
    actor: Actor,
    start: date,
    end: date,
    room_id: UUID | None = None,
    building_id: UUID | None = None,
    kind: str | None = None,
) -> list[MonthUse]:
    """Usage by month and kind, of a room (its own residents too) or a building; months half-open [start, end)."""
    if room_id is None and building_id is None:
        raise NotFound()
    own = and_(Meter.room_id == room_id, _lives_there(actor)) if room_id else None
    seen = meters_in_scope(actor) if own is None else or_(meters_in_scope(actor), own)
    statement = (
        select(Reading.period, Meter.kind, func.sum(Reading.usage))
        .join(Meter, Meter.id == Reading.meter_id)
        .where(seen, Reading.state == "accepted", Reading.period >= start, Reading.period < end)
        .group_by(Reading.period, Meter.kind)
        .order_by(Meter.kind, Reading.period)
    )
    for column, value in ((Meter.room_id, room_id), (Meter.building_id, building_id), (Meter.kind, kind)):
        if value is not None:
            statement = statement.where(column == value)
    return [
        MonthUse(month, name, usage or Decimal(0)) for month, name, usage in uow.session.execute(statement)
    ]


def hints(uow: UnitOfWork, *, actor: Actor, community_id: UUID, period: date) -> list[Hint]:
    """Rooms whose use rose suddenly or fell to nothing in a month, against the six months before."""
    now = select(Reading.meter_id, func.sum(Reading.usage).label("usage"))
    now = now.where(Reading.period == period, Reading.state == "accepted").group_by(Reading.meter_id)
    used = now.subquery()
    first = _months_back(period, 6)
    before = (
        select(
            Reading.meter_id, func.avg(Reading.usage).label("usual"),
        )
        .where(Reading.period >= first, Reading.period < period, Reading.state == "accepted")
        .group_by(Reading.meter_id)
        .subquery()
    )  # fmt: skip
    statement = (
        select(Meter.id, Meter.number, Meter.room_id, Room.key, used.c.usage, before.c.usual)
        .join(used, used.c.meter_id == Meter.id)
        .join(before, before.c.meter_id == Meter.id)
        .outerjoin(Room, Room.id == Meter.room_id)
        .where(meters_in_scope(actor), Meter.community_id == community_id, before.c.usual > 0)
        .order_by(Room.sort_key, Meter.number)
    )
    found = []
    for meter_id, number, room_id, key, usage, usual in uow.session.execute(statement):
        kind = "zero_use" if usage == 0 else "sudden_rise" if usage > SUDDEN_TIMES * usual else None
        if kind:
            exact = Decimal(usual).quantize(Decimal("0.0001"))
            found.append(Hint(kind, meter_id, number, room_id, key, usage, exact))
    return found


def _lives_there(actor: Actor) -> ColumnElement[bool]:
    if actor.person_id is None or actor.scope(MINE.code).empty:
        return Meter.id.is_(None)
    rooms = select(Occupancy.room_id).where(
        Occupancy.person_id == actor.person_id, Occupancy.ends_on.is_(None)
    )
    return Meter.room_id.in_(rooms)


def _months_back(month: date, count: int) -> date:
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def reading_of(uow: UnitOfWork, reading_id: UUID) -> ReadingRow:
    """A reading that the caller has just written."""
    statement = (
        select(Reading, Meter, Room.key)
        .join(Meter, Meter.id == Reading.meter_id)
        .outerjoin(Room, Room.id == Meter.room_id)
        .where(Reading.id == reading_id)
    )
    row = uow.session.execute(statement).one()
    return ReadingRow(row[0], row[1], row[2])
