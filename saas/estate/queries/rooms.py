"""Lists of communities, buildings, rooms and occupancies; one room with its people and its past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.core.paging import page
from saas.estate.models import Building, Community, Occupancy, Room, RoomNote, Unit
from saas.estate.permissions import PLACE_VIEW
from saas.estate.queries.places import matches, names_of_rooms
from saas.estate.queries.scopes import buildings_in_scope, communities_in_scope, rooms_in_scope
from saas.people.models import Person, PersonPhone
from saas.people.phones import mask_phone
from tenants.fields import decrypt_field
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class RoomFilter:
    """What a list of rooms is narrowed to; empty fields narrow nothing."""

    community_id: UUID | None = None
    building_id: UUID | None = None
    unit: str | None = None
    floor: int | None = None
    kind: str | None = None
    status: str | None = None
    q: str = ""


@dataclass(frozen=True)
class RoomRow:
    """One room of a list."""

    id: UUID
    community_id: UUID
    building_id: UUID
    building: str
    unit: str | None
    key: str
    number: str
    floor: int | None
    kind: str
    status: str
    built_area: Any
    inner_area: Any
    handover_on: date | None
    note: str
    version: int
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Occupant:
    """One person of a room, the phone masked."""

    id: UUID
    room_id: UUID
    person_id: UUID
    name: str
    kind: str
    role: str
    share_num: int | None
    share_den: int | None
    starts_on: date | None
    ends_on: date | None
    version: int
    phones: tuple[str, ...] = ()

    @property
    def share(self) -> str | None:
        """'1/2' or None."""
        return f"{self.share_num}/{self.share_den}" if self.share_num else None


@dataclass(frozen=True)
class Moment:
    """One entry of a room's past: `what` names the kind, `detail` and `by` are text."""

    at: datetime | None
    on: date | None
    what: str
    detail: str
    by: str = ""

    @property
    def when(self) -> date:
        """The day, for grouping and order."""
        return self.on or (self.at.date() if self.at else date.min)


AnySelect = Select[*tuple[Any, ...]]

ROOM_COLUMNS: tuple[Any, ...] = (
    Room.id, Room.community_id, Room.building_id, Building.name, Unit.key, Room.key, Room.number, Room.floor,
    Room.kind, Room.status, Room.built_area, Room.inner_area, Room.handover_on, Room.note, Room.version,
)  # fmt: skip


def list_communities(
    uow: UnitOfWork, *, actor: Actor, cursor: str | None = None, limit: int | None = None
) -> tuple[list[Community], str | None]:
    """The communities in scope by name."""
    statement = select(Community).where(communities_in_scope(actor, PLACE_VIEW.code))
    return page(uow.session, statement, keys=[Community.name, Community.id], cursor=cursor, limit=limit)


def get_community(uow: UnitOfWork, *, actor: Actor, community_id: UUID) -> Community:
    """One community in scope. Raises NotFound."""
    statement = select(Community).where(
        Community.id == community_id, communities_in_scope(actor, PLACE_VIEW.code)
    )
    community: Community = _found(uow.session.scalar(statement))
    return community


def list_buildings(
    uow: UnitOfWork,
    *,
    actor: Actor,
    community_id: UUID | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[Building], str | None]:
    """The buildings in scope in the order of people."""
    statement = select(Building).where(buildings_in_scope(actor, PLACE_VIEW.code))
    if community_id:
        statement = statement.where(Building.community_id == community_id)
    keys = [Building.community_id, Building.sort_key, Building.id]
    return page(uow.session, statement, keys=keys, cursor=cursor, limit=limit)


def get_building(uow: UnitOfWork, *, actor: Actor, building_id: UUID) -> Building:
    """One building in scope. Raises NotFound."""
    statement = select(Building).where(Building.id == building_id, buildings_in_scope(actor, PLACE_VIEW.code))
    building: Building = _found(uow.session.scalar(statement))
    return building


def counts_by_community(uow: UnitOfWork, community_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Community -> (buildings, rooms)."""
    buildings = dict(_count(uow, Building.community_id, community_ids))
    rooms = dict(_count(uow, Room.community_id, community_ids))
    return {each: (buildings.get(each, 0), rooms.get(each, 0)) for each in community_ids}


def rooms_by_building(uow: UnitOfWork, building_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Building -> how many rooms."""
    return dict(_count(uow, Room.building_id, building_ids))


def _count(uow: UnitOfWork, column: Any, ids: Sequence[UUID]) -> list[tuple[UUID, int]]:
    statement = select(column, func.count()).where(column.in_(ids)).group_by(column)
    return [(key, number) for key, number in uow.session.execute(statement)]


def _rooms(actor: Actor) -> AnySelect:
    return (
        select(*ROOM_COLUMNS)
        .join(Building, Building.id == Room.building_id)
        .outerjoin(Unit, Unit.id == Room.unit_id)
        .where(rooms_in_scope(actor, PLACE_VIEW.code))
    )


def list_rooms(
    uow: UnitOfWork,
    *,
    actor: Actor,
    wanted: RoomFilter,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[RoomRow], str | None]:
    """The rooms in scope by building, unit, floor and number, with the names of who is there."""
    statement = _narrowed(uow, _rooms(actor), wanted)
    keys = [Room.community_id, Room.sort_key, Room.id]
    rows, next_cursor = page(uow.session, statement, keys=keys, cursor=cursor, limit=limit)
    people = names_of_rooms(uow, [row[0] for row in rows])
    return [RoomRow(*(*row, people.get(row[0], ()))) for row in rows], next_cursor


def status_counts(uow: UnitOfWork, *, actor: Actor, wanted: RoomFilter) -> dict[str, int]:
    """Status -> how many rooms of the list, whatever status is chosen."""
    statement = (
        select(Room.status, func.count()).where(rooms_in_scope(actor, PLACE_VIEW.code)).group_by(Room.status)
    )
    open_filter = RoomFilter(**{**wanted.__dict__, "status": None})
    rows: list[Any] = list(uow.session.execute(_narrowed(uow, statement, open_filter)))
    return dict(rows)


def _narrowed(uow: UnitOfWork, statement: AnySelect, wanted: RoomFilter) -> AnySelect:
    exact = {
        Room.community_id: wanted.community_id,
        Room.building_id: wanted.building_id,
        Room.floor: wanted.floor,
        Room.kind: wanted.kind,
        Room.status: wanted.status,
    }
    for column, value in exact.items():
        if value is not None:
            statement = statement.where(column == value)
    if wanted.unit:
        statement = statement.where(Room.unit_id.in_(select(Unit.id).where(Unit.key == wanted.unit)))
    if wanted.q.strip():
        statement = statement.where(matches(uow, wanted.q))
    return statement


def building_rooms(uow: UnitOfWork, *, actor: Actor, building_id: UUID) -> list[RoomRow]:
    """All rooms of a building for its grid."""
    statement = _rooms(actor).where(Room.building_id == building_id).order_by(Room.sort_key)
    rows = uow.session.execute(statement).all()
    people = names_of_rooms(uow, [row[0] for row in rows])
    return [RoomRow(*(*row, people.get(row[0], ()))) for row in rows]


def get_room(uow: UnitOfWork, *, actor: Actor, room_id: UUID) -> RoomRow:
    """One room in scope. Raises NotFound."""
    row = _found(uow.session.execute(_rooms(actor).where(Room.id == room_id)).first())
    return RoomRow(*(*row, names_of_rooms(uow, [room_id]).get(room_id, ())))


def neighbours(uow: UnitOfWork, room: RoomRow) -> tuple[tuple[UUID, str] | None, tuple[UUID, str] | None]:
    """The rooms before and after in the same building, each as (id, number)."""
    here = select(Room.sort_key).where(Room.id == room.id).scalar_subquery()
    base = select(Room.id, Room.number).where(Room.building_id == room.building_id)
    before = uow.session.execute(
        base.where(Room.sort_key < here).order_by(Room.sort_key.desc()).limit(1)
    ).first()
    after = uow.session.execute(base.where(Room.sort_key > here).order_by(Room.sort_key).limit(1)).first()
    return (before[0], before[1]) if before else None, (after[0], after[1]) if after else None


def top_floor(uow: UnitOfWork, building_id: UUID) -> int | None:
    """The highest floor that a room of the building has."""
    return uow.session.scalar(select(func.max(Room.floor)).where(Room.building_id == building_id))


def list_occupancies(
    uow: UnitOfWork,
    *,
    actor: Actor,
    room_id: UUID | None = None,
    person_id: UUID | None = None,
    current: bool | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[Occupant], str | None]:
    """Who is or was where, oldest first, within the actor's scope."""
    statement = _occupancies().where(rooms_in_scope(actor, PLACE_VIEW.code))
    scope = actor.scope(PLACE_VIEW.code)
    if scope.own and not (scope.everything or scope.communities or scope.buildings):
        statement = statement.where(Occupancy.person_id == actor.person_id)
    if room_id:
        statement = statement.where(Occupancy.room_id == room_id)
    if person_id:
        statement = statement.where(Occupancy.person_id == person_id)
    if current is not None:
        statement = statement.where(
            Occupancy.ends_on.is_(None) if current else Occupancy.ends_on.is_not(None)
        )
    rows, next_cursor = page(uow.session, statement, keys=[Occupancy.id], cursor=cursor, limit=limit)
    return _with_phones(uow, rows), next_cursor


def get_occupancy(uow: UnitOfWork, *, actor: Actor, occupancy_id: UUID) -> Occupant:
    """One occupancy in scope. Raises NotFound."""
    statement = _occupancies().where(Occupancy.id == occupancy_id, rooms_in_scope(actor, PLACE_VIEW.code))
    scope = actor.scope(PLACE_VIEW.code)
    if scope.own and not (scope.everything or scope.communities or scope.buildings):
        statement = statement.where(Occupancy.person_id == actor.person_id)
    return _with_phones(uow, [_found(uow.session.execute(statement).first())])[0]


def occupants(uow: UnitOfWork, room_id: UUID) -> list[Occupant]:
    """Everyone of a room, present ones first, owners before others."""
    statement = (
        _occupancies()
        .where(Occupancy.room_id == room_id)
        .order_by(
            Occupancy.ends_on.is_not(None),
            Occupancy.role.not_in(("owner", "co_owner")),
            Occupancy.created_at,
            Occupancy.id,
        )
    )
    return _with_phones(uow, uow.session.execute(statement).all())


def _occupancies() -> AnySelect:
    return (
        select(
            Occupancy.id, Occupancy.room_id, Occupancy.person_id, Person.name, Person.kind, Occupancy.role,
            Occupancy.share_num, Occupancy.share_den, Occupancy.starts_on, Occupancy.ends_on, Occupancy.version,
        )
        .join(Person, Person.id == Occupancy.person_id)
        .join(Room, Room.id == Occupancy.room_id)
    )  # fmt: skip


def _with_phones(uow: UnitOfWork, rows: Sequence[Any]) -> list[Occupant]:
    people = {row[2] for row in rows}
    statement = (
        select(PersonPhone.person_id, PersonPhone.id, PersonPhone.phone_enc)
        .where(PersonPhone.person_id.in_(people))
        .order_by(PersonPhone.position)
    )
    phones: dict[UUID, list[str]] = {}
    for person_id, phone_id, sealed in uow.session.execute(statement) if people else ():
        clear = decrypt_field(uow, sealed, table="person_phone", column="phone_enc", row_id=phone_id)
        phones.setdefault(person_id, []).append(mask_phone(clear))
    return [Occupant(*(*row, tuple(phones.get(row[2], ())))) for row in rows]


def moments(uow: UnitOfWork, room: RoomRow, people: Sequence[Occupant]) -> list[Moment]:
    """What happened with a room, newest first: people coming and going, the hand-over, notes."""
    found = [Moment(None, room.handover_on, "handover", "")] if room.handover_on else []
    for each in people:
        if each.starts_on and (each.role not in ("owner", "co_owner") or each.starts_on != room.handover_on):
            found.append(Moment(None, each.starts_on, f"start_{each.role}", each.name))
        if each.ends_on:
            found.append(Moment(None, each.ends_on, f"end_{each.role}", each.name))
    statement = (
        select(RoomNote).where(RoomNote.room_id == room.id).order_by(RoomNote.created_at.desc()).limit(50)
    )
    found += [
        Moment(note.created_at, None, "note", note.text, note.author_name)
        for note in uow.session.scalars(statement)
    ]
    return sorted(found, key=lambda each: (each.when, each.at is not None), reverse=True)


def _found(row: Any) -> Any:
    if row is None:
        raise NotFound()
    return row
