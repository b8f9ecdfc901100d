"""The row filter of an actor's scope: the same for page, API, search and export."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true

from saas.core.actors import Actor
from saas.estate.models import Building, Community, Occupancy, Room


def own_room_ids(person_id: UUID | None) -> Any:
    """A subquery of the rooms in which a person owns or lives now."""
    return select(Occupancy.room_id).where(Occupancy.person_id == person_id, Occupancy.ends_on.is_(None))


def rooms_in_scope(actor: Actor, permission: str) -> ColumnElement[bool]:
    """Which rooms the permission covers."""
    scope = actor.scope(permission)
    if scope.everything:
        return true()
    parts: list[ColumnElement[bool]] = []
    if scope.communities:
        parts.append(Room.community_id.in_(scope.communities))
    if scope.buildings:
        parts.append(Room.building_id.in_(scope.buildings))
    if scope.own and actor.person_id:
        parts.append(Room.id.in_(own_room_ids(actor.person_id)))
    return or_(*parts) if parts else false()


def buildings_in_scope(actor: Actor, permission: str) -> ColumnElement[bool]:
    """Which buildings the permission covers, in whole or with one room in them."""
    scope = actor.scope(permission)
    if scope.everything:
        return true()
    parts: list[ColumnElement[bool]] = []
    if scope.communities:
        parts.append(Building.community_id.in_(scope.communities))
    if scope.buildings:
        parts.append(Building.id.in_(scope.buildings))
    if scope.own and actor.person_id:
        own = own_room_ids(actor.person_id)
        parts.append(Building.id.in_(select(Room.building_id).where(Room.id.in_(own))))
    return or_(*parts) if parts else false()


def communities_in_scope(actor: Actor, permission: str) -> ColumnElement[bool]:
    """Which communities the permission covers, in whole or with one building or room in them."""
    scope = actor.scope(permission)
    if scope.everything:
        return true()
    parts: list[ColumnElement[bool]] = []
    if scope.communities:
        parts.append(Community.id.in_(scope.communities))
    if scope.buildings:
        parts.append(Community.id.in_(select(Building.community_id).where(Building.id.in_(scope.buildings))))
    if scope.own and actor.person_id:
        own = own_room_ids(actor.person_id)
        parts.append(Community.id.in_(select(Room.community_id).where(Room.id.in_(own))))
    return or_(*parts) if parts else false()
