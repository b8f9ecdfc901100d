"""Open orders that look like the same fault: same place, same category, words alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from saas.core.places import Place
from saas.repairs.likeness import ALIKE, likeness
from saas.repairs.models import RepairFollower, RepairOrder
from saas.repairs.states import OPEN_STATES
from tenants.unit_of_work import UnitOfWork

# A public place of a busy community rarely has more open orders of one category.
_LOOKED_AT = 50


@dataclass(frozen=True)
class SimilarOrder:
    """An open order that may be the same fault; `likeness` between 0 and 1. Nothing personal."""

    order_id: UUID
    number: str
    description: str
    place: str
    state: str
    created_at: datetime
    followers: int
    likeness: float


def similar_orders_at(
    uow: UnitOfWork, place: Place, category: str, text: str, *, but: UUID | None = None
) -> tuple[SimilarOrder, ...]:
    """Open orders at the same place and of the same category whose words are alike, the most alike first."""
    followers = select(func.count()).where(RepairFollower.order_id == RepairOrder.id).scalar_subquery()
    statement = (
        select(
            RepairOrder.id, RepairOrder.number, RepairOrder.description, RepairOrder.place_text, RepairOrder.state,
            RepairOrder.created_at, followers,
        )
        .where(RepairOrder.state.in_(OPEN_STATES), RepairOrder.category == category, _same_place(place))
        .order_by(RepairOrder.created_at.desc())
        .limit(_LOOKED_AT)
    )  # fmt: skip
    if but is not None:
        statement = statement.where(RepairOrder.id != but)
    found = [_similar(text, row) for row in uow.session.execute(statement)]
    alike = [order for order in found if order.likeness >= ALIKE]
    return tuple(sorted(alike, key=lambda order: order.likeness, reverse=True))


def _same_place(place: Place) -> ColumnElement[bool]:
    """A room is its own place; a public place is the same building, or the grounds of the community."""
    if place.room_id is not None:
        return RepairOrder.room_id == place.room_id
    same = (RepairOrder.community_id == place.community_id) & RepairOrder.room_id.is_(None)
    if place.building_id is not None:
        return same & (RepairOrder.building_id == place.building_id)
    return same & RepairOrder.building_id.is_(None)


def _similar(text: str, row: Any) -> SimilarOrder:
    return SimilarOrder(*(*row, likeness(text, row[2])))
