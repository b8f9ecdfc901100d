"""Which orders an actor may see, as one row filter for board, lists, details, cards and live topics."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true

from saas.core.actors import Actor, Scope
from saas.estate.models import Occupancy
from saas.repairs import permissions as p
from saas.repairs.models import DispatchCandidate, RepairFollower, RepairOrder
from tenants import clock


def within(scope: Scope) -> ColumnElement[bool]:
    """Orders whose place a scope covers."""
    if scope.everything:
        return true()
    parts: list[ColumnElement[bool]] = []
    if scope.communities:
        parts.append(RepairOrder.community_id.in_(scope.communities))
    if scope.buildings:
        parts.append(RepairOrder.building_id.in_(scope.buildings))
    return or_(*parts) if parts else false()


def reported_by(actor: Actor) -> ColumnElement[bool]:
    """Orders the actor reported, or of a room where the actor lives and lived when it was reported."""
    parts: list[ColumnElement[bool]] = []
    if actor.user_id is not None:
        parts.append(RepairOrder.reporter_user_id == actor.user_id)
    if actor.person_id is not None:
        parts.append(RepairOrder.reporter_person_id == actor.person_id)
        parts.append(_lives_there(actor.person_id))
    return or_(*parts) if parts else false()


def followed_by(actor: Actor) -> ColumnElement[bool]:
    """Orders the actor joined."""
    if actor.person_id is None:
        return false()
    return exists(
        select(RepairFollower.id).where(
            RepairFollower.order_id == RepairOrder.id, RepairFollower.person_id == actor.person_id
        )
    )


def worked_by(staff_id: UUID | None) -> ColumnElement[bool]:
    """Orders that are the staff member's now."""
    return RepairOrder.technician_id == staff_id if staff_id is not None else false()


def offered_to(staff_id: UUID | None) -> ColumnElement[bool]:
    """Orders offered to the staff member at this moment, to accept or to grab."""
    if staff_id is None:
        return false()
    return and_(
        RepairOrder.state == "dispatched",
        exists(
            select(DispatchCandidate.id).where(
                DispatchCandidate.order_id == RepairOrder.id,
                DispatchCandidate.round == RepairOrder.dispatch_round,
                DispatchCandidate.staff_id == staff_id,
                DispatchCandidate.state == "offered",
            )
        ),
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Everything the actor may see: the scope of the overview, and what concerns the actor."""
    parts = [within(actor.scope(p.OVERVIEW.code))]
    if actor.may(p.REPORT.code):
        parts += [reported_by(actor), followed_by(actor)]
    if actor.may(p.WORK.code):
        parts += [worked_by(actor.staff_id), offered_to(actor.staff_id)]
    if actor.may(p.REGISTER.code) and actor.user_id is not None:
        parts.append(RepairOrder.created_by == actor.user_id)
    return or_(*parts)


def _lives_there(person_id: UUID) -> ColumnElement[bool]:
    today = clock.utcnow().date()
    # The date at its furthest east, so that the first morning in a new home counts in every zone.
    reported_on = func.date(RepairOrder.created_at + timedelta(hours=14))
    return exists(
        select(Occupancy.id).where(
            Occupancy.room_id == RepairOrder.room_id,
            Occupancy.person_id == person_id,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on > today),
            or_(Occupancy.starts_on.is_(None), Occupancy.starts_on <= reported_on),
        )
    )
