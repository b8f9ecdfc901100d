"""Bill runs and their drafts: lists, totals, the preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, false, func, or_, select, true

from saas.core.actors import Actor
from saas.core.paging import page
from saas.fees.errors import run_not_found
from saas.fees.models import BillDraft, BillRun, FeeItem
from saas.fees.permissions import RUN
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class DraftRow:
    """One draft of a preview."""

    id: UUID
    position: int
    kind: str
    item_id: UUID
    item_name: str
    object_kind: str
    object_id: UUID
    object_key: str
    room_id: UUID | None
    debtor_name: str
    period_from: Any
    period_to: Any
    due_on: Any
    amount_minor: int
    previous_minor: int | None
    flags: list[str]
    error: str | None
    error_detail: dict[str, Any] | None
    explanation: dict[str, Any]
    parts: list[list[Any]]


def runs_in_scope(actor: Actor, permission: str) -> ColumnElement[bool]:
    """Runs of the whole firm are seen by those who hold the permission everywhere."""
    scope = actor.scope(permission)
    if scope.everything:
        return true()
    return BillRun.community_id.in_(scope.communities) if scope.communities else false()


def list_runs(
    uow: UnitOfWork, *, actor: Actor, cursor: str | None = None, limit: int | None = None
) -> tuple[list[BillRun], str | None]:
    """The runs in scope, the newest first."""
    statement = select(BillRun).where(runs_in_scope(actor, RUN.code))
    keys = [BillRun.created_at, BillRun.id]
    return page(uow.session, statement, keys=keys, cursor=cursor, limit=limit, descending=True)


def run_of(uow: UnitOfWork, *, actor: Actor, run_id: UUID, permission: str = RUN.code) -> BillRun:
    """One run in scope. Raises NotFound."""
    run = uow.session.scalar(select(BillRun).where(BillRun.id == run_id, runs_in_scope(actor, permission)))
    if run is None:
        raise run_not_found()
    return run


def totals_of_drafts(uow: UnitOfWork, run_id: UUID) -> dict[str, Any]:
    """{"lines", "amount_minor", "errors", "outliers", "previous_minor", "by_item": […], "by_error": {…}}."""
    good = BillDraft.error.is_(None)
    statement = (
        select(
            BillDraft.item_id, FeeItem.name, FeeItem.code,
            func.count().filter(good), func.coalesce(func.sum(BillDraft.amount_minor), 0),
            func.count().filter(BillDraft.error.is_not(None)),
            func.count().filter(BillDraft.flags.contains(["outlier"])),
            func.coalesce(func.sum(BillDraft.previous_minor), 0),
            func.count(case((BillDraft.previous_minor.is_(None), 1))),
        )
        .join(FeeItem, FeeItem.id == BillDraft.item_id)
        .where(BillDraft.run_id == run_id)
        .group_by(BillDraft.item_id, FeeItem.name, FeeItem.code, FeeItem.priority)
        .order_by(FeeItem.priority, FeeItem.code)
    )  # fmt: skip
    items = [
        {
            "item_id": str(row[0]), "name": row[1], "code": row[2], "lines": row[3], "amount_minor": int(row[4] or 0),
            "errors": row[5], "outliers": row[6], "previous_minor": int(row[7] or 0), "without_previous": row[8],
        }
        for row in uow.session.execute(statement)
    ]  # fmt: skip
    errors = (
        select(BillDraft.error, func.count())
        .where(BillDraft.run_id == run_id, BillDraft.error.is_not(None))
        .group_by(BillDraft.error)
    )
    names = ("lines", "amount_minor", "errors", "outliers", "previous_minor")
    return {
        **{name: sum(item[name] for item in items) for name in names},
        "by_item": items,
        "by_error": {row[0]: row[1] for row in uow.session.execute(errors)},
    }


def list_drafts(
    uow: UnitOfWork,
    *,
    actor: Actor,
    run_id: UUID,
    only: str | None = None,
    item_id: UUID | None = None,
    q: str = "",
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[DraftRow], str | None]:
    """The drafts of a run in order; `only`: error, outlier, notable (either)."""
    run_of(uow, actor=actor, run_id=run_id)
    statement = _drafts().where(BillDraft.run_id == run_id)
    if only in ("error", "outlier"):
        statement = statement.where(BillDraft.flags.contains([only]))
    elif only == "notable":
        statement = statement.where(or_(BillDraft.flags != []))
    if item_id is not None:
        statement = statement.where(BillDraft.item_id == item_id)
    if q.strip():
        like = f"%{q.strip()}%"
        statement = statement.where(or_(BillDraft.object_key.ilike(like), BillDraft.debtor_name.ilike(like)))
    rows, following = page(
        uow.session, statement, keys=[BillDraft.position, BillDraft.id], cursor=cursor, limit=limit
    )
    return [DraftRow(*row) for row in rows], following


def _drafts() -> Any:
    return select(
        BillDraft.id, BillDraft.position, BillDraft.kind, BillDraft.item_id, FeeItem.name, BillDraft.object_kind,
        BillDraft.object_id, BillDraft.object_key, BillDraft.room_id, BillDraft.debtor_name,
        BillDraft.period_from, BillDraft.period_to, BillDraft.due_on, BillDraft.amount_minor,
        BillDraft.previous_minor, BillDraft.flags, BillDraft.error, BillDraft.error_detail,
        BillDraft.explanation, BillDraft.parts,
    ).join(FeeItem, FeeItem.id == BillDraft.item_id)  # fmt: skip
