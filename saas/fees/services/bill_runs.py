"""Bill runs: ask for drafts, look, approve, publish, cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.estate.models import Community
from saas.fees.errors import run_has_no_lines, run_not_found, run_not_now, wrong
from saas.fees.events import BillsPublished
from saas.fees.models import BillDraft, BillRun, FeeItem
from saas.fees.models.bills import RUN_MODES
from saas.fees.permissions import PUBLISH, RUN
from saas.fees.pricing.periods import add_months
from saas.fees.queries.runs import run_of
from saas.fees.run_states import may_become
from saas.fees.services.publishing import publish_drafts
from tenants.clock import utcnow
from tenants.counters import next_number
from tenants.jobs import request_cancel, start_job
from tenants.unit_of_work import UnitOfWork

DRAFT_JOB, PUBLISH_JOB = "fees.draft_bills", "fees.publish_bills"


def month_of(text: str) -> tuple[date, date]:
    """'2026-10' as the half-open days of the month. Raises InvalidInput."""
    try:
        start = date.fromisoformat(f"{text.strip()}-01")
    except ValueError as error:
        raise wrong("period", _l("Write the month as 2026-10.")) from error
    return start, add_months(start, 1)


def request_run(
    uow: UnitOfWork,
    *,
    actor: Actor,
    period_from: date,
    period_to: date,
    community_id: UUID | None = None,
    item_ids: Sequence[UUID] = (),
    mode: str = "period",
    issue_on: date | None = None,
    queue: bool = True,
) -> BillRun:
    """A run whose drafts a worker prepares (`queue` False: the caller drafts it itself)."""
    _require(actor, RUN.code, community_id)
    if community_id is not None and uow.session.get(Community, community_id) is None:
        raise NotFound()
    if period_to <= period_from:
        raise wrong("period", _l("The end must come after the beginning."))
    if mode not in RUN_MODES:
        raise wrong("mode", _l("Choose one of the list."))
    known = (
        set(uow.session.scalars(select(FeeItem.id).where(FeeItem.id.in_(item_ids)))) if item_ids else set()
    )
    if known != set(item_ids):
        raise wrong("item_ids", _l("There is no such fee item."))
    run = BillRun(
        community_id=community_id, period_from=period_from, period_to=period_to, item_ids=list(item_ids), mode=mode,
        issue_on=issue_on, created_by=actor.user_id, created_by_name=actor.name,
    )  # fmt: skip
    uow.session.add(run)
    uow.session.flush()
    if queue:
        run.job_id = start_job(uow, DRAFT_JOB, args={"run_id": str(run.id)}, job_key=str(run.id))
    uow.audit(
        "fees.run_requested", actor=actor.ref(), subject=("bill_run", run.id),
        details={"from": period_from.isoformat(), "to": period_to.isoformat(), "mode": mode},
    )  # fmt: skip
    run.number = f"B-{period_from:%Y%m}-{next_number(uow, 'bill_run', f'{period_from:%Y%m}'):03d}"
    uow.session.flush()
    return run


def redraft_run(uow: UnitOfWork, *, actor: Actor, run_id: UUID) -> BillRun:
    """Throw the drafts away and prepare them anew, such as after an area was entered."""
    run = _held(uow, actor, run_id, RUN.code)
    _move(run, "queued")
    run.approved_by, run.approved_at, run.approved_by_name, run.error_code = None, None, "", None
    run.job_id = start_job(uow, DRAFT_JOB, args={"run_id": str(run.id)}, job_key=str(run.id))
    uow.audit("fees.run_redrafted", actor=actor.ref(), subject=("bill_run", run.id))
    return run


def approve_run(uow: UnitOfWork, *, actor: Actor, run_id: UUID) -> BillRun:
    """Say that the drafts are right. Drafts with errors are left out of what will be published."""
    run = _held(uow, actor, run_id, PUBLISH.code)
    if run.state == "approved":
        return run
    _move(run, "approved")
    if not run.totals.get("lines"):
        raise run_has_no_lines()
    run.approved_by, run.approved_by_name, run.approved_at = actor.user_id, actor.name, utcnow()
    uow.audit(
        "fees.run_approved", actor=actor.ref(), subject=("bill_run", run.id),
        details={"lines": run.totals["lines"], "amount_minor": run.totals["amount_minor"]},
    )  # fmt: skip
    return run


def request_publication(uow: UnitOfWork, *, actor: Actor, run_id: UUID, queue: bool = True) -> BillRun:
    """Let a worker publish an approved run; asking again changes nothing."""
    run = _held(uow, actor, run_id, PUBLISH.code)
    if run.state == "published":
        return run
    if run.state != "publishing":
        _move(run, "publishing")
    if queue:
        args = {"run_id": str(run.id), "actor_id": str(actor.user_id) if actor.user_id else None}
        run.job_id = start_job(uow, PUBLISH_JOB, args=args, job_key=str(run.id))
    uow.audit("fees.run_publication_requested", actor=actor.ref(), subject=("bill_run", run.id))
    return run


def publish_run(
    uow: UnitOfWork, run_id: UUID, *, actor_id: UUID | None = None, check: Callable[[], None] = lambda: None
) -> dict[str, Any] | None:
    """Publish in this transaction. None: there is nothing to do (any more)."""
    run = uow.session.scalar(select(BillRun).where(BillRun.id == run_id).with_for_update())
    if run is None or run.state != "publishing":
        return None
    done = publish_drafts(uow, run, actor_id, check)
    run.state, run.published_at = "published", utcnow()
    run.totals = {**run.totals, "published": done}
    uow.audit("fees.run_published", actor=None, subject=("bill_run", run.id), details=done)
    uow.emit(
        BillsPublished(
            run.id, run.community_id, run.period_from, run.period_to, done["lines"], done["amount_minor"]
        )
    )
    uow.session.flush()
    return done


def cancel_run(uow: UnitOfWork, *, actor: Actor, run_id: UUID) -> BillRun:
    """Throw the run and its drafts away; what is published stays and is voided line by line."""
    run = _held(uow, actor, run_id, RUN.code)
    if run.state == "cancelled":
        return run
    _move(run, "cancelled")
    if run.job_id is not None:
        request_cancel(uow, run.job_id)
    discard_drafts(uow, run.id)
    uow.audit("fees.run_cancelled", actor=actor.ref(), subject=("bill_run", run.id))
    return run


def fail_run(uow: UnitOfWork, run_id: UUID) -> None:
    """Drafting gave up: a person may ask for it again."""
    run = uow.session.scalar(select(BillRun).where(BillRun.id == run_id).with_for_update())
    if run is not None and run.state in ("queued", "drafting"):
        run.state, run.error_code = "failed", "job_failed"


def discard_drafts(uow: UnitOfWork, run_id: UUID) -> None:
    """Nothing points to drafts; lines hold all that was in them. Only of a run that is over."""
    over = select(BillRun.id).where(BillRun.id == run_id, BillRun.state.in_(("published", "cancelled")))
    uow.session.flush()
    if uow.session.scalar(over) is None:
        return
    uow.session.execute(delete(BillDraft).where(BillDraft.run_id == run_id))


def _held(uow: UnitOfWork, actor: Actor, run_id: UUID, permission: str) -> BillRun:
    run_of(uow, actor=actor, run_id=run_id)
    statement = select(BillRun).where(BillRun.id == run_id).with_for_update()
    run = uow.session.scalar(statement.execution_options(populate_existing=True))
    if run is None:
        raise run_not_found()
    _require(actor, permission, run.community_id)
    return run


def _move(run: BillRun, target: str) -> None:
    if not may_become(run.state, target):
        raise run_not_now(run.state)
    run.state = target


def _require(actor: Actor, permission: str, community_id: UUID | None) -> None:
    if community_id is None:
        actor.require(permission, everywhere=True)
    else:
        actor.require(permission, community_id=community_id)
