"""One fault reported by several: looking for it, joining it. A report is never dropped."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from saas.core.actors import Actor
from saas.core.errors import Forbidden
from saas.core.places import Place
from saas.estate.queries import rooms_of_person
from saas.people.services.persons import person_within
from saas.repairs import errors
from saas.repairs import permissions as p
from saas.repairs.events import OrderJoined
from saas.repairs.models import RepairFollower, RepairOrder
from saas.repairs.queries.similar import SimilarOrder, similar_orders_at
from saas.repairs.services.history import note_change, record
from saas.repairs.services.rules import covers, locked_order, seen_order
from saas.repairs.states import OPEN_STATES
from tenants import clock
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork


def similar_orders(uow: UnitOfWork, *, actor: Actor, order_id: UUID) -> tuple[SimilarOrder, ...]:
    """Other open orders that look like the same fault as this one."""
    order = seen_order(uow, actor, order_id)
    place = Place(order.community_id, order.building_id, order.room_id, order.place_text)
    return similar_orders_at(uow, place, order.category, order.description, but=order.id)


def join_order(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, person_id: UUID | None = None, words: str = ""
) -> RepairOrder:
    """Follow an open order that somebody else reported; the follower hears of each step. Joining twice is once.

    A resident joins for oneself, an order of the own room or of a public place of the own community. The front
    desk joins somebody else (`person_id`).
    """
    order = locked_order(uow, order_id)
    if order is None:
        raise errors.order_not_found()
    follower, user_id = _follower(uow, actor, order, person_id)
    if order.state not in OPEN_STATES:
        raise errors.transition_refused(order.state, order.state)
    if follower == order.reporter_person_id:
        return order
    statement = (
        insert(RepairFollower)
        .values(
            id=new_id(), order_id=order.id, person_id=follower, user_id=user_id, words=words.strip(),
            joined_at=clock.utcnow(),
        )
        .on_conflict_do_nothing(index_elements=["order_id", "person_id"])
        .returning(RepairFollower.id)
    )  # fmt: skip
    if uow.session.execute(statement).first() is not None:
        record(uow, order, actor=actor, kind="joined", note=words.strip())
        note_change(uow, order, actor=actor, action="join")
        uow.emit(OrderJoined(order_id=order.id, followers=count_followers(uow, order)))
    return order


def _follower(
    uow: UnitOfWork, actor: Actor, order: RepairOrder, person_id: UUID | None
) -> tuple[UUID, UUID | None]:
    if person_id is not None and person_id != actor.person_id:
        if not covers(actor, p.REGISTER.code, order):
            raise errors.order_not_found()
        return person_within(uow, actor, p.REGISTER.code, person_id).id, None
    if actor.person_id is None or not actor.may(p.REPORT.code):
        raise Forbidden()
    homes = rooms_of_person(uow, actor.person_id)
    own_room = order.room_id is not None and order.room_id in {home.room_id for home in homes}
    public = order.room_id is None and order.community_id in {home.community_id for home in homes}
    if not own_room and not public:
        raise errors.order_not_found()
    return actor.person_id, actor.user_id


def count_followers(uow: UnitOfWork, order: RepairOrder) -> int:
    """How many follow an order."""
    return uow.session.scalar(select(func.count()).where(RepairFollower.order_id == order.id)) or 0
