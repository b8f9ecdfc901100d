"""One fault with two orders: the later one is cancelled, whoever waits for it follows the other."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from saas.core.actors import Actor
from saas.core.errors import Forbidden
from saas.repairs import errors
from saas.repairs import permissions as p
from saas.repairs.events import OrderJoined
from saas.repairs.models import RepairFollower, RepairOrder
from saas.repairs.services.aftercare import cancel_order
from saas.repairs.services.history import note_change, record
from saas.repairs.services.joining import count_followers
from saas.repairs.services.rules import covers, locked_order, seen_order
from saas.repairs.states import OPEN_STATES
from tenants import clock
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork


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
    followers = _move_followers(uow, order, into)
    record(uow, into, actor=actor, kind="joined", data={"merged": str(order.id), "number": order.number})
    note_change(uow, into, actor=actor, action="merge", merged=str(order.id))
    uow.emit(OrderJoined(order_id=into.id, followers=followers))
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
                id=new_id(),
                order_id=into.id,
                person_id=person_id,
                user_id=user_id,
                words=order.description,
                joined_at=now,
            )
            .on_conflict_do_nothing(index_elements=["order_id", "person_id"])
        )
    return count_followers(uow, into)
