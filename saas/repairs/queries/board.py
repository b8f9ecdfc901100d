"""The front desk's board: four columns with live counts, filters, and what is alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, literal, select

from saas.core.actors import Actor
from saas.estate.models import Building, Community
from saas.repairs.likeness import ALIKE, likeness
from saas.repairs.models import RepairOrder, RepairRating
from saas.repairs.permissions import OVERVIEW
from saas.repairs.queries.crew import staff_names
from saas.repairs.queries.orders import (
    COLUMNS,
    URGENCY_ORDER,
    OrderFilter,
    OrderRow,
    conditions,
    order_statement,
    with_counts,
)
from saas.repairs.queries.visibility import within
from saas.repairs.states import COLUMN_NEW, COLUMN_TO_DISPATCH, OPEN_STATES
from tenants import clock
from tenants.unit_of_work import UnitOfWork

CARDS_SHOWN = 30
BOARD_COLUMNS = ("new", "to_dispatch", "in_work", "overdue")


@dataclass(frozen=True)
class Column:
    """One column: how many orders it has, and the first of them, the most pressing on top."""

    key: str
    count: int
    cards: tuple[OrderRow, ...]

    @property
    def more(self) -> int:
        """How many orders are not shown."""
        return self.count - len(self.cards)


@dataclass(frozen=True)
class Board:
    """The four columns; `similar` says of an order how many others look like the same fault."""

    columns: tuple[Column, ...]
    open_count: int
    call_backs: int
    similar: dict[UUID, int]


@dataclass(frozen=True)
class Choice:
    """One entry of a filter."""

    id: UUID
    name: str
    community_id: UUID | None = None


@dataclass(frozen=True)
class BoardChoices:
    """What the board can be narrowed to, within the actor's scope."""

    communities: tuple[Choice, ...]
    buildings: tuple[Choice, ...]
    technicians: tuple[Choice, ...]


def load_board(
    uow: UnitOfWork, *, actor: Actor, wanted: OrderFilter | None = None, shown: int = CARDS_SHOWN
) -> Board:
    """The board within the actor's scope. An overdue order stands in its own column only."""
    actor.require(OVERVIEW.code)
    narrowed = [
        within(actor.scope(OVERVIEW.code)), RepairOrder.state.in_(OPEN_STATES), *conditions(uow, wanted or OrderFilter()),
    ]  # fmt: skip
    counts = _counts(uow, narrowed)
    cards = _cards(uow, narrowed, shown)
    columns = tuple(Column(key, counts.get(key, 0), tuple(cards.get(key, ()))) for key in BOARD_COLUMNS)
    everybody = [card for column in columns for card in column.cards]
    return Board(columns, sum(counts.values()), _call_backs(uow, actor), _alike(everybody))


def board_choices(uow: UnitOfWork, *, actor: Actor) -> BoardChoices:
    """Communities, buildings and technicians for the chips of the board."""
    actor.require(OVERVIEW.code)
    scope = actor.scope(OVERVIEW.code)
    buildings = uow.session.execute(
        select(Building.id, Building.name, Building.community_id).order_by(
            Building.community_id, Building.sort_key
        )
    ).all()
    seen = [
        Choice(*row) for row in buildings if scope.covers(community_id=row.community_id, building_id=row.id)
    ]
    homes = {choice.community_id for choice in seen} | set(scope.communities)
    communities = uow.session.execute(select(Community.id, Community.name).order_by(Community.name)).all()
    return BoardChoices(
        communities=tuple(Choice(*row) for row in communities if scope.everything or row.id in homes),
        buildings=tuple(seen),
        technicians=tuple(Choice(*row) for row in staff_names(uow, "repairs.work")),
    )


def overdue_count(uow: UnitOfWork, actor: Actor) -> int:
    """How many open orders in the actor's scope are overdue, for the red count in the navigation."""
    statement = select(func.count()).where(
        within(actor.scope(OVERVIEW.code)),
        RepairOrder.state.in_(OPEN_STATES),
        RepairOrder.next_due_at < clock.utcnow(),
    )
    return uow.session.scalar(statement) or 0


def open_call_backs(uow: UnitOfWork, *, actor: Actor) -> list[OrderRow]:
    """Orders with a low rating whose resident has not been called back, the oldest first."""
    actor.require(OVERVIEW.code)
    statement = (
        order_statement()
        .join(RepairRating, RepairRating.order_id == RepairOrder.id)
        .where(within(actor.scope(OVERVIEW.code)), RepairRating.call_back == "open")
        .order_by(RepairRating.rated_at)
    )
    return with_counts(uow, list(uow.session.execute(statement).all()))


def _column() -> ColumnElement[str]:
    return case(
        (RepairOrder.next_due_at < clock.utcnow(), literal("overdue")),
        (RepairOrder.state.in_(COLUMN_NEW), literal("new")),
        (RepairOrder.state.in_(COLUMN_TO_DISPATCH), literal("to_dispatch")),
        else_=literal("in_work"),
    )


def _counts(uow: UnitOfWork, narrowed: Sequence[ColumnElement[bool]]) -> dict[str, int]:
    column = _column().label("board_column")
    counted = select(column).where(*narrowed).subquery()
    rows = uow.session.execute(select(counted.c.board_column, func.count()).group_by(counted.c.board_column))
    return {row[0]: row[1] for row in rows}


def _cards(uow: UnitOfWork, narrowed: Sequence[ColumnElement[bool]], shown: int) -> dict[str, list[OrderRow]]:
    column = _column()
    urgent_first = (URGENCY_ORDER, RepairOrder.next_due_at.asc().nulls_last(), RepairOrder.id)
    ranked = (
        select(
            RepairOrder.id,
            column.label("board_column"),
            func.row_number().over(partition_by=column, order_by=urgent_first).label("place_in_column"),
        )
        .where(*narrowed)
        .subquery()
    )
    statement = (
        order_statement(ranked.c.board_column)
        .join(ranked, ranked.c.id == RepairOrder.id)
        .where(ranked.c.place_in_column <= shown)
        .order_by(ranked.c.place_in_column)
    )
    rows = list(uow.session.execute(statement).all())
    found: dict[str, list[OrderRow]] = {}
    for raw, card in zip(rows, with_counts(uow, rows), strict=True):
        found.setdefault(raw[len(COLUMNS)], []).append(card)
    return found


def _call_backs(uow: UnitOfWork, actor: Actor) -> int:
    statement = (
        select(func.count())
        .select_from(RepairRating)
        .join(RepairOrder, RepairOrder.id == RepairRating.order_id)
        .where(within(actor.scope(OVERVIEW.code)), RepairRating.call_back == "open")
    )
    return uow.session.scalar(statement) or 0


def _alike(cards: Sequence[OrderRow]) -> dict[UUID, int]:
    """Among the shown orders: how many others at the same place and of the same category read alike."""
    found: dict[UUID, int] = {}
    places: dict[tuple[object, ...], list[OrderRow]] = {}
    for card in cards:
        places.setdefault((card.community_id, card.building_id, card.room_id, card.category), []).append(card)
    for group in places.values():
        for card in group:
            count = sum(
                1
                for other in group
                if other.id != card.id and likeness(card.description, other.description) >= ALIKE
            )
            if count:
                found[card.id] = count
    return found
