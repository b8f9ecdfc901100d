"""Taking one arrow of the table: the new state, its line of history, its events. Who may was asked before."""

from __future__ import annotations

from typing import Any

from saas.core.actors import Actor
from saas.repairs.events import OrderTransitioned
from saas.repairs.models import RepairEvent, RepairOrder
from saas.repairs.services.due import refresh_next_due
from saas.repairs.services.history import note_change, record
from saas.repairs.states import arrow
from tenants.unit_of_work import UnitOfWork


def move(
    uow: UnitOfWork,
    order: RepairOrder,
    target: str,
    *,
    actor: Actor,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> RepairEvent:
    """Bring the order to `target`; an arrow that the table does not have is a mistake of the caller."""
    source = order.state
    if arrow(source, target) is None:
        raise ValueError(f"the table has no arrow from {source} to {target}")
    event = record(
        uow, order, actor=actor, kind="transition", from_state=source, to_state=target, note=note, data=data
    )
    order.state, order.state_at = target, event.at
    refresh_next_due(order)
    note_change(uow, order, actor=actor, action=target, fields=("state",), from_state=source)
    uow.session.flush()
    uow.emit(
        OrderTransitioned(
            order_id=order.id,
            transition_id=event.id,
            from_state=source,
            to_state=target,
            at=event.at,
            by_user_id=actor.user_id,
        )
    )
    return event
