"""The technician's steps at the place: on the way, arrived, paused, resumed, repaired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from saas.core.actors import Actor
from saas.core.errors import InvalidInput
from saas.estate.models import PlaceLink
from saas.people.models import StaffMember
from saas.repairs import errors
from saas.repairs import preferences as pref
from saas.repairs.catalogue import PAUSE_REASONS
from saas.repairs.events import OrderFinished
from saas.repairs.models import RepairOrder, RepairPhoto
from saas.repairs.queries.crew import point_of_order
from saas.repairs.scoring import Point, metres_between
from saas.repairs.services.due import restart_clock, stop_clock
from saas.repairs.services.moving import move
from saas.repairs.services.rules import allowed_arrow, expect_version, seen_order
from saas.repairs.services.timers import arm_close_timer
from tenants import clock
from tenants.unit_of_work import UnitOfWork

# Phones are often wrong by some tens of metres between high buildings.
NEAR_ENOUGH_METRES = 300
LONGEST_TRIP_MINUTES = 24 * 60


@dataclass(frozen=True)
class Arrival:
    """How the technician shows to be there: by the phone's place, by a scanned QR code, or by word alone."""

    by: Literal["place", "code", "word"] = "word"
    lat: float | None = None
    lng: float | None = None
    code: str | None = None


def start_trip(
    uow: UnitOfWork,
    *,
    actor: Actor,
    order_id: UUID,
    eta_minutes: int | None = None,
    note: str = "",
    version: int | None = None,
) -> RepairOrder:
    """On the way, with the minutes until arrival if known; the resident sees the time."""
    order = _own(uow, actor, order_id, "en_route", version)
    if eta_minutes is not None and not 0 <= eta_minutes <= LONGEST_TRIP_MINUTES:
        raise InvalidInput(fields={"eta_minutes": [_l("Give the minutes until you are there.")]})
    if order.state == "paused":
        restart_clock(uow, order)
    order.eta_at = clock.utcnow() + timedelta(minutes=eta_minutes) if eta_minutes is not None else None
    data = {"eta_at": order.eta_at.isoformat()} if order.eta_at else {}
    move(uow, order, "en_route", actor=actor, note=note, data=data)
    return order


def arrive(
    uow: UnitOfWork,
    *,
    actor: Actor,
    order_id: UUID,
    arrival: Arrival | None = None,
    note: str = "",
    version: int | None = None,
) -> RepairOrder:
    """At the place; from here on the order is in repair."""
    order = _own(uow, actor, order_id, "working", version)
    if order.state == "paused":
        return resume_work(uow, actor=actor, order_id=order_id, note=note, version=version)
    proof = _proof(uow, order, arrival or Arrival())
    if proof["by"] == "word" and pref.switched_on(uow, pref.ARRIVAL_PROOF_NEEDED):
        raise InvalidInput(fields={"arrival": [_l("Scan the code at the door or share your place.")]})
    _remember_place(uow, actor, arrival)
    order.arrived_at = order.arrived_at or clock.utcnow()
    order.eta_at = None
    move(uow, order, "working", actor=actor, note=note, data={"arrival": proof})
    return order


def pause_work(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, reason: str, note: str = "", version: int | None = None
) -> RepairOrder:
    """Stop for a reason; the clock stands only for the reasons that the firm lists."""
    order = _own(uow, actor, order_id, "paused", version, given=("reason",) if reason else ())
    if reason not in PAUSE_REASONS:
        raise InvalidInput(fields={"reason": [_l("Choose a reason.")]})
    stops = pref.clock_stops(uow, reason)
    event = move(uow, order, "paused", actor=actor, note=note, data={"reason": reason, "clock_stops": stops})
    order.pause_reason, order.paused_at = reason, event.at
    if stops:
        stop_clock(order, event.at)
    uow.session.flush()
    return order


def resume_work(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, note: str = "", version: int | None = None
) -> RepairOrder:
    """Go on with the repair after a pause."""
    order = _own(uow, actor, order_id, "working", version)
    restart_clock(uow, order)
    order.arrived_at = order.arrived_at or clock.utcnow()
    move(uow, order, "working", actor=actor, note=note, data={"resumed": True})
    return order


def finish_order(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, note: str = "", version: int | None = None
) -> RepairOrder:
    """Repaired, with a word of what was done; the firm may ask for a photo of the repair before."""
    order = _own(uow, actor, order_id, "finished", version)
    if pref.switched_on(uow, pref.AFTER_PHOTO_NEEDED) and not _after_photos(uow, order):
        raise errors.photos_needed()
    order.finished_at = clock.utcnow()
    event = move(uow, order, "finished", actor=actor, note=note)
    arm_close_timer(uow, order)
    if order.technician_id is not None:
        uow.emit(OrderFinished(order_id=order.id, staff_id=order.technician_id, at=event.at))
    return order


def _own(
    uow: UnitOfWork,
    actor: Actor,
    order_id: UUID,
    target: str,
    version: int | None,
    given: tuple[str, ...] = (),
) -> RepairOrder:
    order = seen_order(uow, actor, order_id, lock=True)
    expect_version(order, version)
    allowed_arrow(uow, actor, order, target, given)
    return order


def _proof(uow: UnitOfWork, order: RepairOrder, arrival: Arrival) -> dict[str, Any]:
    if arrival.by == "code":
        return _proof_by_code(uow, order, arrival.code or "")
    if arrival.by == "place" and arrival.lat is not None and arrival.lng is not None:
        there = point_of_order(uow, order)
        metres = metres_between(Point(arrival.lat, arrival.lng), there) if there else None
        return {"by": "place", "metres": metres, "near": metres is None or metres <= NEAR_ENOUGH_METRES}
    return {"by": "word"}


def _proof_by_code(uow: UnitOfWork, order: RepairOrder, code: str) -> dict[str, Any]:
    link = uow.session.execute(
        select(PlaceLink.room_id, PlaceLink.community_id).where(PlaceLink.token == code)
    ).first()
    right = link is not None and link.community_id == order.community_id
    if not right or (link is not None and link.room_id is not None and link.room_id != order.room_id):
        raise InvalidInput(fields={"arrival": [_l("This code belongs to another place.")]})
    return {"by": "code", "room": link is not None and link.room_id is not None}


def _remember_place(uow: UnitOfWork, actor: Actor, arrival: Arrival | None) -> None:
    """Where the technician was last seen, for the distance of the next order."""
    if arrival is None or arrival.lat is None or arrival.lng is None or actor.staff_id is None:
        return
    member = uow.session.get(StaffMember, actor.staff_id)
    if member is not None:
        member.last_lat, member.last_lng, member.last_place_at = arrival.lat, arrival.lng, clock.utcnow()


def _after_photos(uow: UnitOfWork, order: RepairOrder) -> int:
    statement = select(func.count()).where(RepairPhoto.order_id == order.id, RepairPhoto.stage == "after")
    return uow.session.scalar(statement) or 0
