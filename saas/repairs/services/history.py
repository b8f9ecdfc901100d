"""What every change of an order leaves behind: a line of history, an audit row, a live hint."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from saas.core.actors import Actor
from saas.core.live import publish_live
from saas.repairs.models import RepairEvent, RepairOrder
from tenants import clock
from tenants.unit_of_work import UnitOfWork

_A_MOMENT = timedelta(microseconds=1)


def record(
    uow: UnitOfWork,
    order: RepairOrder,
    *,
    actor: Actor,
    kind: str,
    from_state: str | None = None,
    to_state: str | None = None,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> RepairEvent:
    """Add a line to the order's history, later than the one before it even under a frozen clock."""
    event = RepairEvent(
        order_id=order.id,
        at=next_instant(order),
        kind=kind,
        from_state=from_state,
        to_state=to_state,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        actor_name="" if actor.kind == "system" else actor.name,
        note=note,
        data=data or {},
    )
    uow.session.add(event)
    order.last_event_at = event.at
    return event


def note_change(
    uow: UnitOfWork,
    order: RepairOrder,
    *,
    actor: Actor,
    action: str,
    fields: tuple[str, ...] = (),
    **details: Any,
) -> None:
    """Audit row and live hint of one change."""
    uow.audit(
        f"repairs.{action}",
        actor=actor.ref(),
        subject=("repair_order", order.id),
        fields=fields,
        details=details,
    )
    tell_live(uow, order)


def tell_live(uow: UnitOfWork, order: RepairOrder) -> None:
    """Hint to board and order pages that this order changed; ids and states only."""
    change = {
        "order_id": str(order.id),
        "state": order.state,
        "urgency": order.urgency,
        "community_id": str(order.community_id),
        "at": clock.utcnow().isoformat(),
    }
    publish_live(uow, "repairs.board", change)
    publish_live(uow, f"repairs.board:{order.community_id}", change)
    publish_live(uow, f"repairs.order:{order.id}", change)
    if order.technician_id is not None:
        tell_staff(uow, order, (order.technician_id,))


def tell_staff(uow: UnitOfWork, order: RepairOrder, staff_ids: Iterable[object]) -> None:
    """Hint to the phones of these technicians that their day has changed."""
    for staff_id in staff_ids:
        publish_live(uow, f"repairs.staff:{staff_id}", {"order_id": str(order.id), "state": order.state})


def next_instant(order: RepairOrder) -> datetime:
    """Now, or a moment after the last line of the history."""
    now = clock.utcnow()
    last = order.last_event_at
    return now if last is None or last < now else last + _A_MOMENT
