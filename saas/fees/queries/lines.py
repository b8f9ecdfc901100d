"""Bill lines with what is open of them: for staff by scope, for residents their own debt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from saas.core.actors import Actor
from saas.core.paging import page
from saas.fees.errors import line_not_found
from saas.fees.models import BillLine, BillLinePart, FeeItem, LineBalance
from saas.fees.permissions import MINE, VIEW
from saas.fees.queries.setup import places_in_scope
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class LineFilter:
    """What a list is narrowed to; empty fields narrow nothing."""

    room_id: UUID | None = None
    person_id: UUID | None = None
    community_id: UUID | None = None
    run_id: UUID | None = None
    item_id: UUID | None = None
    kind: str | None = None
    state: str | None = None
    period_from: date | None = None
    period_to: date | None = None


def lines_in_scope(actor: Actor) -> ColumnElement[bool]:
    """Staff: by place. Residents: lines of which they are the debtor, wherever they live now."""
    seen = places_in_scope(actor, VIEW.code, BillLine.community_id, BillLine.building_id)
    if actor.person_id is not None and not actor.scope(MINE.code).empty:
        return or_(seen, BillLine.person_id == actor.person_id)
    return seen


def list_lines(
    uow: UnitOfWork, *, actor: Actor, wanted: LineFilter, cursor: str | None = None, limit: int | None = None
) -> tuple[list[tuple[BillLine, LineBalance, str]], str | None]:
    """(line, balance, name of the item), newest first."""
    statement = _lines().where(lines_in_scope(actor))
    exact = {
        BillLine.room_id: wanted.room_id, BillLine.person_id: wanted.person_id, BillLine.run_id: wanted.run_id,
        BillLine.community_id: wanted.community_id, BillLine.item_id: wanted.item_id,
        BillLine.kind: wanted.kind, LineBalance.state: wanted.state,
    }  # fmt: skip
    for column, value in exact.items():
        if value is not None:
            statement = statement.where(column == value)
    if wanted.period_from is not None:
        statement = statement.where(BillLine.period_from >= wanted.period_from)
    if wanted.period_to is not None:
        statement = statement.where(BillLine.period_from < wanted.period_to)
    return page(uow.session, statement, keys=[BillLine.id], cursor=cursor, limit=limit, descending=True)


def get_line(uow: UnitOfWork, *, actor: Actor, line_id: UUID) -> tuple[BillLine, LineBalance, str]:
    """One line in scope. Raises NotFound."""
    row = uow.session.execute(_lines().where(BillLine.id == line_id, lines_in_scope(actor))).first()
    if row is None:
        raise line_not_found()
    return row[0], row[1], row[2]


def parts_of(uow: UnitOfWork, line_id: UUID) -> list[BillLinePart]:
    """The parts in their order; they sum to the line."""
    statement = select(BillLinePart).where(BillLinePart.line_id == line_id).order_by(BillLinePart.position)
    return list(uow.session.scalars(statement))


def corrections_of(uow: UnitOfWork, line_id: UUID) -> list[tuple[BillLine, LineBalance, str]]:
    """Discounts, adjustments and late fees of a line, oldest first."""
    rows = uow.session.execute(_lines().where(BillLine.corrects_id == line_id).order_by(BillLine.id))
    return [(row[0], row[1], row[2]) for row in rows]


def _lines() -> Any:
    return (
        select(BillLine, LineBalance, FeeItem.name)
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .join(FeeItem, FeeItem.id == BillLine.item_id)
    )
