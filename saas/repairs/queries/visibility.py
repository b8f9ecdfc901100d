"""Which orders an actor may see, as one row filter for board, lists, details, cards and live topics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Uuid,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.types import TypeEngine

from saas.core.actors import Actor, Scope
from saas.estate.models import Occupancy
from saas.repairs import permissions as p
from saas.repairs.models import DispatchCandidate, RepairFollower, RepairOrder
from tenants import clock


def within(scope: Scope) -> ColumnElement[bool]:
    """Orders whose place a scope covers."""
    if scope.everything:
        return true()
    parts = _placed(scope.communities or None, scope.buildings or None)
    return or_(*parts) if parts else false()


def reported_by(actor: Actor) -> ColumnElement[bool]:
    """Orders the actor reported, or of a room where the actor lives and lived when it was reported."""
    parts = _reported(actor.user_id, actor.person_id, clock.utcnow().date())
    return or_(*parts) if parts else false()


def followed_by(actor: Actor) -> ColumnElement[bool]:
    """Orders the actor joined."""
    return false() if actor.person_id is None else _followed(actor.person_id)


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


class Sight(NamedTuple):
    """What the filter of an actor is made of; an empty part is left out, and who sees everything has no other."""

    everything: bool
    communities: Any = None
    buildings: Any = None
    reporter_user: Any = None
    reporter_person: Any = None
    staff: Any = None
    registrar: Any = None
    today: Any = None

    def shape(self) -> tuple[str, ...]:
        """The names of the parts that it has: equal for all actors of a kind."""
        return tuple(name for name, value in zip(self._fields, self, strict=True) if value)

    def values(self) -> dict[str, Any]:
        """What a statement over the shape has to be given; it does not run without."""
        return {_BOUND[name].key: getattr(self, name) for name in self.shape() if name in _BOUND}


def sight_in_shape(shape: tuple[str, ...]) -> Sight:
    """A sight with parameters in place of its values, for a statement that is built once and kept."""
    return Sight("everything" in shape, **{name: _BOUND[name] for name in shape if name in _BOUND})


def _bound(name: str, kind: TypeEngine[Any], *, several: bool = False) -> BindParameter[Any]:
    return bindparam(f"sight_{name}", type_=kind, expanding=several)


_BOUND: Mapping[str, BindParameter[Any]] = {
    "communities": _bound("communities", Uuid(), several=True),
    "buildings": _bound("buildings", Uuid(), several=True),
    "reporter_user": _bound("reporter_user", Uuid()),
    "reporter_person": _bound("reporter_person", Uuid()),
    "staff": _bound("staff", Uuid()),
    "registrar": _bound("registrar", Uuid()),
    "today": _bound("today", Date()),
}


def sight_of(actor: Actor) -> Sight:
    """What the actor may see: the scope of the overview, and what concerns the actor."""
    scope = actor.scope(p.OVERVIEW.code)
    if scope.everything:
        return Sight(True)
    reports, works, registers = (actor.may(code) for code in (p.REPORT.code, p.WORK.code, p.REGISTER.code))
    return Sight(
        False, scope.communities or None, scope.buildings or None,
        actor.user_id if reports else None, actor.person_id if reports else None,
        actor.staff_id if works else None, actor.user_id if registers else None,
        clock.utcnow().date() if reports and actor.person_id else None,
    )  # fmt: skip


def seen(sight: Sight) -> ColumnElement[bool]:
    """The row filter of a sight, or of its shape."""
    if sight.everything:
        return true()
    parts = [
        *_placed(sight.communities, sight.buildings),
        *_reported(sight.reporter_user, sight.reporter_person, sight.today),
    ]
    if sight.reporter_person is not None:
        parts.append(_followed(sight.reporter_person))
    if sight.staff is not None:
        parts += [worked_by(sight.staff), offered_to(sight.staff)]
    if sight.registrar is not None:
        parts.append(RepairOrder.created_by == sight.registrar)
    return or_(*parts) if parts else false()


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Everything the actor may see, with the values in place."""
    return seen(sight_of(actor))


# A value of the filters below is the value itself, or the parameter that will hold it.


def _placed(communities: Any, buildings: Any) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if communities is not None:
        parts.append(RepairOrder.community_id.in_(communities))
    if buildings is not None:
        parts.append(RepairOrder.building_id.in_(buildings))
    return parts


def _reported(user: Any, person: Any, today: Any) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if user is not None:
        parts.append(RepairOrder.reporter_user_id == user)
    if person is not None:
        parts.append(RepairOrder.reporter_person_id == person)
        parts.append(_lives_there(person, today))
    return parts


def _followed(person: Any) -> ColumnElement[bool]:
    return exists(
        select(RepairFollower.id).where(
            RepairFollower.order_id == RepairOrder.id, RepairFollower.person_id == person
        )
    )


def _lives_there(person: Any, today: Any) -> ColumnElement[bool]:
    # The date at its furthest east, so that the first morning in a new home counts in every zone.
    reported_on = func.date(RepairOrder.created_at + timedelta(hours=14))
    return exists(
        select(Occupancy.id).where(
            Occupancy.room_id == RepairOrder.room_id,
            Occupancy.person_id == person,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on > today),
            or_(Occupancy.starts_on.is_(None), Occupancy.starts_on <= reported_on),
        )
    )
