"""What the front desk's pages need beyond board and lists: a cheap stamp, names, a room's orders, who lives there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.estate.models import Building, Community, Occupancy
from saas.estate.queries.places import room_place
from saas.people.models import Person, StaffMember, UserAccount
from saas.repairs.models import RepairOrder
from saas.repairs.permissions import OVERVIEW
from saas.repairs.queries.board import Choice
from saas.repairs.queries.orders import OrderFilter, OrderRow, conditions, order_statement, with_counts
from saas.repairs.queries.visibility import visible_to, within
from saas.repairs.states import OPEN_STATES
from tenants.unit_of_work import UnitOfWork

ROOM_CARD_SHOWN = 5
EXPORT_MOST = 20_000


@dataclass(frozen=True)
class Stamp:
    """How the board stood: any step of any open order changes it."""

    count: int
    latest: datetime | None


def board_stamp(uow: UnitOfWork, *, actor: Actor, wanted: OrderFilter) -> Stamp:
    """One statement that tells whether the board has to be drawn again."""
    row = uow.session.execute(
        select(func.count(), func.max(RepairOrder.last_event_at)).where(
            within(actor.scope(OVERVIEW.code)), RepairOrder.state.in_(OPEN_STATES), *conditions(uow, wanted)
        )
    ).one()
    return Stamp(row[0], row[1])


def order_version(uow: UnitOfWork, *, actor: Actor, order_id: UUID) -> int:
    """The version of an order that the actor sees."""
    found = uow.session.scalar(
        select(RepairOrder.version).where(RepairOrder.id == order_id, visible_to(actor))
    )
    if found is None:
        raise NotFound()
    return found


def staff_called(uow: UnitOfWork, staff_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of staff members, in one statement."""
    ids = set(staff_ids)
    if not ids:
        return {}
    statement = (
        select(StaffMember.id, UserAccount.name)
        .join(UserAccount, UserAccount.id == StaffMember.user_id)
        .where(StaffMember.id.in_(ids))
    )
    return {row[0]: row[1] for row in uow.session.execute(statement)}


def orders_of_room(uow: UnitOfWork, *, actor: Actor, room_id: UUID) -> tuple[list[OrderRow], int]:
    """The latest orders of a room and how many it has."""
    narrowed = (visible_to(actor), RepairOrder.room_id == room_id)
    count = uow.session.scalar(select(func.count()).select_from(RepairOrder).where(*narrowed)) or 0
    if not count:
        return [], 0
    statement = order_statement().where(*narrowed).order_by(RepairOrder.id.desc()).limit(ROOM_CARD_SHOWN)
    return with_counts(uow, list(uow.session.execute(statement).all())), count


def orders_to_export(uow: UnitOfWork, *, actor: Actor, wanted: OrderFilter) -> list[OrderRow]:
    """The filtered list as a whole, the newest first, within what the actor may see."""
    actor.require(OVERVIEW.code)
    statement = (
        order_statement()
        .where(visible_to(actor), *conditions(uow, wanted))
        .order_by(RepairOrder.id.desc())
        .limit(EXPORT_MOST)
    )
    return with_counts(uow, list(uow.session.execute(statement).all()))


def room_words(uow: UnitOfWork, room_id: UUID) -> str:
    """A room as people say it."""
    return room_place(uow, room_id).text


def residents_of(uow: UnitOfWork, room_id: UUID) -> list[tuple[UUID, str]]:
    """Who owns or lives in a room now, owners first."""
    statement = (
        select(Person.id, Person.name)
        .join(Occupancy, Occupancy.person_id == Person.id)
        .where(Occupancy.room_id == room_id, Occupancy.ends_on.is_(None))
        .order_by(Occupancy.role.not_in(("owner", "co_owner")), Occupancy.created_at, Occupancy.id)
    )
    return list({row[0]: (row[0], row[1]) for row in uow.session.execute(statement)}.values())


def place_choices(uow: UnitOfWork, *, actor: Actor, permission: str) -> tuple[list[Choice], list[Choice]]:
    """Communities and buildings in which the actor may do something, for the fields of a public place."""
    scope = actor.scope(permission)
    rows = uow.session.execute(
        select(Building.id, Building.name, Building.community_id).order_by(
            Building.community_id, Building.sort_key
        )
    )
    buildings = [Choice(*row) for row in rows if scope.covers(community_id=row[2], building_id=row[0])]
    homes = {each.community_id for each in buildings} | set(scope.communities)
    found = uow.session.execute(select(Community.id, Community.name).order_by(Community.name)).all()
    return [Choice(*row) for row in found if scope.everything or row[0] in homes], buildings


def numbered(uow: UnitOfWork, *, actor: Actor, number: str) -> UUID | None:
    """The order with exactly this number, if the actor sees it."""
    return uow.session.scalar(
        select(RepairOrder.id).where(RepairOrder.number == number.strip().upper(), visible_to(actor))
    )
