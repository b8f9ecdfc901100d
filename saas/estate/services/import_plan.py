"""What a list would change: the rooms and persons it names, held against those on file."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.estate.codes import OWNING_ROLES
from saas.estate.importing.cells import name_key
from saas.estate.importing.identity import PersonFacts
from saas.estate.importing.roster import REJECT, SKIP, WARN, Issue, Link, RoomFacts, Roster, Row
from saas.estate.models import Building, Occupancy, Room, Unit
from saas.people.models import Person
from saas.people.services.bulk import people_by_document, people_by_phone
from tenants.unit_of_work import UnitOfWork

NEW, UPDATE, SAME = "new", "update", "same"
_CHANGEABLE = ("built_area", "inner_area", "status", "handover_on", "floor", "note")


@dataclass(frozen=True, slots=True)
class KnownRoom:
    """A room on file, with the values that a list may change."""

    id: UUID
    values: dict[str, Any]


@dataclass(slots=True)
class Plan:
    """The whole change. `people[i]` is the id of roster.people[i] or None for one to be made."""

    roster: Roster
    community_id: UUID | None
    buildings: dict[str, UUID] = field(default_factory=dict)
    units: dict[tuple[str, str], UUID] = field(default_factory=dict)
    rooms: dict[str, KnownRoom] = field(default_factory=dict)
    people: list[UUID | None] = field(default_factory=list)
    undocumented: set[int] = field(default_factory=set)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    new_links: list[Link] = field(default_factory=list)
    outcomes: dict[int, str] = field(default_factory=dict)

    @property
    def new_rooms(self) -> list[RoomFacts]:
        """Rooms that are not on file."""
        return [facts for key, facts in self.roster.rooms.items() if key not in self.rooms]

    def totals(self) -> dict[str, int]:
        """Counts for the preview."""
        outcomes = list(self.outcomes.values())
        codes = [issue.action for issue in self.roster.issues]
        return {
            "rows": len(self.roster.rows),
            **{name: outcomes.count(name) for name in (NEW, UPDATE, SAME, SKIP, REJECT)},
            "with_issues": sum(bool(row.issues) for row in self.roster.rows),
            "flags": codes.count("flag"),
            "rooms_new": len(self.new_rooms),
            "rooms_changed": len(self.changes),
            "buildings_new": len({facts.building for facts in self.new_rooms} - set(self.buildings)),
            "people_new": self.people.count(None),
            "occupancies_new": len(self.new_links),
        }


@dataclass(frozen=True, slots=True)
class _Occupant:
    person_id: UUID
    role: str
    name: str


def make_plan(uow: UnitOfWork, roster: Roster, community_id: UUID | None) -> Plan:
    """Read what is on file in a fixed number of statements and compare."""
    plan = Plan(roster, community_id)
    occupants: dict[UUID, list[_Occupant]] = {}
    if community_id is not None:
        _read_places(uow, plan, community_id)
        occupants = _read_occupants(uow, community_id)
    _resolve_people(uow, plan, occupants)
    _compare_rooms(plan)
    _compare_links(plan, occupants)
    _decide_outcomes(plan)
    return plan


def _read_places(uow: UnitOfWork, plan: Plan, community_id: UUID) -> None:
    buildings = select(Building.key, Building.id).where(Building.community_id == community_id)
    plan.buildings = dict(uow.session.execute(buildings).all())
    units = (
        select(Building.key, Unit.key, Unit.id)
        .join(Building, Building.id == Unit.building_id)
        .where(Building.community_id == community_id)
    )
    plan.units = {(building, unit): unit_id for building, unit, unit_id in uow.session.execute(units)}
    columns = [getattr(Room, name) for name in _CHANGEABLE]
    for room_id, key, *values in uow.session.execute(
        select(Room.id, Room.key, *columns).where(Room.community_id == community_id)
    ):
        plan.rooms[key] = KnownRoom(room_id, dict(zip(_CHANGEABLE, values, strict=True)))


def _read_occupants(uow: UnitOfWork, community_id: UUID) -> dict[UUID, list[_Occupant]]:
    statement = (
        select(Occupancy.room_id, Occupancy.person_id, Occupancy.role, Person.name)
        .join(Room, Room.id == Occupancy.room_id)
        .join(Person, Person.id == Occupancy.person_id)
        .where(Room.community_id == community_id, Occupancy.ends_on.is_(None))
    )
    found: dict[UUID, list[_Occupant]] = {}
    for room_id, person_id, role, name in uow.session.execute(statement):
        found.setdefault(room_id, []).append(_Occupant(person_id, role, name))
    return found


def _resolve_people(uow: UnitOfWork, plan: Plan, occupants: dict[UUID, list[_Occupant]]) -> None:
    """By sound document, else by name and phone, else by name in the same room; else the person is new."""
    facts = plan.roster.people
    documented = people_by_document(uow, {person.id_number for person in facts if person.id_number})
    phoned = people_by_phone(uow, {phone for person in facts for phone in person.phones})
    homes: dict[int, list[str]] = {}
    for link in plan.roster.links:
        homes.setdefault(link.person, []).append(link.room)
    for index, person in enumerate(facts):
        known = documented.get(person.id_number) if person.id_number else None
        if known is None:
            known = _by_phone(person, phoned) or _by_room(person, plan, homes.get(index, ()), occupants)
            if known is not None and person.id_number:
                plan.undocumented.add(index)
        plan.people.append(known)


def _by_phone(person: PersonFacts, phoned: dict[str, list[tuple[UUID, str, bool]]]) -> UUID | None:
    key = name_key(person.name)
    for phone in person.phones:
        for person_id, name, has_document in phoned.get(phone, ()):
            if name_key(name) == key and not (person.id_number and has_document):
                return person_id
    return None


def _by_room(
    person: PersonFacts, plan: Plan, rooms: Iterable[str], occupants: dict[UUID, list[_Occupant]]
) -> UUID | None:
    """A person without document and phone is known only by the room."""
    if person.id_number or person.phones:
        return None
    key = name_key(person.name)
    for room in rooms:
        known = plan.rooms.get(room)
        for occupant in occupants.get(known.id, ()) if known else ():
            if name_key(occupant.name) == key:
                return occupant.person_id
    return None


def _compare_rooms(plan: Plan) -> None:
    for key, facts in plan.roster.rooms.items():
        known = plan.rooms.get(key)
        if known is None:
            continue
        told = {name: getattr(facts, name) for name in _CHANGEABLE}
        change = {
            name: value
            for name, value in told.items()
            if value not in (None, "", "unknown") and value != known.values[name]
        }
        if change:
            plan.changes[key] = _sound_areas(change, known.values)


def _sound_areas(change: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """A new built area smaller than the inner one on file makes that one void."""
    built: Decimal | None = change.get("built_area", known["built_area"])
    inner: Decimal | None = change.get("inner_area", known["inner_area"])
    if built is not None and inner is not None and inner > built:
        return change | {"inner_area": None}
    return change


def _compare_links(plan: Plan, occupants: dict[UUID, list[_Occupant]]) -> None:
    rows = {row.number: row for row in plan.roster.rows}
    told: dict[str, set[UUID | None]] = {}
    for link in plan.roster.links:
        if link.role in OWNING_ROLES:
            told.setdefault(link.room, set()).add(plan.people[link.person])
    warned: set[str] = set()
    for link in plan.roster.links:
        known = plan.rooms.get(link.room)
        here = occupants.get(known.id, []) if known else []
        person_id = plan.people[link.person]
        if any(o.person_id == person_id and _same_role(o.role, link.role) for o in here):
            continue
        plan.new_links.append(link)
        others = [
            o.name for o in here if o.role in OWNING_ROLES and o.person_id not in told.get(link.room, set())
        ]
        if others and link.role in OWNING_ROLES and link.room not in warned:
            warned.add(link.room)
            column = plan.roster.layout.title("owner_name")
            issue = Issue(
                link.row, "owner_name", column, "other_owner_on_file", WARN, "、".join(others)[:100]
            )
            rows[link.row].issues.append(issue)


def _same_role(known: str, told: str) -> bool:
    return known == told or (known in OWNING_ROLES and told in OWNING_ROLES)


def _decide_outcomes(plan: Plan) -> None:
    linked = {link.row for link in plan.new_links}
    for row in plan.roster.rows:
        plan.outcomes[row.number] = _outcome(plan, row, linked)


def _outcome(plan: Plan, row: Row, linked: set[int]) -> str:
    if row.outcome in (REJECT, SKIP):
        return row.outcome
    if row.room not in plan.rooms:
        return NEW
    if row.number in linked or (row.outcome == "room" and row.room in plan.changes):
        return UPDATE
    return SAME
