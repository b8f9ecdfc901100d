"""Loading an order for a change: seen, locked, at the expected version, by an arrow that the actor may take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import Forbidden, VersionConflict
from saas.repairs import errors
from saas.repairs.models import RepairOrder
from saas.repairs.queries.visibility import offered_to, reported_by, visible_to, worked_by
from saas.repairs.states import Arrow, Tie, Who, arrow, arrows_from
from tenants.unit_of_work import UnitOfWork

_ASK_FOR: Mapping[str, Any] = {
    "note": _l("Please say why."),
    "reason": _l("Choose a reason."),
    "category": _l("Choose a category."),
    "urgency": _l("Choose how urgent it is."),
    "attitude": _l("Give one to five stars."),
    "speed": _l("Give one to five stars."),
    "quality": _l("Give one to five stars."),
}


def seen_order(uow: UnitOfWork, actor: Actor, order_id: UUID, *, lock: bool = False) -> RepairOrder:
    """The order, if the actor may see it; the same refusal for one that does not exist.

    With `lock` other changes of the order wait until this unit of work is over.
    """
    statement = select(RepairOrder).where(RepairOrder.id == order_id, visible_to(actor))
    if lock:
        locked_order(uow, order_id)
    order = uow.session.scalar(statement.execution_options(populate_existing=True))
    if order is None:
        raise errors.order_not_found()
    return order


def locked_order(uow: UnitOfWork, order_id: UUID) -> RepairOrder | None:
    """The order as it is now, with its row locked; None when there is none."""
    statement = select(RepairOrder).where(RepairOrder.id == order_id).with_for_update()
    return uow.session.scalar(statement.execution_options(populate_existing=True))


def expect_version(order: RepairOrder, version: int | None) -> None:
    """Refuse when somebody else has changed the order since the actor looked at it."""
    if version is not None and version != order.version:
        raise VersionConflict()


def allowed_arrow(
    uow: UnitOfWork, actor: Actor, order: RepairOrder, target: str, given: Collection[str] = ()
) -> Arrow:
    """The arrow to `target` that the actor may take with what is given.

    Raises Conflict where the table has no such arrow, Forbidden where nobody like the actor may take it, and
    InvalidInput naming what is missing.
    """
    found = arrow(order.state, target)
    if found is None:
        raise errors.transition_refused(order.state, target)
    ties = ties_of(uow, actor, order)
    ways = [who for who in found.who if _fits(actor, order, who, ties)]
    if not ways:
        raise Forbidden()
    lacking = [set(found.needs) | set(who.needs) for who in ways]
    missing = min((needs - set(given) for needs in lacking), key=len)
    if missing:
        raise errors.missing(**{name: _ASK_FOR[name] for name in sorted(missing)})
    return found


def arrows_open_to(uow: UnitOfWork, actor: Actor, order: RepairOrder) -> tuple[Arrow, ...]:
    """The arrows from the present state that the actor may take, for the buttons of a page."""
    ties = ties_of(uow, actor, order)
    return tuple(
        item for item in arrows_from(order.state) if any(_fits(actor, order, who, ties) for who in item.who)
    )


def covers(actor: Actor, permission: str, order: RepairOrder) -> bool:
    """Whether the actor's permission covers the order's place."""
    return actor.may(permission, community_id=order.community_id, building_id=order.building_id)


def ties_of(uow: UnitOfWork, actor: Actor, order: RepairOrder) -> frozenset[Tie]:
    """How the actor is tied to the order: as its reporter, its technician, being offered it; one statement."""
    row = uow.session.execute(
        select(reported_by(actor), worked_by(actor.staff_id), offered_to(actor.staff_id)).where(
            RepairOrder.id == order.id
        )
    ).one()
    names: tuple[Tie, ...] = ("reporter", "technician", "offered")
    return frozenset(name for name, holds in zip(names, row, strict=True) if holds)


def _fits(actor: Actor, order: RepairOrder, who: Who, ties: frozenset[Tie]) -> bool:
    if who.tie == "system":
        return actor.kind == "system"
    if actor.kind == "system":
        return False
    if who.tie == "scope":
        return covers(actor, who.permission, order)
    return actor.may(who.permission) and who.tie in ties
