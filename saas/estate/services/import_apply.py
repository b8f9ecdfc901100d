"""Writing a list: all of it in one transaction, so that an apply that dies half-way has changed nothing."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import update

from saas.estate.importing.identity import PersonFacts
from saas.estate.importing.names import building_name, natural, room_sort_key
from saas.estate.importing.roster import RoomFacts
from saas.estate.models import Building, Occupancy, Room, Unit
from saas.estate.services.import_plan import Plan
from saas.people.id_numbers import IdNumber
from saas.people.services.bulk import add_phones_to_many, set_documents
from saas.people.services.persons import PersonDraft, add_persons
from tenants.bulk import copy_rows
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

Made = dict[str, Any]


def write_plan(uow: UnitOfWork, plan: Plan, community_id: UUID) -> Made:
    """Write everything; returns what was made and what stood there before, as JSON, for undo."""
    made: Made = {}
    made["buildings"], made["units"] = _write_places(uow, plan, community_id)
    made["rooms"] = _write_rooms(uow, plan, community_id)
    made["changed_rooms"] = _change_rooms(uow, plan)
    made |= _write_people(uow, plan)
    made["occupancies"] = _write_links(uow, plan, made["rooms"])
    return made


def _write_places(uow: UnitOfWork, plan: Plan, community_id: UUID) -> tuple[list[str], list[str]]:
    now = utcnow()
    buildings: list[dict[str, Any]] = []
    units: list[dict[str, Any]] = []
    for facts in plan.new_rooms:
        if facts.building not in plan.buildings:
            plan.buildings[facts.building] = new_id()
            buildings.append(
                {
                    "id": plan.buildings[facts.building],
                    "community_id": community_id,
                    "key": facts.building,
                    "sort_key": natural(facts.building),
                    "name": building_name(facts.building, facts.building_name),
                    "version": 1,
                    "created_at": now,
                    "updated_at": now,
                }
            )
        if facts.unit and (facts.building, facts.unit) not in plan.units:
            unit_id = plan.units[facts.building, facts.unit] = new_id()
            units.append({"id": unit_id, "building_id": plan.buildings[facts.building], "key": facts.unit})
    copy_rows(uow, Building, buildings)
    copy_rows(uow, Unit, units)
    return [str(row["id"]) for row in buildings], [str(row["id"]) for row in units]


def _write_rooms(uow: UnitOfWork, plan: Plan, community_id: UUID) -> dict[str, str]:
    now = utcnow()
    rows = [_room_values(facts, plan, community_id, now) for facts in plan.new_rooms]
    copy_rows(uow, Room, rows)
    return {row["key"]: str(row["id"]) for row in rows}


def _room_values(facts: RoomFacts, plan: Plan, community_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "community_id": community_id,
        "building_id": plan.buildings[facts.building],
        "unit_id": plan.units[facts.building, facts.unit] if facts.unit else None,
        "key": facts.key,
        "sort_key": room_sort_key(facts.building, facts.unit, facts.floor, facts.number),
        "number": facts.number,
        "floor": facts.floor,
        "kind": facts.kind,
        "status": facts.status,
        "built_area": facts.built_area,
        "inner_area": facts.inner_area,
        "handover_on": facts.handover_on,
        "note": facts.note,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


def _change_rooms(uow: UnitOfWork, plan: Plan) -> dict[str, Any]:
    """Room id -> what stood there before."""
    before: dict[str, Any] = {}
    now = utcnow()
    for key, change in plan.changes.items():
        known = plan.rooms[key]
        before[str(known.id)] = {name: _json(known.values[name]) for name in change}
        uow.session.execute(
            update(Room)
            .where(Room.id == known.id)
            .values(**change, version=Room.version + 1, updated_at=now)
            .execution_options(synchronize_session=False)
        )
    return before


def _write_people(uow: UnitOfWork, plan: Plan) -> Made:
    facts = plan.roster.people
    fresh = [index for index, known in enumerate(plan.people) if known is None]
    phones = {
        person_id: facts[index].phones
        for index, person_id in enumerate(plan.people)
        if person_id is not None and facts[index].phones
    }
    documents = {
        person_id: number
        for index in plan.undocumented
        if (person_id := plan.people[index]) and (number := _document(facts[index]))
    }
    made_phones = add_phones_to_many(uow, phones)
    set_documents(uow, documents)
    drafts = [PersonDraft(facts[index].name, facts[index].phones, _document(facts[index])) for index in fresh]
    for index, person_id in zip(fresh, add_persons(uow, drafts), strict=True):
        plan.people[index] = person_id
    return {
        "people": [str(plan.people[index]) for index in fresh],
        "phones": [str(phone_id) for ids in made_phones.values() for phone_id in ids],
        "documents": [str(person_id) for person_id in documents],
    }


def _document(person: PersonFacts) -> IdNumber | None:
    return IdNumber(person.id_kind, person.id_number) if person.id_kind and person.id_number else None


def _write_links(uow: UnitOfWork, plan: Plan, new_rooms: dict[str, str]) -> list[str]:
    now = utcnow()
    rows = []
    for link in plan.new_links:
        known = plan.rooms.get(link.room)
        rows.append(
            {
                "id": new_id(),
                "room_id": known.id if known else UUID(new_rooms[link.room]),
                "person_id": plan.people[link.person],
                "role": link.role,
                "share_num": link.share.numerator if link.share else None,
                "share_den": link.share.denominator if link.share else None,
                "starts_on": link.starts_on,
                "version": 1,
                "created_at": now,
                "updated_at": now,
            }
        )
    copy_rows(uow, Occupancy, rows)
    return [str(row["id"]) for row in rows]


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return value


def from_json(value: Any) -> Any:
    """The other way round of what `made` holds."""
    if isinstance(value, dict):
        return Decimal(value["decimal"]) if "decimal" in value else date.fromisoformat(value["date"])
    return value
