"""What a message about an order has to say and whom it concerns, in few statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from saas.estate.models import Community
from saas.people.models import StaffMember, UserAccount
from saas.people.queries import user_of_person
from saas.repairs.models import DispatchCandidate, RepairEvent, RepairFollower, RepairOrder
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Listener:
    """Somebody who hears of an order: a resident's account, or a person without one."""

    user_id: UUID | None
    person_id: UUID | None


@dataclass(frozen=True)
class Told:
    """The facts of one order for its messages; codes, not words: the reader's language is not known here."""

    order: RepairOrder
    community: str
    time_zone: str
    technician: str
    technician_user_id: UUID | None


def told(uow: UnitOfWork, order_id: UUID) -> Told | None:
    """The order as its messages speak of it."""
    row = uow.session.execute(
        select(RepairOrder, Community.name, Community.time_zone, UserAccount.name, UserAccount.id)
        .join(Community, Community.id == RepairOrder.community_id)
        .outerjoin(StaffMember, StaffMember.id == RepairOrder.technician_id)
        .outerjoin(UserAccount, UserAccount.id == StaffMember.user_id)
        .where(RepairOrder.id == order_id)
    ).first()
    return Told(row[0], row[1], row[2], row[3] or "", row[4]) if row else None


def listeners(uow: UnitOfWork, order: RepairOrder) -> list[Listener]:
    """The reporter and everybody who follows, each once."""
    found: dict[tuple[UUID | None, UUID | None], Listener] = {}
    rows = uow.session.execute(
        select(RepairFollower.user_id, RepairFollower.person_id).where(RepairFollower.order_id == order.id)
    )
    for user_id, person_id in ((order.reporter_user_id, order.reporter_person_id), *rows):
        user_id = user_id or (user_of_person(uow, person_id) if person_id else None)
        if user_id is not None:
            found[user_id, None] = Listener(user_id, None)
        elif person_id is not None:
            found[None, person_id] = Listener(None, person_id)
    return list(found.values())


def offered_users(uow: UnitOfWork, order: RepairOrder) -> list[UUID]:
    """The accounts of those who are being asked now."""
    return list(
        uow.session.scalars(
            select(StaffMember.user_id)
            .join(DispatchCandidate, DispatchCandidate.staff_id == StaffMember.id)
            .where(
                DispatchCandidate.order_id == order.id,
                DispatchCandidate.round == order.dispatch_round,
                DispatchCandidate.state == "offered",
            )
            .order_by(DispatchCandidate.position)
        )
    )


def user_of_staff(uow: UnitOfWork, staff_id: UUID) -> UUID | None:
    """The account of a staff member."""
    return uow.session.scalar(select(StaffMember.user_id).where(StaffMember.id == staff_id))


def transition_note(uow: UnitOfWork, event_id: UUID) -> tuple[str, datetime] | None:
    """What was said with a step, and when."""
    row = uow.session.execute(
        select(RepairEvent.note, RepairEvent.at).where(RepairEvent.id == event_id)
    ).first()
    return (row.note, row.at) if row else None
