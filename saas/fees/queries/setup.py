"""Lists of the set-up within an actor's scope."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true

from saas.core.actors import Actor
from saas.core.paging import page
from saas.fees.models import AssignmentRule, Concession, FeeAssignment, FeeItem, Tariff
from saas.fees.permissions import VIEW
from tenants.unit_of_work import UnitOfWork

Page = tuple[list[Any], str | None]


def items_in_scope(actor: Actor, permission: str = VIEW.code) -> ColumnElement[bool]:
    """Items of the whole firm are seen wherever the permission is held at all."""
    scope = actor.scope(permission)
    if scope.everything:
        return true()
    if scope.empty:
        return false()
    return or_(FeeItem.community_id.is_(None), FeeItem.community_id.in_(scope.communities))


def places_in_scope(actor: Actor, permission: str, community: Any, building: Any) -> ColumnElement[bool]:
    """Rows with a community and perhaps a building that the permission covers."""
    scope = actor.scope(permission)
    if scope.everything:
        return true()
    parts: list[ColumnElement[bool]] = []
    if scope.communities:
        parts.append(community.in_(scope.communities))
    if scope.buildings:
        parts.append(building.in_(scope.buildings))
    return or_(*parts) if parts else false()


def list_items(uow: UnitOfWork, *, actor: Actor, cursor: str | None = None, limit: int | None = None) -> Page:
    """Fee items by priority and code."""
    statement = select(FeeItem).where(items_in_scope(actor))
    keys = [FeeItem.priority, FeeItem.code, FeeItem.id]
    return page(uow.session, statement, keys=keys, cursor=cursor, limit=limit)


def list_tariffs(
    uow: UnitOfWork,
    *,
    actor: Actor,
    item_id: UUID | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Tariffs by item, oldest first."""
    statement = select(Tariff).join(FeeItem, FeeItem.id == Tariff.item_id).where(items_in_scope(actor))
    if item_id is not None:
        statement = statement.where(Tariff.item_id == item_id)
    keys = [Tariff.item_id, Tariff.starts_on, Tariff.id]
    return page(uow.session, statement, keys=keys, cursor=cursor, limit=limit)


def list_assignments(
    uow: UnitOfWork,
    *,
    actor: Actor,
    item_id: UUID | None = None,
    room_id: UUID | None = None,
    community_id: UUID | None = None,
    rule_id: UUID | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page:
    """Assignments in scope, in the order they were made."""
    statement = select(FeeAssignment).where(
        places_in_scope(actor, VIEW.code, FeeAssignment.community_id, FeeAssignment.building_id)
    )
    wanted = {
        FeeAssignment.item_id: item_id, FeeAssignment.room_id: room_id,
        FeeAssignment.community_id: community_id, FeeAssignment.rule_id: rule_id,
    }  # fmt: skip
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    return page(uow.session, statement, keys=[FeeAssignment.id], cursor=cursor, limit=limit)


def list_rules(uow: UnitOfWork, *, actor: Actor, cursor: str | None = None, limit: int | None = None) -> Page:
    """Rules of the items in scope."""
    statement = (
        select(AssignmentRule)
        .join(FeeItem, FeeItem.id == AssignmentRule.item_id)
        .where(items_in_scope(actor))
    )
    return page(uow.session, statement, keys=[AssignmentRule.id], cursor=cursor, limit=limit)


def list_discounts(
    uow: UnitOfWork, *, actor: Actor, cursor: str | None = None, limit: int | None = None
) -> Page:
    """Discounts, the newest first; those of the whole firm for who sees the whole firm."""
    scope = actor.scope(VIEW.code)
    statement = select(Concession).where(Concession.kind.not_in(("late_fee_waiver", "write_off")))
    if not scope.everything:
        statement = statement.where(Concession.community_id.in_(scope.communities))
    return page(uow.session, statement, keys=[Concession.id], cursor=cursor, limit=limit, descending=True)
