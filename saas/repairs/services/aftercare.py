"""After the repair: rating, calling back, closing, reopening; and cancelling before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import Forbidden, InvalidInput
from saas.repairs import errors
from saas.repairs import preferences as pref
from saas.repairs.events import OrderRated, OrderWithdrawn
from saas.repairs.models import RepairOrder, RepairRating
from saas.repairs.permissions import CLOSE
from saas.repairs.services.dispatching import start_dispatch, withdraw_offers
from saas.repairs.services.due import restart_clock, start_clock
from saas.repairs.services.history import note_change, record
from saas.repairs.services.moving import move
from saas.repairs.services.rules import allowed_arrow, covers, expect_version, seen_order
from tenants import clock
from tenants.unit_of_work import UnitOfWork

# What a resident may tick as done well; the page shows them in words.
PRAISE = ("on_time", "explained", "clean", "polite", "skilled")


@dataclass(frozen=True)
class Marks:
    """Stars from 1 to 5 for attitude, speed and quality, with words and what was done well."""

    attitude: int
    speed: int
    quality: int
    words: str = ""
    praise: tuple[str, ...] = ()

    def lowest(self) -> int:
        """The lowest of the three."""
        return min(self.attitude, self.speed, self.quality)


def rate_order(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, marks: Marks, version: int | None = None
) -> RepairOrder:
    """The resident's marks; a low one opens a call-back for the front desk."""
    order = seen_order(uow, actor, order_id, lock=True)
    expect_version(order, version)
    allowed_arrow(uow, actor, order, "rated", ("attitude", "speed", "quality"))
    _check(marks)
    call_back = marks.lowest() <= pref.whole(uow, pref.LOW_MARK)
    uow.session.add(
        RepairRating(
            order_id=order.id,
            cycle=order.cycle,
            technician_id=order.technician_id,
            attitude=marks.attitude,
            speed=marks.speed,
            quality=marks.quality,
            words=marks.words,
            praise=list(marks.praise),
            rated_at=clock.utcnow(),
            call_back="open" if call_back else "none",
            call_back_note="",
        )
    )
    data = {
        "attitude": marks.attitude, "speed": marks.speed, "quality": marks.quality, "praise": list(marks.praise),
        "call_back": call_back,
    }  # fmt: skip
    move(uow, order, "rated", actor=actor, note=marks.words, data=data)
    uow.emit(OrderRated(order_id=order.id, lowest=marks.lowest(), call_back=call_back))
    return order


def call_back(uow: UnitOfWork, *, actor: Actor, order_id: UUID, note: str) -> RepairOrder:
    """Somebody rang the resident who was not content; `note` says what came of it."""
    order = seen_order(uow, actor, order_id, lock=True)
    if not covers(actor, CLOSE.code, order):
        raise Forbidden()
    rating = _rating(uow, order)
    if rating is None or rating.call_back != "open":
        raise errors.transition_refused(order.state, order.state)
    if not note.strip():
        raise errors.missing(note=_l("Please say what came of the call."))
    rating.call_back, rating.call_back_note = "done", note
    rating.called_back_by, rating.called_back_at = actor.user_id, clock.utcnow()
    record(uow, order, actor=actor, kind="called_back", note=note)
    note_change(uow, order, actor=actor, action="call_back")
    return order


def close_order(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, note: str = "", version: int | None = None
) -> RepairOrder:
    """The front desk closes a repaired order by hand; not before an open call-back is done."""
    order = seen_order(uow, actor, order_id, lock=True)
    expect_version(order, version)
    allowed_arrow(uow, actor, order, "closed")
    rating = _rating(uow, order)
    if rating is not None and rating.call_back == "open":
        raise errors.call_back_open()
    order.closed_at, order.closed_as = clock.utcnow(), "rated" if rating else "by_desk"
    move(uow, order, "closed", actor=actor, note=note, data={"closed_as": order.closed_as})
    return order


def reopen_order(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, note: str, version: int | None = None
) -> RepairOrder:
    """It is not repaired after all: the clock starts anew and the order is sent out again."""
    order = seen_order(uow, actor, order_id, lock=True)
    expect_version(order, version)
    allowed_arrow(uow, actor, order, "reopened", ("note",) if note.strip() else ())
    days = pref.whole(uow, pref.REOPEN_DAYS)
    if order.finished_at is not None and clock.utcnow() > order.finished_at + timedelta(days=days):
        raise errors.too_late_to_reopen(days)
    data = {"technician": str(order.technician_id) if order.technician_id else None}
    order.cycle += 1
    order.technician_id, order.eta_at = None, None
    order.responded_at = order.arrived_at = order.finished_at = order.closed_at = None
    order.closed_as = None
    event = move(uow, order, "reopened", actor=actor, note=note, data=data)
    start_clock(uow, order, event.at)
    start_dispatch(uow, order)
    uow.session.flush()
    return order


def cancel_order(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, note: str = "", version: int | None = None
) -> RepairOrder:
    """No repair is needed any more; the front desk says why."""
    order = seen_order(uow, actor, order_id, lock=True)
    expect_version(order, version)
    allowed_arrow(uow, actor, order, "cancelled", ("note",) if note.strip() else ())
    withdraw_offers(uow, order)
    if order.paused_at is not None:
        restart_clock(uow, order)
    order.closed_at, order.closed_as, order.offer_expires_at = clock.utcnow(), "cancelled", None
    event = move(uow, order, "cancelled", actor=actor, note=note)
    if order.technician_id is not None:
        uow.emit(
            OrderWithdrawn(
                order_id=order.id,
                transition_id=event.id,
                staff_id=order.technician_id,
                by_user_id=actor.user_id,
            )
        )
    return order


def _check(marks: Marks) -> None:
    wrong = {
        name: [_l("Give one to five stars.")]
        for name in ("attitude", "speed", "quality")
        if not 1 <= getattr(marks, name) <= 5
    }
    if set(marks.praise) - set(PRAISE):
        wrong["praise"] = [_l("Choose from the list.")]
    if wrong:
        raise InvalidInput(fields=wrong)


def _rating(uow: UnitOfWork, order: RepairOrder) -> RepairRating | None:
    return uow.session.scalar(
        select(RepairRating).where(RepairRating.order_id == order.id, RepairRating.cycle == order.cycle)
    )
