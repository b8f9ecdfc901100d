"""Everything about one order: facts, history, photos, candidates, what the actor may do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.core.actors import Actor
from saas.people.models import StaffMember, UserAccount
from saas.people.phones import mask_phone
from saas.repairs import errors
from saas.repairs import permissions as p
from saas.repairs.models import (
    DispatchCandidate,
    LevelBreach,
    RepairEvent,
    RepairOrder,
    RepairPhoto,
    RepairRating,
)
from saas.repairs.queries.calendars import level_for
from saas.repairs.queries.orders import OrderRow, order_statement, with_counts
from saas.repairs.queries.visibility import visible_to
from tenants.fields import decrypt_field
from tenants.unit_of_work import UnitOfWork

# What a resident reads of an order's history: its own story, not who was asked and who said no.
RESIDENT_STATES = frozenset(
    {"submitted", "triaged", "accepted", "en_route", "working", "paused", "finished", "rated", "closed", "reopened",
     "cancelled"}
)  # fmt: skip
OLDER_SHOWN = 5


@dataclass(frozen=True)
class HistoryLine:
    """One line of the history. `kind`: transition, classified, note, photo, joined, declined, offer_expired,
    nobody_to_ask, warned, late, called_back. `data` depends on it."""

    id: UUID
    at: datetime
    kind: str
    from_state: str | None
    to_state: str | None
    actor_kind: str
    actor_name: str
    note: str
    data: dict[str, Any]


@dataclass(frozen=True)
class PhotoRow:
    """One photo; the bytes come from `services.read_photo`."""

    id: UUID
    stage: str
    position: int
    width: int
    height: int
    created_at: datetime


@dataclass(frozen=True)
class CandidateRow:
    """One technician weighed for the order. `score` 0 to 100; `parts` has near, load, travel, fairness, metres,
    on_the_way, open_orders, max_open, done_today; `left_out_because` is set for those not asked."""

    staff_id: UUID
    name: str
    score: int
    parts: dict[str, Any]
    state: str
    left_out_because: str | None
    answer: str
    job_title: str = ""


@dataclass(frozen=True)
class RatingRow:
    """The resident's marks. `call_back`: none, open, done."""

    attitude: int
    speed: int
    quality: int
    words: str
    praise: tuple[str, ...]
    rated_at: datetime
    call_back: str
    call_back_note: str


@dataclass(frozen=True)
class Minutes:
    """What the service level promises, in working minutes."""

    respond: int
    arrive: int
    finish: int
    round_the_clock: bool


@dataclass(frozen=True)
class OrderDetail:
    """One order with all that belongs to it; lists are empty where the actor has no business with them."""

    row: OrderRow
    because: tuple[dict[str, Any], ...]
    urgency_confidence: float
    classifier: str
    contact_phone: str | None
    reporter_person_id: UUID | None
    dispatch_mode: str
    dispatch_round: int
    offer_expires_at: datetime | None
    respond_due_at: datetime
    arrive_due_at: datetime
    finish_due_at: datetime
    responded_at: datetime | None
    arrived_at: datetime | None
    closed_at: datetime | None
    closed_as: str | None
    cycle: int
    promised: Minutes
    history: tuple[HistoryLine, ...]
    photos: tuple[PhotoRow, ...]
    candidates: tuple[CandidateRow, ...]
    left_out: tuple[CandidateRow, ...]
    breaches: tuple[str, ...]
    rating: RatingRow | None
    older: tuple[OrderRow, ...]


def load_order(uow: UnitOfWork, *, actor: Actor, order_id: UUID) -> OrderDetail:
    """The whole order for somebody who sees it; NotFound for everybody else."""
    found = uow.session.execute(
        order_statement(RepairOrder).where(RepairOrder.id == order_id, visible_to(actor))
    ).first()
    if found is None:
        raise errors.order_not_found()
    row, order = with_counts(uow, [found])[0], found[-1]
    at_desk = sees_all_of(actor, order)
    listing = load_candidates(uow, order) if at_desk else ()
    level = level_for(uow, order.category, order.urgency)
    return OrderDetail(
        row=row, because=tuple(order.because), urgency_confidence=order.urgency_confidence,
        classifier=order.classifier, contact_phone=masked_contact(uow, order),
        reporter_person_id=order.reporter_person_id if at_desk else None,
        dispatch_mode=order.dispatch_mode, dispatch_round=order.dispatch_round,
        offer_expires_at=order.offer_expires_at, respond_due_at=order.respond_due_at,
        arrive_due_at=order.arrive_due_at, finish_due_at=order.finish_due_at, responded_at=order.responded_at,
        arrived_at=order.arrived_at, closed_at=order.closed_at, closed_as=order.closed_as, cycle=order.cycle,
        promised=Minutes(level.respond, level.arrive, level.finish, level.round_the_clock),
        history=load_history(uow, order, actor), photos=load_photos(uow, order.id),
        candidates=tuple(each for each in listing if each.left_out_because is None or each.state != "left_out"),
        left_out=tuple(each for each in listing if each.state == "left_out"),
        breaches=_breaches(uow, order) if at_desk else (), rating=_rating(uow, order),
        older=_older(uow, actor, order),
    )  # fmt: skip


def sees_all_of(actor: Actor, order: RepairOrder) -> bool:
    """Whether the actor looks at the order from the front desk's side."""
    return actor.may(p.OVERVIEW.code, community_id=order.community_id, building_id=order.building_id)


def load_history(uow: UnitOfWork, order: RepairOrder, actor: Actor) -> tuple[HistoryLine, ...]:
    """The history, the newest first; a resident reads the own story only."""
    rows = uow.session.execute(
        select(
            RepairEvent.id, RepairEvent.at, RepairEvent.kind, RepairEvent.from_state, RepairEvent.to_state,
            RepairEvent.actor_kind, RepairEvent.actor_name, RepairEvent.note, RepairEvent.data,
        )
        .where(RepairEvent.order_id == order.id)
        .order_by(RepairEvent.at.desc(), RepairEvent.id.desc())
    )  # fmt: skip
    lines = tuple(HistoryLine(*row) for row in rows)
    if sees_all_of(actor, order) or actor.staff_id is not None:
        return lines
    return tuple(line for line in lines if line.kind == "transition" and line.to_state in RESIDENT_STATES)


def load_photos(uow: UnitOfWork, order_id: UUID) -> tuple[PhotoRow, ...]:
    """Photos of the fault, then of the repair, in their order."""
    rows = uow.session.execute(
        select(
            RepairPhoto.id, RepairPhoto.stage, RepairPhoto.position, RepairPhoto.width, RepairPhoto.height,
            RepairPhoto.created_at,
        )
        .where(RepairPhoto.order_id == order_id)
        .order_by(RepairPhoto.stage.desc(), RepairPhoto.position)
    )  # fmt: skip
    return tuple(PhotoRow(*row) for row in rows)


def load_candidates(uow: UnitOfWork, order: RepairOrder) -> tuple[CandidateRow, ...]:
    """The stored listing of the present round, as it was weighed."""
    rows = uow.session.execute(
        select(
            DispatchCandidate.staff_id, UserAccount.name, DispatchCandidate.score, DispatchCandidate.parts,
            DispatchCandidate.state, DispatchCandidate.left_out_because, DispatchCandidate.answer,
            StaffMember.job_title,
        )
        .join(StaffMember, StaffMember.id == DispatchCandidate.staff_id)
        .join(UserAccount, UserAccount.id == StaffMember.user_id)
        .where(DispatchCandidate.order_id == order.id, DispatchCandidate.round == order.dispatch_round)
        .order_by(DispatchCandidate.position)
    )  # fmt: skip
    return tuple(CandidateRow(*row) for row in rows)


def masked_contact(uow: UnitOfWork, order: RepairOrder) -> str | None:
    """138****0617, or None when no phone was given with the report."""
    if order.contact_phone is None:
        return None
    phone = decrypt_field(
        uow, order.contact_phone, table="repair_order", column="contact_phone", row_id=order.id
    )
    return mask_phone(phone)


def _rating(uow: UnitOfWork, order: RepairOrder) -> RatingRow | None:
    rating = uow.session.scalar(
        select(RepairRating).where(RepairRating.order_id == order.id, RepairRating.cycle == order.cycle)
    )
    if rating is None:
        return None
    return RatingRow(
        rating.attitude, rating.speed, rating.quality, rating.words, tuple(rating.praise), rating.rated_at,
        rating.call_back, rating.call_back_note,
    )  # fmt: skip


def _breaches(uow: UnitOfWork, order: RepairOrder) -> tuple[str, ...]:
    statement = select(LevelBreach.due).where(
        LevelBreach.order_id == order.id, LevelBreach.cycle == order.cycle
    )
    return tuple(uow.session.scalars(statement.order_by(LevelBreach.due_at)))


def _older(uow: UnitOfWork, actor: Actor, order: RepairOrder) -> tuple[OrderRow, ...]:
    """What was repaired in the same room before."""
    if order.room_id is None:
        return ()
    statement = (
        order_statement()
        .where(visible_to(actor), RepairOrder.room_id == order.room_id, RepairOrder.id != order.id)
        .order_by(RepairOrder.id.desc())
        .limit(OLDER_SHOWN)
    )
    return tuple(with_counts(uow, list(uow.session.execute(statement).all())))
