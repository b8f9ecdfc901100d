"""One fault with two orders: the later one is cancelled, its reporter follows the other."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _

from saas.core.actors import Actor
from saas.repairs import errors
from saas.repairs.models import RepairOrder
from saas.repairs.services.aftercare import cancel_order
from saas.repairs.services.joining import join_order
from saas.repairs.services.rules import seen_order
from saas.repairs.states import OPEN_STATES
from tenants.unit_of_work import UnitOfWork


def merge_orders(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, into_id: UUID, version: int | None = None
) -> RepairOrder:
    """Cancel an order as the same fault as another one; whoever reported it hears of the other one's steps.

    Raises Conflict when the other one is over or both are the same.
    """
    order, other = seen_order(uow, actor, order_id), seen_order(uow, actor, into_id)
    if other.state not in OPEN_STATES or order.id == other.id:
        raise errors.transition_refused(other.state, other.state)
    if order.reporter_person_id is not None:
        join_order(
            uow, actor=actor, order_id=other.id, person_id=order.reporter_person_id, words=order.description[:500]
        )
    note = _("Same fault as %(number)s", number=other.number)
    cancel_order(uow, actor=actor, order_id=order.id, note=note, version=version)
    return other
