"""Drafting a run: batch after batch, each in a transaction of its own, so that memory and locks stay small."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select

from saas.fees.models import BillDraft, BillRun
from saas.fees.preferences import OUTLIER_TIMES
from saas.fees.queries import billing
from saas.fees.queries.runs import totals_of_drafts
from saas.fees.run_states import may_become
from saas.fees.services.draft_lines import COLUMNS, Drafter
from saas.fees.services.pricing_batch import Pricer, items_with_tariffs
from tenants import preferences
from tenants.bulk import copy_tuples
from tenants.ids import new_id
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

BATCH = 2_000
Tell = Callable[[int, int], None]


class Overtaken(Exception):
    """The run was cancelled, or another worker has begun to draft it."""


def draft_run(tenant: Tenant, run_id: UUID, tell: Tell = lambda done, total: None) -> dict[str, int] | None:
    """Write the drafts of a queued run; a run that was drafted half-way begins anew. None: nothing to do.

    `tell` is called between batches, outside any transaction, and may raise to stop.
    """
    token = str(new_id())
    with unit_of_work(tenant) as uow:
        begun = _begin(uow, run_id, token)
        if begun is None:
            return None
        drafter, total = begun
    after: UUID | None = None
    done = 0
    item_ids = list(drafter.pricer.items)
    try:
        while True:
            tell(done, total)
            with unit_of_work(tenant) as uow:
                _still_ours(uow, run_id, token)
                sources = billing.assignment_batch(uow, drafter.run, item_ids, after, BATCH)
                if not sources:
                    break
                _write(uow, drafter, sources)
            after, done = sources[-1].id, done + len(sources)
        with unit_of_work(tenant) as uow:
            return _finish(uow, _still_ours(uow, run_id, token))
    except Overtaken:
        return None


def _begin(uow: UnitOfWork, run_id: UUID, token: str) -> tuple[Drafter, int] | None:
    run = uow.session.scalar(select(BillRun).where(BillRun.id == run_id).with_for_update())
    if run is None or not (run.state == "drafting" or may_become(run.state, "drafting")):
        return None
    uow.session.execute(delete(BillDraft).where(BillDraft.run_id == run_id))
    run.state, run.totals, run.error_code = "drafting", {"token": token}, None
    items = items_with_tariffs(uow, billing.items_of_run(uow, run))
    concessions = billing.concessions_of_run(uow, list(items), run.period_from, run.period_to)
    total = billing.count_assignments(uow, run, list(items))
    uow.session.flush()
    uow.session.expunge_all()
    times = int(preferences.get(uow, OUTLIER_TIMES))
    return Drafter(run, Pricer(items), concessions, times), total


def _still_ours(uow: UnitOfWork, run_id: UUID, token: str) -> BillRun:
    run = uow.session.scalar(select(BillRun).where(BillRun.id == run_id).with_for_update())
    if run is None or run.state != "drafting" or run.totals.get("token") != token:
        raise Overtaken
    return run


def _write(uow: UnitOfWork, drafter: Drafter, sources: list[billing.Source]) -> None:
    billed = billing.billed_lines(uow, [source.id for source in sources], _since(drafter.run))
    groups = share_groups(uow, sources)
    # All reading comes first: nothing else may use the connection while rows are copied.
    rows = list(drafter.rows(uow, sources, billed, groups))
    copy_tuples(uow, BillDraft, COLUMNS, rows)


def share_groups(uow: UnitOfWork, sources: list[billing.Source]) -> dict[UUID, list[billing.Source]]:
    """Group -> the assignments of all co-owners who pay by share."""
    groups: dict[UUID, list[billing.Source]] = {}
    wanted = {source.group_id for source in sources if source.group_id}
    for source in billing.assignments_of_groups(uow, list(wanted)):
        if source.group_id:
            groups.setdefault(source.group_id, []).append(source)
    return groups


def _since(run: BillRun) -> date | None:
    """Lines that can matter: those that touch the period, and the period right before it."""
    return None if run.mode == "catch_up" else run.period_from


def _finish(uow: UnitOfWork, run: BillRun) -> dict[str, int]:
    totals = totals_of_drafts(uow, run.id)
    run.state, run.totals = "draft", totals
    uow.audit(
        "fees.run_drafted", actor=None, subject=("bill_run", run.id),
        details={name: totals[name] for name in ("lines", "amount_minor", "errors")},
    )  # fmt: skip
    return {name: totals[name] for name in ("lines", "amount_minor", "errors", "outliers")}
