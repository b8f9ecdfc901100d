"""What happens when a timer rings. Each looks at the order as it is now: late, early and repeated ones do no harm."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from saas.core.actors import SYSTEM
from saas.repairs import preferences as pref
from saas.repairs.events import OrderLate
from saas.repairs.levels import Due
from saas.repairs.models import LevelBreach, RepairEvent, RepairOrder, RepairRating
from saas.repairs.services.dispatching import look_again, offer_ran_out
from saas.repairs.services.due import LEVEL_TIMER, due_at, is_met, warning_at
from saas.repairs.services.history import record, tell_live
from saas.repairs.services.moving import move
from saas.repairs.services.rules import locked_order
from saas.repairs.states import AFTER_WORK, ENDED
from tenants import clock
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

CLOSE_TIMER = "repairs.close"


def on_offer_timer(uow: UnitOfWork, key: str, due: datetime) -> None:
    """The time to accept is over for one round of offers."""
    order_id, round_text = key.split(":")
    order = locked_order(uow, UUID(order_id))
    if order is None or order.state != "dispatched" or order.dispatch_round != int(round_text):
        return
    if order.offer_expires_at is not None and clock.utcnow() < order.offer_expires_at:
        uow.wake("repairs.offer", key, order.offer_expires_at)
        return
    offer_ran_out(uow, order)


def on_again_timer(uow: UnitOfWork, key: str, due: datetime) -> None:
    """Some time ago nobody could be asked: look whether somebody can be asked now."""
    order_id, cycle = key.split(":")
    order = locked_order(uow, UUID(order_id))
    if order is not None and order.cycle == int(cycle):
        look_again(uow, order)


def on_level_timer(uow: UnitOfWork, key: str, due: datetime) -> None:
    """A due time comes near or is over: warn once, record the breach once."""
    order_id, name, cycle = key.split(":")
    order = locked_order(uow, UUID(order_id))
    which = cast(Due, name)
    if order is None or order.cycle != int(cycle) or order.state in AFTER_WORK + ENDED:
        return
    if is_met(order, which) or order.is_clock_stopped:
        return
    now, ends = clock.utcnow(), due_at(order, which)
    if now >= ends:
        _breach(uow, order, which, ends)
    elif now >= warning_at(uow, order, which):
        _warn(uow, order, which, ends)
        uow.wake(LEVEL_TIMER, key, ends)
    else:
        uow.wake(LEVEL_TIMER, key, warning_at(uow, order, which))


def arm_close_timer(uow: UnitOfWork, order: RepairOrder) -> None:
    """Close the order by itself when the days for rating are over."""
    base = order.finished_at or clock.utcnow()
    uow.wake(CLOSE_TIMER, f"{order.id}:{order.cycle}", base + timedelta(days=pref.whole(uow, pref.RATE_DAYS)))


def on_close_timer(uow: UnitOfWork, key: str, due: datetime) -> None:
    """The days for rating are over: a finished order closes as unrated, a rated one as rated."""
    order_id, cycle = key.split(":")
    order = locked_order(uow, UUID(order_id))
    if order is None or order.cycle != int(cycle) or order.state not in ("finished", "rated"):
        return
    closes_at = (order.finished_at or due) + timedelta(days=pref.whole(uow, pref.RATE_DAYS))
    if clock.utcnow() < closes_at:
        uow.wake(CLOSE_TIMER, key, closes_at)
        return
    if _call_back_is_open(uow, order):
        return
    order.closed_as = "rated" if order.state == "rated" else "unrated"
    order.closed_at = clock.utcnow()
    move(uow, order, "closed", actor=SYSTEM, data={"closed_as": order.closed_as})


def _warn(uow: UnitOfWork, order: RepairOrder, due: Due, ends: datetime) -> None:
    if _told(uow, order, "warned", due):
        return
    record(
        uow,
        order,
        actor=SYSTEM,
        kind="warned",
        data={"due": due, "cycle": order.cycle, "due_at": ends.isoformat()},
    )
    tell_live(uow, order)
    uow.emit(OrderLate(order_id=order.id, due=due, stage="warned", due_at=ends))


def _breach(uow: UnitOfWork, order: RepairOrder, due: Due, ends: datetime) -> None:
    values = {
        "id": new_id(), "order_id": order.id, "due": due, "cycle": order.cycle, "due_at": ends,
        "noticed_at": clock.utcnow(), "technician_id": order.technician_id,
    }  # fmt: skip
    statement = (
        insert(LevelBreach).values(values).on_conflict_do_nothing(index_elements=["order_id", "due", "cycle"])
    )
    if uow.session.execute(statement.returning(LevelBreach.id)).first() is None:
        return
    record(
        uow,
        order,
        actor=SYSTEM,
        kind="late",
        data={"due": due, "cycle": order.cycle, "due_at": ends.isoformat()},
    )
    tell_live(uow, order)
    uow.emit(OrderLate(order_id=order.id, due=due, stage="breached", due_at=ends))


def _told(uow: UnitOfWork, order: RepairOrder, kind: str, due: Due) -> bool:
    known = select(RepairEvent.id).where(
        RepairEvent.order_id == order.id,
        RepairEvent.kind == kind,
        RepairEvent.data["due"].astext == due,
        RepairEvent.data["cycle"].as_integer() == order.cycle,
    )
    return uow.session.execute(known.limit(1)).first() is not None


def _call_back_is_open(uow: UnitOfWork, order: RepairOrder) -> bool:
    statement = select(RepairRating.call_back).where(
        RepairRating.order_id == order.id, RepairRating.cycle == order.cycle
    )
    return uow.session.scalar(statement) == "open"
