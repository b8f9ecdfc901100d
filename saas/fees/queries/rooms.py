"""Rooms and who holds them, as assignments need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from saas.estate.models import Building, Occupancy, Room, Unit
from saas.fees.debtors import Holder
from saas.people.models import Person
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class RoomFacts:
    """A room as a rule sees it."""

    id: UUID
    community_id: UUID
    building_id: UUID
    key: str
    building_key: str
    unit_key: str | None

    def pool_key(self, pool_by: str) -> str:
        """The pool of a shared item: by unit (1-1), building (1) or the whole community (all)."""
        if pool_by == "community":
            return "all"
        if pool_by == "building" or self.unit_key is None:
            return self.building_key
        return f"{self.building_key}-{self.unit_key}"


def rooms_of_selector(uow: UnitOfWork, selector: Mapping[str, Any]) -> list[RoomFacts]:
    """The rooms that a rule covers, in the order of people."""
    statement = (
        select(Room.id, Room.community_id, Room.building_id, Room.key, Building.key, Unit.key)
        .join(Building, Building.id == Room.building_id)
        .outerjoin(Unit, Unit.id == Room.unit_id)
        .where(*_conditions(selector))
        .order_by(Room.community_id, Room.sort_key, Room.id)
    )
    return [RoomFacts(*row) for row in uow.session.execute(statement)]


def _conditions(selector: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if selector.get("community_id"):
        found.append(Room.community_id == UUID(str(selector["community_id"])))
    if selector.get("building_keys"):
        found.append(Building.key.in_(selector["building_keys"]))
    if selector.get("unit_keys"):
        found.append(Unit.key.in_(selector["unit_keys"]))
    if selector.get("floor_from") is not None:
        found.append(Room.floor >= int(selector["floor_from"]))
    if selector.get("floor_to") is not None:
        found.append(Room.floor <= int(selector["floor_to"]))
    if selector.get("kinds"):
        found.append(Room.kind.in_(selector["kinds"]))
    if selector.get("statuses"):
        found.append(Room.status.in_(selector["statuses"]))
    if selector.get("room_ids"):
        found.append(Room.id.in_([UUID(str(room_id)) for room_id in selector["room_ids"]]))
    return found


def holders_of_rooms(uow: UnitOfWork, room_ids: Sequence[UUID]) -> dict[UUID, list[Holder]]:
    """Room -> everyone who held it, main owners first, then in the order they were entered."""
    statement = (
        select(
            Occupancy.room_id, Occupancy.person_id, Person.name, Occupancy.role, Occupancy.share_num,
            Occupancy.share_den, Occupancy.starts_on, Occupancy.ends_on,
        )
        .join(Person, Person.id == Occupancy.person_id)
        .where(Occupancy.room_id.in_(room_ids))
        .order_by(Occupancy.room_id, Occupancy.role != "owner", Occupancy.created_at, Occupancy.id)
    )  # fmt: skip
    found: dict[UUID, list[Holder]] = {}
    for room_id, person_id, name, role, num, den, starts_on, ends_on in uow.session.execute(statement):
        share = Fraction(num, den) if num else None
        found.setdefault(room_id, []).append(Holder(person_id, name, role, share, starts_on, ends_on))
    return found
