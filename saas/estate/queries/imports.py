"""Imports as pages and the API show them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, true

from saas.core.actors import Actor
from saas.core.paging import page
from saas.estate.models import ImportBatch, ImportRow
from saas.estate.permissions import IMPORT
from tenants.unit_of_work import UnitOfWork

ISSUES_SHOWN = 500


def _in_scope(actor: Actor) -> ColumnElement[bool]:
    scope = actor.scope(IMPORT.code)
    return true() if scope.everything else ImportBatch.community_id.in_(scope.communities)


def recent_imports(uow: UnitOfWork, *, actor: Actor, limit: int = 10) -> list[ImportBatch]:
    """The last imports, newest first, without those given up."""
    statement = (
        select(ImportBatch)
        .where(_in_scope(actor), ImportBatch.state != "abandoned")
        .order_by(ImportBatch.created_at.desc(), ImportBatch.id)
        .limit(limit)
    )
    return list(uow.session.scalars(statement))


def issues_of(uow: UnitOfWork, batch_id: UUID) -> list[dict[str, Any]]:
    """Issues in the order of the rows, each with its row."""
    statement = (
        select(ImportRow.number, ImportRow.issues)
        .where(ImportRow.batch_id == batch_id, func.jsonb_array_length(ImportRow.issues) > 0)
        .order_by(ImportRow.number)
        .limit(ISSUES_SHOWN)
    )
    return [{"row": number, **issue} for number, issues in uow.session.execute(statement) for issue in issues]


def rows_of(
    uow: UnitOfWork, batch_id: UUID, *, show: str, cursor: str | None = None
) -> tuple[list[ImportRow], str | None]:
    """Rows of one tab: issues, all, or an outcome (new, update, same, skip, reject)."""
    return page(uow.session, _tab(batch_id, show), keys=[ImportRow.number, ImportRow.id], cursor=cursor)


def _tab(batch_id: UUID, show: str) -> Select[Any]:
    statement = select(ImportRow).where(ImportRow.batch_id == batch_id)
    if show == "issues":
        fixed = func.jsonb_array_length(ImportRow.fixed) > 0
        return statement.where((func.jsonb_array_length(ImportRow.issues) > 0) | fixed)
    return statement if show == "all" else statement.where(ImportRow.outcome == show)


def rows_with_issues(uow: UnitOfWork, batch_id: UUID) -> Iterator[ImportRow]:
    """Every row that has an issue."""
    statement = (
        select(ImportRow)
        .where(ImportRow.batch_id == batch_id, func.jsonb_array_length(ImportRow.issues) > 0)
        .order_by(ImportRow.number)
    )
    yield from uow.session.scalars(statement)
