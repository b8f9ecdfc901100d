"""What concerns one person: a resident's orders and their progress, a technician's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select

from saas.core.actors import Actor
from saas.core.paging import page
from saas.estate.models import Building, Community
from saas.people.models import StaffMember
from saas.repairs.models import RepairOrder
from saas.repairs.permissions import REPORT, WORK
from saas.repairs.queries.detail import OrderDetail, load_order
from saas.repairs.queries.orders import COLUMNS, URGENCY_ORDER, OrderRow, order_statement, with_counts
from saas.repairs.queries.visibility import followed_by, offered_to, reported_by, worked_by
from saas.repairs.scoring import Point, metres_between
from saas.repairs.states import OPEN_STATES, WITH_TECHNICIAN
from tenants import clock
from tenants.unit_of_work import UnitOfWork

# The road that a resident watches; what happened besides stands between.
ROAD = ("submitted", "triaged", "accepted", "en_route", "working", "finished")
_FAR_AWAY = 10**9


@dataclass(frozen=True)
class ProgressStep:
    """One step of the resident's story, oldest first. `when`: done, now, to_come."""

    state: str
    when: str
    at: datetime | None
    by: str
    note: str


@dataclass(frozen=True)
class Progress:
    """A resident's order: the whole of it, and its story with what is still to come."""

    order: OrderDetail
    steps: tuple[ProgressStep, ...]
    is_reporter: bool


@dataclass(frozen=True)
class TodayOrder:
    """One order of a technician's day; `metres` from the last known place, None when unknown."""

    row: OrderRow
    metres: int | None
    lat: float | None
    lng: float | None
    is_offer: bool
    is_grab: bool
    offer_expires_at: datetime | None


@dataclass(frozen=True)
class Today:
    """A technician's day: what is offered, what is in hand (the urgent and near first), what is done."""

    offers: tuple[TodayOrder, ...]
    orders: tuple[TodayOrder, ...]
    done: tuple[OrderRow, ...]


def my_orders(
    uow: UnitOfWork, *, actor: Actor, cursor: str | None = None, limit: int | None = None
) -> tuple[list[OrderRow], str | None]:
    """A resident's orders: reported, of the own rooms, joined; the newest first."""
    actor.require(REPORT.code)
    statement = order_statement().where(_concerns(actor))
    rows, following = page(
        uow.session, statement, keys=[RepairOrder.id], cursor=cursor, limit=limit, descending=True
    )
    return with_counts(uow, rows), following


def what_needs_me(uow: UnitOfWork, *, actor: Actor, limit: int = 3) -> list[OrderRow]:
    """For the home page: what waits for a rating, then what is going on, the newest first."""
    statement = (
        order_statement()
        .where(
            or_(
                RepairOrder.state.in_(OPEN_STATES) & _concerns(actor),
                (RepairOrder.state == "finished") & reported_by(actor),
            )
        )
        .order_by((RepairOrder.state == "finished").desc(), RepairOrder.id.desc())
        .limit(limit)
    )
    return with_counts(uow, list(uow.session.execute(statement).all()))


def progress(uow: UnitOfWork, *, actor: Actor, order_id: UUID) -> Progress:
    """The resident's page of one order."""
    order = load_order(uow, actor=actor, order_id=order_id)
    reporter = uow.session.scalar(
        select(RepairOrder.id).where(RepairOrder.id == order_id, reported_by(actor))
    )
    return Progress(order, steps_of(order), reporter is not None)


def steps_of(order: OrderDetail) -> tuple[ProgressStep, ...]:
    """What happened, oldest first, the present state marked, then what is to come on the usual road."""
    story = [
        line for line in reversed(order.history) if line.kind == "transition" and line.to_state is not None
    ]
    seen = [line for line in story if line.to_state not in ("dispatched", "returned")]
    steps = [ProgressStep(line.to_state or "", "done", line.at, line.actor_name, line.note) for line in seen]
    if steps:
        last = steps[-1]
        ended = order.row.state in ("finished", "rated", "closed", "cancelled")
        steps[-1] = ProgressStep(last.state, "done" if ended else "now", last.at, last.by, last.note)
    return (*steps, *(ProgressStep(state, "to_come", None, "", "") for state in _to_come(order.row.state)))


def technician_today(uow: UnitOfWork, *, actor: Actor) -> Today:
    """Offers and orders of the technician, the urgent ones first, then the near ones; and what is done today."""
    actor.require(WORK.code)
    here = _last_place(uow, actor)
    offers = _day(uow, here, offered_to(actor.staff_id), is_offer=True)
    orders = _day(
        uow, here, worked_by(actor.staff_id) & RepairOrder.state.in_(WITH_TECHNICIAN), is_offer=False
    )
    midnight = (
        clock.utcnow()
        .astimezone(ZoneInfo(uow.tenant.time_zone))
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    done = order_statement().where(worked_by(actor.staff_id), RepairOrder.finished_at >= midnight)
    rows = list(uow.session.execute(done.order_by(RepairOrder.finished_at.desc())).all())
    return Today(offers, orders, tuple(with_counts(uow, rows)))


def _concerns(actor: Actor) -> ColumnElement[bool]:
    return or_(reported_by(actor), followed_by(actor))


def _to_come(state: str) -> tuple[str, ...]:
    if state in ("finished",):
        return ("rated",)
    if state in ("rated", "closed", "cancelled"):
        return ()
    reached = {
        "dispatched": "triaged",
        "returned": "triaged",
        "reopened": "triaged",
        "paused": "working",
    }.get(state, state)
    ahead = ROAD[ROAD.index(reached) + 1 :] if reached in ROAD else ROAD[1:]
    return (*ahead, "rated")


def _last_place(uow: UnitOfWork, actor: Actor) -> Point | None:
    row = uow.session.execute(
        select(StaffMember.last_lat, StaffMember.last_lng).where(StaffMember.id == actor.staff_id)
    ).first()
    return (
        Point(row.last_lat, row.last_lng)
        if row and row.last_lat is not None and row.last_lng is not None
        else None
    )


def _day(
    uow: UnitOfWork, here: Point | None, which: ColumnElement[bool], *, is_offer: bool
) -> tuple[TodayOrder, ...]:
    statement = (
        order_statement(
            Building.lat, Building.lng, Community.lat, Community.lng, RepairOrder.dispatch_mode,
            RepairOrder.offer_expires_at, URGENCY_ORDER,
        )
        .outerjoin(Building, Building.id == RepairOrder.building_id)
        .where(which)
    )  # fmt: skip
    rows = list(uow.session.execute(statement).all())
    found = []
    for raw, row in zip(rows, with_counts(uow, rows), strict=True):
        lat, lng, community_lat, community_lng, mode, expires_at, rank = raw[len(COLUMNS) :]
        there = _point(lat, lng) or _point(community_lat, community_lng)
        metres = metres_between(here, there) if here and there else None
        today = TodayOrder(
            row, metres, there.lat if there else None, there.lng if there else None, is_offer,
            is_offer and mode == "grab", expires_at,
        )  # fmt: skip
        found.append((rank, metres if metres is not None else _FAR_AWAY, row.id, today))
    return tuple(today for *_, today in sorted(found, key=lambda entry: entry[:3]))


def _point(lat: float | None, lng: float | None) -> Point | None:
    return Point(lat, lng) if lat is not None and lng is not None else None
