"""Finding the hands for an order: weighing candidates, offering, what happens when nobody answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from saas.core.actors import SYSTEM, Actor
from saas.repairs import errors
from saas.repairs import preferences as pref
from saas.repairs.events import OrderDispatched, OrderUnplaced, OrderWithdrawn
from saas.repairs.models import DispatchCandidate, RepairEvent, RepairOrder
from saas.repairs.queries.crew import crew_for, point_of_order, refused_by
from saas.repairs.scoring import LeftOut, Need, Ranking, Scored, rank
from saas.repairs.services.history import note_change, record, tell_staff
from saas.repairs.services.moving import move
from saas.repairs.services.rules import allowed_arrow, expect_version, seen_order
from saas.repairs.states import WAITING_FOR_DISPATCH
from tenants import clock
from tenants.unit_of_work import UnitOfWork

OFFER_TIMER = "repairs.offer"
AGAIN_TIMER = "repairs.again"
AGAIN_AFTER = timedelta(minutes=30)
# An emergency rings at this many phones at once.
EMERGENCY_PHONES = 3


def dispatch_order(
    uow: UnitOfWork,
    *,
    actor: Actor,
    order_id: UUID,
    staff_id: UUID | None = None,
    mode: str | None = None,
    note: str = "",
    version: int | None = None,
) -> RepairOrder:
    """The front desk sends an order out: to one technician (`staff_id`), to whoever takes it (`mode="grab"`),
    or to the best placed one (`mode="auto"`, also when neither is given).

    Raises Conflict `technician_unfit` when the chosen one cannot be asked or when nobody can.
    """
    order = seen_order(uow, actor, order_id, lock=True)
    expect_version(order, version)
    allowed_arrow(uow, actor, order, "dispatched")
    ranking = weigh(uow, order)
    chosen = [_by_hand(ranking, staff_id)] if staff_id else _chosen(ranking, mode or "auto", order)
    if not chosen:
        raise errors.technician_unfit("nobody")
    if order.state == "dispatched":
        withdraw_offers(uow, order)
    order.dispatch_mode = "manual" if staff_id else (mode or "auto")
    _offer(uow, order, ranking, chosen, actor=actor, note=note)
    return order


def start_dispatch(uow: UnitOfWork, order: RepairOrder, *, actor: Actor = SYSTEM) -> None:
    """Send the order out as its category is dispatched; an emergency rings at once whatever the mode is."""
    emergency = order.urgency == "emergency"
    mode = pref.dispatch_mode(uow, order.category)
    order.dispatch_mode = "auto" if emergency and mode == "manual" else mode
    if order.dispatch_mode != "manual":
        _next_round(uow, order, note="")


def offer_ran_out(uow: UnitOfWork, order: RepairOrder) -> None:
    """Nobody accepted in time: ask the next candidate, or hand the order back and tell the manager."""
    asked = _close_offers(uow, order, state="expired")
    record(
        uow, order, actor=SYSTEM, kind="offer_expired", data={"round": order.dispatch_round, "staff": asked}
    )
    if try_next(uow, order):
        return
    give_back(uow, order, actor=SYSTEM, note="", why="nobody_accepted")


def give_back(uow: UnitOfWork, order: RepairOrder, *, actor: Actor, note: str, why: str) -> None:
    """Put the order back to dispatch, with nobody's name on it."""
    withdraw_offers(uow, order)
    technician_id = order.technician_id
    order.technician_id, order.offer_expires_at, order.eta_at = None, None, None
    event = move(uow, order, "returned", actor=actor, note=note, data={"why": why})
    if technician_id is not None and why == "withdrawn":
        uow.emit(
            OrderWithdrawn(
                order_id=order.id, transition_id=event.id, staff_id=technician_id, by_user_id=actor.user_id
            )
        )
    uow.emit(
        OrderUnplaced(order_id=order.id, round=order.dispatch_round, emergency=order.urgency == "emergency")
    )


def try_next(uow: UnitOfWork, order: RepairOrder) -> bool:
    """Ask the next candidate, where the product may decide and has not asked in vain too often."""
    if order.dispatch_mode != "auto" or order.state not in (*WAITING_FOR_DISPATCH, "dispatched"):
        return False
    if _rounds_since_start(uow, order) >= pref.whole(uow, pref.OFFERS_BEFORE_ESCALATION):
        return False
    return _next_round(uow, order, note="")


def weigh(uow: UnitOfWork, order: RepairOrder) -> Ranking:
    """Candidates for the order at this moment, the best first, and who is left out and why."""
    need = Need(
        category=order.category,
        point=point_of_order(uow, order),
        building_id=order.building_id,
        emergency=order.urgency == "emergency",
    )
    return rank(crew_for(uow, order, clock.utcnow(), refused_by(uow, order)), need)


def withdraw_offers(uow: UnitOfWork, order: RepairOrder, *, but: UUID | None = None) -> None:
    """End the open offers of the present round, except one."""
    _close_offers(uow, order, state="withdrawn", but=but)


def _next_round(uow: UnitOfWork, order: RepairOrder, *, note: str) -> bool:
    ranking = weigh(uow, order)
    chosen = _chosen(ranking, order.dispatch_mode, order)
    if chosen:
        _offer(uow, order, ranking, chosen, actor=SYSTEM, note=note)
        return True
    if order.state in WAITING_FOR_DISPATCH:
        _look_again_later(uow, order)
        if _said_that_nobody_can_come(uow, order):
            return False
        _keep_listing(uow, order, ranking, ())
        record(uow, order, actor=SYSTEM, kind="nobody_to_ask", data={"round": order.dispatch_round})
        note_change(uow, order, actor=SYSTEM, action="nobody_to_ask")
        uow.emit(
            OrderUnplaced(
                order_id=order.id, round=order.dispatch_round, emergency=order.urgency == "emergency"
            )
        )
    return False


def look_again(uow: UnitOfWork, order: RepairOrder) -> None:
    """Nobody could be asked some time ago; somebody's shift may have begun since."""
    if order.state in WAITING_FOR_DISPATCH and order.dispatch_mode != "manual":
        _next_round(uow, order, note="")


def _look_again_later(uow: UnitOfWork, order: RepairOrder) -> None:
    uow.wake(AGAIN_TIMER, f"{order.id}:{order.cycle}", clock.utcnow() + AGAIN_AFTER)


def _said_that_nobody_can_come(uow: UnitOfWork, order: RepairOrder) -> bool:
    """Whether the front desk knows already; looking again every half hour must not fill the history."""
    last = uow.session.scalar(
        select(RepairEvent.kind)
        .where(RepairEvent.order_id == order.id)
        .order_by(RepairEvent.at.desc(), RepairEvent.id.desc())
        .limit(1)
    )
    return last == "nobody_to_ask"


def _chosen(ranking: Ranking, mode: str, order: RepairOrder) -> list[Scored | LeftOut]:
    if mode == "grab":
        return list(ranking.candidates)
    return list(ranking.candidates[: EMERGENCY_PHONES if order.urgency == "emergency" else 1])


def _by_hand(ranking: Ranking, staff_id: UUID) -> Scored | LeftOut:
    """The front desk may ask somebody who is off shift, full or not trained for it, but nobody outside the scope."""
    everybody: tuple[Scored | LeftOut, ...] = (*ranking.candidates, *ranking.left_out)
    for listed in everybody:
        if listed.technician.staff_id == staff_id:
            if not listed.technician.covers:
                raise errors.technician_unfit("scope")
            return listed
    raise errors.technician_unfit("unknown")


def _offer(
    uow: UnitOfWork,
    order: RepairOrder,
    ranking: Ranking,
    chosen: Sequence[Scored | LeftOut],
    *,
    actor: Actor,
    note: str,
) -> None:
    now = clock.utcnow()
    asked = tuple(listed.technician.staff_id for listed in chosen)
    _keep_listing(uow, order, ranking, asked)
    order.offer_expires_at = now + timedelta(minutes=_minutes_to_accept(uow, order))
    uow.wake(OFFER_TIMER, f"{order.id}:{order.dispatch_round}", order.offer_expires_at)
    data = {
        "round": order.dispatch_round,
        "mode": order.dispatch_mode,
        "staff": [str(staff) for staff in asked],
    }
    move(uow, order, "dispatched", actor=actor, note=note, data=data)
    tell_staff(uow, order, asked)
    uow.emit(
        OrderDispatched(
            order_id=order.id,
            round=order.dispatch_round,
            staff_ids=tuple(str(staff) for staff in asked),
            emergency=order.urgency == "emergency",
        )
    )


def _minutes_to_accept(uow: UnitOfWork, order: RepairOrder) -> int:
    name = pref.EMERGENCY_ACCEPT_MINUTES if order.urgency == "emergency" else pref.ACCEPT_MINUTES
    return max(1, pref.whole(uow, name))


def _keep_listing(uow: UnitOfWork, order: RepairOrder, ranking: Ranking, asked: Sequence[UUID]) -> None:
    """Store one round: everybody who was weighed, with score or reason, and who is asked."""
    order.dispatch_round += 1
    now = clock.utcnow()
    everybody: list[Scored | LeftOut] = [*ranking.candidates, *ranking.left_out]
    for position, listed in enumerate(everybody):
        is_asked = listed.technician.staff_id in asked
        scored = isinstance(listed, Scored)
        uow.session.add(
            DispatchCandidate(
                order_id=order.id,
                round=order.dispatch_round,
                staff_id=listed.technician.staff_id,
                position=position,
                score=listed.score if isinstance(listed, Scored) else 0,
                parts=parts_of(listed),
                state="offered" if is_asked else ("listed" if scored else "left_out"),
                left_out_because=None if isinstance(listed, Scored) else listed.reason,
                offered_at=now if is_asked else None,
                answer="",
            )
        )
    uow.session.flush()


def parts_of(listed: Scored | LeftOut) -> dict[str, int | bool | None]:
    """What a listing says about somebody: the parts of the score and the facts behind them."""
    facts: dict[str, int | bool | None] = {
        "open_orders": listed.technician.open_orders,
        "max_open": listed.technician.max_open,
        "done_today": listed.technician.done_today,
        "on_shift": listed.technician.on_shift,
    }
    if isinstance(listed, Scored):
        facts |= {
            "near": listed.near, "load": listed.load, "travel": listed.travel, "fairness": listed.fairness,
            "metres": listed.metres, "on_the_way": listed.on_the_way,
        }  # fmt: skip
    return facts


def _close_offers(uow: UnitOfWork, order: RepairOrder, *, state: str, but: UUID | None = None) -> list[str]:
    statement = (
        update(DispatchCandidate)
        .where(
            DispatchCandidate.order_id == order.id,
            DispatchCandidate.round == order.dispatch_round,
            DispatchCandidate.state == "offered",
            DispatchCandidate.staff_id != but if but else DispatchCandidate.staff_id.is_not(None),
        )
        .values(state=state, answered_at=clock.utcnow())
        .returning(DispatchCandidate.staff_id)
    )
    ended = [str(staff_id) for staff_id in uow.session.scalars(statement)]
    tell_staff(uow, order, ended)
    return ended


def _rounds_since_start(uow: UnitOfWork, order: RepairOrder) -> int:
    return (
        uow.session.scalar(
            select(func.count(func.distinct(DispatchCandidate.round))).where(
                DispatchCandidate.order_id == order.id,
                DispatchCandidate.offered_at >= order.level_started_at,
                DispatchCandidate.state != "withdrawn",
            )
        )
        or 0
    )
