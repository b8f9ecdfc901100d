"""Links on QR labels: stable, opaque, made once per room and community."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.core.places import Place
from saas.estate.models import Community, PlaceLink, Room
from saas.estate.permissions import LABEL_PRINT
from saas.estate.queries.places import room_place, room_places
from saas.estate.queries.scopes import communities_in_scope, rooms_in_scope
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

TOKEN_BYTES = 12
MAX_LABELS = 2_000


@dataclass(frozen=True)
class Label:
    """What a label shows: the path of its code, and the words below it."""

    path: str
    place: Place


def room_labels(uow: UnitOfWork, *, actor: Actor, room_ids: Sequence[UUID]) -> list[Label]:
    """Labels of rooms in the order of the rooms; links are made where there are none yet."""
    statement = (
        select(Room.id, Room.community_id)
        .where(Room.id.in_(room_ids[:MAX_LABELS]), rooms_in_scope(actor, LABEL_PRINT.code))
        .order_by(Room.community_id, Room.sort_key)
    )
    return _labels(uow, [(room_id, community_id) for room_id, community_id in uow.session.execute(statement)])


def building_labels(uow: UnitOfWork, *, actor: Actor, building_id: UUID) -> list[Label]:
    """Labels of all rooms of a building."""
    statement = (
        select(Room.id, Room.community_id)
        .where(Room.building_id == building_id, rooms_in_scope(actor, LABEL_PRINT.code))
        .order_by(Room.sort_key)
        .limit(MAX_LABELS)
    )
    return _labels(uow, [(room_id, community_id) for room_id, community_id in uow.session.execute(statement)])


def _labels(uow: UnitOfWork, rooms: Sequence[tuple[UUID, UUID]]) -> list[Label]:
    if not rooms:
        raise NotFound()
    wanted = [room_id for room_id, _community in rooms]
    tokens = _tokens(uow, wanted)
    missing = [(room_id, community_id) for room_id, community_id in rooms if room_id not in tokens]
    if missing:
        _make(uow, [(community_id, room_id) for room_id, community_id in missing])
        tokens = _tokens(uow, wanted)
    places = room_places(uow, wanted)
    return [Label(f"/q/{tokens[room_id]}", places[room_id]) for room_id in wanted]


def _tokens(uow: UnitOfWork, room_ids: Sequence[UUID]) -> dict[UUID, str]:
    statement = select(PlaceLink.room_id, PlaceLink.token).where(PlaceLink.room_id.in_(room_ids))
    return {room_id: token for room_id, token in uow.session.execute(statement) if room_id}


def _make(uow: UnitOfWork, places: Sequence[tuple[UUID, UUID | None]]) -> None:
    """Two clerks who print at once end with one link."""
    now = utcnow()
    rows = [
        {
            "id": new_id(),
            "token": secrets.token_urlsafe(TOKEN_BYTES),
            "community_id": community_id,
            "room_id": room_id,
            "created_at": now,
        }
        for community_id, room_id in places
    ]
    uow.session.execute(insert(PlaceLink).on_conflict_do_nothing(), rows)


def community_label(uow: UnitOfWork, *, actor: Actor, community_id: UUID) -> Label:
    """The label of a whole community, for gates and notice boards."""
    statement = select(Community.name).where(
        Community.id == community_id, communities_in_scope(actor, LABEL_PRINT.code)
    )
    name = uow.session.scalar(statement)
    if name is None:
        raise NotFound()
    link = select(PlaceLink.token).where(PlaceLink.community_id == community_id, PlaceLink.room_id.is_(None))
    if uow.session.scalar(link) is None:
        _make(uow, [(community_id, None)])
    return Label(f"/q/{uow.session.scalar(link)}", Place(community_id, text=name))


def place_of_token(uow: UnitOfWork, token: str) -> Place:
    """The place that a scanned code means. Raises NotFound."""
    link = uow.session.scalar(select(PlaceLink).where(PlaceLink.token == token))
    if link is None:
        raise NotFound()
    if link.room_id is not None:
        return room_place(uow, link.room_id)
    name = uow.session.scalar(select(Community.name).where(Community.id == link.community_id))
    return Place(link.community_id, text=name or "")
