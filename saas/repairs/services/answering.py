"""A technician's answer to an offer: accept, grab, decline, or give an accepted order back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from saas.core.actors import Actor
from saas.repairs import errors
from saas.repairs.events import OrderAccepted
from saas.repairs.models import DispatchCandidate, RepairOrder
from saas.repairs.permissions import WORK
from saas.repairs.services.dispatching import give_back, try_next, withdraw_offers
from saas.repairs.services.history import note_change, record
from saas.repairs.services.moving import move
from saas.repairs.services.rules import allowed_arrow, covers, expect_version, locked_order, seen_order
from saas.repairs.states import WITH_TECHNICIAN
from tenants import clock
from tenants.unit_of_work import UnitOfWork


def accept_order(uow: UnitOfWork, *, actor: Actor, order_id: UUID, version: int | None = None) -> RepairOrder:
    """Take an order that is offered to the actor, alone or among others; accepting twice is accepting once.

    Of several who try at the same moment one wins; the others get Conflict `already_taken`.
    """
    actor.require(WORK.code)
    order = locked_order(uow, order_id)
    if order is None or actor.staff_id is None:
        raise errors.order_not_found()
    if order.technician_id == actor.staff_id and order.state in WITH_TECHNICIAN:
        return order
    offer = _latest_offer(uow, order, actor.staff_id)
    if offer is None:
        return _refuse_stranger(uow, actor, order)
    if offer.state != "offered" or offer.round != order.dispatch_round or order.state != "dispatched":
        raise errors.already_taken() if order.technician_id else errors.offer_over()
    expect_version(order, version)
    offer.state, offer.answered_at = "accepted", clock.utcnow()
    withdraw_offers(uow, order, but=actor.staff_id)
    _assign(uow, order, actor, actor.staff_id)
    return order


def decline_offer(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, note: str, version: int | None = None
) -> RepairOrder:
    """Say no to an offer, with the reason; the next candidate is asked, or the front desk decides.

    From the front desk it withdraws the offers.
    """
    order = seen_order(uow, actor, order_id, lock=True)
    expect_version(order, version)
    allowed_arrow(uow, actor, order, "returned", _given(note))
    if actor.staff_id is None or not _mark_declined(uow, order, actor.staff_id, note):
        give_back(uow, order, actor=actor, note=note, why="withdrawn")
        return order
    record(uow, order, actor=actor, kind="declined", note=note, data={"staff": str(actor.staff_id)})
    note_change(uow, order, actor=actor, action="decline")
    if not _others_asked(uow, order) and not try_next(uow, order):
        give_back(uow, order, actor=actor, note=note, why="declined")
    return order


def return_order(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, note: str, version: int | None = None
) -> RepairOrder:
    """Give an accepted order back to dispatch, or take it from a technician (front desk), with the reason."""
    order = seen_order(uow, actor, order_id, lock=True)
    if order.state == "dispatched":
        return decline_offer(uow, actor=actor, order_id=order_id, note=note, version=version)
    expect_version(order, version)
    allowed_arrow(uow, actor, order, "returned", _given(note))
    by_desk = actor.staff_id != order.technician_id and covers(actor, "repairs.dispatch", order)
    if order.technician_id is not None:
        _mark_returned(uow, order, order.technician_id, note)
    _forget_visit(order)
    give_back(uow, order, actor=actor, note=note, why="withdrawn" if by_desk else "returned")
    try_next(uow, order)
    return order


def _assign(uow: UnitOfWork, order: RepairOrder, actor: Actor, staff_id: UUID) -> None:
    order.technician_id, order.offer_expires_at = staff_id, None
    order.responded_at = order.responded_at or clock.utcnow()
    move(uow, order, "accepted", actor=actor, data={"staff": str(staff_id), "technician": actor.name})
    uow.emit(OrderAccepted(order_id=order.id, staff_id=staff_id))


def _refuse_stranger(uow: UnitOfWork, actor: Actor, order: RepairOrder) -> RepairOrder:
    """Somebody who was never asked: seen orders answer 403, all others do not exist."""
    seen_order(uow, actor, order.id)
    allowed_arrow(uow, actor, order, "accepted")
    raise errors.offer_over()


def _latest_offer(uow: UnitOfWork, order: RepairOrder, staff_id: UUID) -> DispatchCandidate | None:
    return uow.session.scalar(
        select(DispatchCandidate)
        .where(
            DispatchCandidate.order_id == order.id,
            DispatchCandidate.staff_id == staff_id,
            DispatchCandidate.offered_at.is_not(None),
        )
        .order_by(DispatchCandidate.round.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def _mark_declined(uow: UnitOfWork, order: RepairOrder, staff_id: UUID, note: str) -> bool:
    offer = _latest_offer(uow, order, staff_id)
    if offer is None or offer.state != "offered" or offer.round != order.dispatch_round:
        return False
    offer.state, offer.answered_at, offer.answer = "declined", clock.utcnow(), note
    uow.session.flush()
    return True


def _mark_returned(uow: UnitOfWork, order: RepairOrder, staff_id: UUID, note: str) -> None:
    offer = _latest_offer(uow, order, staff_id)
    if offer is not None:
        offer.state, offer.answer = "declined", note
        uow.session.flush()


def _others_asked(uow: UnitOfWork, order: RepairOrder) -> bool:
    return (
        uow.session.scalar(
            select(DispatchCandidate.id).where(
                DispatchCandidate.order_id == order.id,
                DispatchCandidate.round == order.dispatch_round,
                DispatchCandidate.state == "offered",
            )
        )
        is not None
    )


def _forget_visit(order: RepairOrder) -> None:
    """The next technician has to come too; what was promised to the resident still runs from the beginning."""
    order.arrived_at, order.eta_at = None, None
    order.paused_at, order.pause_reason, order.is_clock_stopped = None, None, False


def _given(note: str) -> tuple[str, ...]:
    return ("note",) if note.strip() else ()
