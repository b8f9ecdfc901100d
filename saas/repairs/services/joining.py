"""One fault reported by several: looking for it, joining it. A report is never dropped."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from saas.core.actors import Actor
from saas.core.errors import Forbidden
from saas.core.places import Place
from saas.estate.queries import rooms_of_person
from saas.people.services.persons import person_of
from saas.repairs import errors
from saas.repairs import permissions as p
from saas.repairs.events import OrderJoined
from saas.repairs.models import RepairFollower, RepairOrder
from saas.repairs.queries.similar import SimilarOrder, similar_orders_at
from saas.repairs.services.aftercare import cancel_order
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
        uow.emit(OrderJoined(order_id=order.id, followers=_count(uow, order)))
    return order


def merge_orders(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, into_id: UUID, version: int | None = None
) -> RepairOrder:
    """The front desk finds that an order is the same fault as another: its reporter and followers follow that one,
    and this one is cancelled with its number as the reason. Answers the order that stays.
    """
    # Both rows are locked in the order of their ids, so that two merges cannot wait for each other.
    for each in sorted({order_id, into_id}):
        locked_order(uow, each)
    order, into = seen_order(uow, actor, order_id), seen_order(uow, actor, into_id)
    if order.id == into.id or into.state not in OPEN_STATES:
        raise errors.transition_refused(into.state, "merged")
    if not covers(actor, p.CANCEL.code, into):
        raise Forbidden()
    reason = str(_l("The same fault as %(number)s. You hear of that order from now on.", number=into.number))
    cancel_order(uow, actor=actor, order_id=order_id, note=reason, version=version)
    order.closed_as = "merged"
    moved = _move_followers(uow, order, into)
    record(uow, into, actor=actor, kind="joined", data={"merged": str(order.id), "number": order.number})
    note_change(uow, into, actor=actor, action="merge", merged=str(order.id))
    uow.emit(OrderJoined(order_id=into.id, followers=moved))
    return into


def _move_followers(uow: UnitOfWork, order: RepairOrder, into: RepairOrder) -> int:
    rows = uow.session.execute(
        select(RepairFollower.person_id, RepairFollower.user_id).where(RepairFollower.order_id == order.id)
    )
    people = {row[0]: row[1] for row in rows}
    if order.reporter_person_id is not None:
        people[order.reporter_person_id] = order.reporter_user_id
    if into.reporter_person_id is not None:
        people.pop(into.reporter_person_id, None)
    now = clock.utcnow()
    for person_id, user_id in people.items():
        uow.session.execute(
            insert(RepairFollower)
            .values(
                id=new_id(), order_id=into.id, person_id=person_id, user_id=user_id,
                words=order.description, joined_at=now,
            )
            .on_conflict_do_nothing(index_elements=["order_id", "person_id"])
        )
    return _count(uow, into)


def _follower(
    uow: UnitOfWork, actor: Actor, order: RepairOrder, person_id: UUID | None
) -> tuple[UUID, UUID | None]:
    if person_id is not None and person_id != actor.person_id:
        if not covers(actor, p.REGISTER.code, order):
            raise errors.order_not_found()
        return person_of(uow, person_id).id, None
    if actor.person_id is None or not actor.may(p.REPORT.code):
        raise Forbidden()
    homes = rooms_of_person(uow, actor.person_id)
    own_room = order.room_id is not None and order.room_id in {home.room_id for home in homes}
    public = order.room_id is None and order.community_id in {home.community_id for home in homes}
    if not own_room and not public:
        raise errors.order_not_found()
    return actor.person_id, actor.user_id


def _count(uow: UnitOfWork, order: RepairOrder) -> int:
    return uow.session.scalar(select(func.count()).where(RepairFollower.order_id == order.id)) or 0
