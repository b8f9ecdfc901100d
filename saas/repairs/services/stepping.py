"""One door for all steps, for the API and the phone's outbox: the target state and what is given with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from saas.core.actors import Actor
from saas.core.errors import Forbidden
from saas.repairs import errors
from saas.repairs.models import RepairOrder
from saas.repairs.services import aftercare, answering, classification, dispatching, fieldwork
from saas.repairs.services.fieldwork import Arrival
from saas.repairs.services.rules import seen_order
from saas.repairs.states import TABLE
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Step:
    """A step and what is given with it; the table says what each step needs."""

    to: str
    note: str = ""
    version: int | None = None
    category: str | None = None
    urgency: str | None = None
    staff_id: UUID | None = None
    mode: str | None = None
    eta_minutes: int | None = None
    arrival: Arrival | None = None
    reason: str = ""
    attitude: int | None = None
    speed: int | None = None
    quality: int | None = None
    praise: tuple[str, ...] = field(default_factory=tuple)


def take_step(uow: UnitOfWork, *, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    """Bring the order to `step.to`. Raises Conflict where that is not possible from its present state."""
    taker = _STEPS.get(step.to)
    if taker is None:
        order = seen_order(uow, actor, order_id)
        raise errors.transition_refused(order.state, step.to)
    return taker(uow, actor, order_id, step)


def _triage(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return classification.confirm_order(
        uow, actor=actor, order_id=order_id, category=step.category, urgency=step.urgency, note=step.note,
        version=step.version,
    )  # fmt: skip


def _dispatch(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return dispatching.dispatch_order(
        uow, actor=actor, order_id=order_id, staff_id=step.staff_id, mode=step.mode, note=step.note,
        version=step.version,
    )  # fmt: skip


def _accept(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    if not actor.may("repairs.work"):
        # Seen, but not theirs to accept; an order that is not seen stays unknown.
        seen_order(uow, actor, order_id)
        raise Forbidden()
    return answering.accept_order(uow, actor=actor, order_id=order_id, version=step.version)


def _go(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return fieldwork.start_trip(
        uow,
        actor=actor,
        order_id=order_id,
        eta_minutes=step.eta_minutes,
        note=step.note,
        version=step.version,
    )


def _work(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return fieldwork.arrive(
        uow, actor=actor, order_id=order_id, arrival=step.arrival, note=step.note, version=step.version
    )


def _pause(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return fieldwork.pause_work(
        uow, actor=actor, order_id=order_id, reason=step.reason, note=step.note, version=step.version
    )


def _finish(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return fieldwork.finish_order(uow, actor=actor, order_id=order_id, note=step.note, version=step.version)


def _return(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return answering.return_order(uow, actor=actor, order_id=order_id, note=step.note, version=step.version)


def _rate(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    marks = aftercare.Marks(
        attitude=step.attitude or 0, speed=step.speed or 0, quality=step.quality or 0, words=step.note,
        praise=step.praise,
    )  # fmt: skip
    return aftercare.rate_order(uow, actor=actor, order_id=order_id, marks=marks, version=step.version)


def _close(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return aftercare.close_order(uow, actor=actor, order_id=order_id, note=step.note, version=step.version)


def _reopen(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return aftercare.reopen_order(uow, actor=actor, order_id=order_id, note=step.note, version=step.version)


def _cancel(uow: UnitOfWork, actor: Actor, order_id: UUID, step: Step) -> RepairOrder:
    return aftercare.cancel_order(uow, actor=actor, order_id=order_id, note=step.note, version=step.version)


_STEPS: Mapping[str, Callable[[UnitOfWork, Actor, UUID, Step], RepairOrder]] = {
    "triaged": _triage,
    "dispatched": _dispatch,
    "accepted": _accept,
    "en_route": _go,
    "working": _work,
    "paused": _pause,
    "finished": _finish,
    "returned": _return,
    "rated": _rate,
    "closed": _close,
    "reopened": _reopen,
    "cancelled": _cancel,
}
REACHABLE = frozenset(_STEPS)
LATER = frozenset(item.target for item in TABLE.values() if item.later) - REACHABLE
