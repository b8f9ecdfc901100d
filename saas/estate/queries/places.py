"""Places as other slices need them: a room's words, a person's rooms, a community's calendar, the search."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.core.places import Place
from saas.estate.importing.cells import building_key, room_number, unit_key
from saas.estate.models import Building, Community, Occupancy, Room, Unit
from saas.estate.permissions import PLACE_VIEW
from saas.estate.queries.scopes import rooms_in_scope
from saas.people.models import Person, PersonPhone
from saas.people.phones import normalise_phone
from tenants.fields import blind_index
from tenants.unit_of_work import UnitOfWork

Hours = tuple[tuple[time, time], ...]
SEARCH_LIMIT = 20


@dataclass(frozen=True)
class CommunityCalendar:
    """Working hours of a community: `week` Monday first, dates that differ, local half-open times."""

    zone: str
    week: tuple[Hours, ...]
    exceptions: dict[date, Hours] = field(default_factory=dict)

    @property
    def has_hours(self) -> bool:
        """False when nobody has entered working hours yet."""
        return any(self.week)


@dataclass(frozen=True)
class PlaceHit:
    """One room found by search; `people` are names of those who are there now."""

    room_id: UUID
    place: Place
    key: str
    people: tuple[str, ...]


def place_text(community: str, building: str, unit: str | None, number: str) -> str:
    """'锦绣花园 3号楼2单元 1203'; a room without unit leaves it out."""
    entrance = f"{unit}单元" if unit else ""
    return f"{community} {building}{entrance} {number}"


def _placed_rooms(*extra: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Room.id,
            Room.community_id,
            Room.building_id,
            Community.name,
            Building.name,
            Unit.key,
            Room.number,
            *extra,
        )
        .join(Community, Community.id == Room.community_id)
        .join(Building, Building.id == Room.building_id)
        .outerjoin(Unit, Unit.id == Room.unit_id)
    )


def _place(row: Any) -> Place:
    room_id, community_id, building_id, community, building, unit, number = row[:7]
    return Place(community_id, building_id, room_id, place_text(community, building, unit, number))


def room_place(uow: UnitOfWork, room_id: UUID) -> Place:
    """Where a room is, with its words. Raises NotFound."""
    row = uow.session.execute(_placed_rooms().where(Room.id == room_id)).first()
    if row is None:
        raise NotFound()
    return _place(row)


def room_places(uow: UnitOfWork, room_ids: Iterable[UUID]) -> dict[UUID, Place]:
    """Where many rooms are, in one statement."""
    rows = uow.session.execute(_placed_rooms().where(Room.id.in_(list(room_ids))))
    return {row[0]: _place(row) for row in rows}


def rooms_of_person(uow: UnitOfWork, person_id: UUID) -> list[Place]:
    """The rooms in which a person owns or lives now."""
    statement = (
        _placed_rooms()
        .join(Occupancy, Occupancy.room_id == Room.id)
        .where(Occupancy.person_id == person_id, Occupancy.ends_on.is_(None))
        .distinct()
        .order_by(Community.name, Building.name, Unit.key, Room.number, Room.id)
    )
    return [_place(row) for row in uow.session.execute(statement)]


def person_ids_of_room(uow: UnitOfWork, room_id: UUID) -> list[UUID]:
    """Who owns or lives in a room now, owners first."""
    statement = (
        select(Occupancy.person_id)
        .where(Occupancy.room_id == room_id, Occupancy.ends_on.is_(None))
        .order_by(Occupancy.role.not_in(("owner", "co_owner")), Occupancy.created_at, Occupancy.id)
    )
    return list(dict.fromkeys(uow.session.scalars(statement)))


def community_of(uow: UnitOfWork, community_id: UUID) -> Community:
    """The community. Raises NotFound."""
    community = uow.session.get(Community, community_id)
    if community is None:
        raise NotFound()
    return community


def text_of_place(
    uow: UnitOfWork, community_id: UUID, building_id: UUID | None = None, words: str = ""
) -> str:
    """The words of a public place: '锦绣花园 3号楼 地下车库'. Raises NotFound when the two do not belong together."""
    community = community_of(uow, community_id)
    building = uow.session.get(Building, building_id) if building_id else None
    if building_id and (building is None or building.community_id != community_id):
        raise NotFound()
    return " ".join(
        part for part in (community.name, building.name if building else "", words.strip()) if part
    )


def community_calendar(uow: UnitOfWork, community_id: UUID) -> CommunityCalendar:
    """Working hours and holidays. Raises NotFound."""
    community = community_of(uow, community_id)
    return parse_calendar(community.time_zone, community.calendar)


def parse_calendar(zone: str, stored: dict[str, Any]) -> CommunityCalendar:
    """The stored JSON as times; an empty one has no hours."""
    week = tuple(_hours(day) for day in stored.get("week", [[]] * 7))
    exceptions = {
        date.fromisoformat(day): _hours(hours) for day, hours in stored.get("exceptions", {}).items()
    }
    return CommunityCalendar(zone, week, exceptions)


def _hours(spans: list[list[str]]) -> Hours:
    return tuple((time.fromisoformat(opens), _end(shuts)) for opens, shuts in spans)


def _end(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)


def search(uow: UnitOfWork, *, actor: Actor, text: str, limit: int = SEARCH_LIMIT) -> list[PlaceHit]:
    """Rooms by number, name, pinyin initials, phone or its last four digits, within the actor's scope."""
    if not text.strip():
        return []
    statement = (
        _placed_rooms(Room.key)
        .where(rooms_in_scope(actor, PLACE_VIEW.code), matches(uow, text))
        .order_by(Room.community_id, Room.sort_key, Room.id)
        .limit(limit)
    )
    rows = uow.session.execute(statement).all()
    people = names_of_rooms(uow, [row[0] for row in rows])
    return [PlaceHit(row[0], _place(row), row[7], people.get(row[0], ())) for row in rows]


def matches(uow: UnitOfWork, text: str) -> ColumnElement[bool]:
    """The condition on Room for one search text."""
    typed = text.strip()
    number, building, unit = room_number(typed)
    found: list[ColumnElement[bool]] = []
    if building:
        key = "-".join(
            part for part in (building_key(building), unit_key(unit) if unit else "", number) if part
        )
        found.append(Room.key.startswith(key, autoescape=True))
    elif number:
        found.append(Room.key.startswith(number, autoescape=True))
        found.append(Room.number.startswith(number, autoescape=True))
    people = _people_matching(uow, typed)
    living = select(Occupancy.room_id).where(Occupancy.person_id.in_(people), Occupancy.ends_on.is_(None))
    found.append(Room.id.in_(living))
    return or_(*found)


def _people_matching(uow: UnitOfWork, typed: str) -> Select[*tuple[Any, ...]]:
    phone = normalise_phone(typed)
    digits = typed.replace(" ", "")
    if phone:
        return select(PersonPhone.person_id).where(
            PersonPhone.phone_index == blind_index(uow, "phone", phone)
        )
    if digits.isdigit() and len(digits) == 4:
        return select(PersonPhone.person_id).where(
            PersonPhone.phone4_index == blind_index(uow, "phone4", digits)
        )
    keys = func.concat(" ", Person.name_pinyin)
    return select(Person.id).where(
        or_(
            Person.name.contains(typed, autoescape=True), keys.contains(f" {digits.lower()}", autoescape=True)
        )
    )


def names_of_rooms(uow: UnitOfWork, room_ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Room -> names of those who are there now, owners first; one statement for any number of rooms."""
    if not room_ids:
        return {}
    statement = (
        select(Occupancy.room_id, Person.name)
        .join(Person, Person.id == Occupancy.person_id)
        .where(Occupancy.room_id.in_(room_ids), Occupancy.ends_on.is_(None))
        .order_by(Occupancy.role.not_in(("owner", "co_owner")), Occupancy.created_at, Occupancy.id)
    )
    found: dict[UUID, list[str]] = {}
    for room_id, name in uow.session.execute(statement):
        names = found.setdefault(room_id, [])
        if name not in names:
            names.append(name)
    return {room_id: tuple(names) for room_id, names in found.items()}
