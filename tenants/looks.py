"""Looks at a tenant: what the scheduler asks for when a wakeup is due, and the sweep that finds what was missed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tenants import drain, jobs, queues, sealer, timers
from tenants.audit import SEAL
from tenants.context import bound
from tenants.idempotency import forget_old_answers
from tenants.ids import new_id
from tenants.jobs import JOBS
from tenants.logs import get_logger, log_context
from tenants.metrics import wakeup_total
from tenants.outbox import OUTBOX
from tenants.registry import all_tenants, tenant_by_id
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, platform_unit_of_work, unit_of_work
from tenants.wakeups import TIMERS, ClaimedWakeup, forget_tenant, move_earlier, settle

LOOK = "tenants.looks.look_job"

log = get_logger(__name__)

NEXT_DUE: dict[str, Callable[[UnitOfWork], datetime | None]] = {
    OUTBOX: drain.next_due,
    TIMERS: timers.next_due,
    JOBS: jobs.next_due,
    SEAL: sealer.next_due,
}


def look_job(tenant_id: str, kind: str) -> None:
    """What the scheduler's hint in Redis runs."""
    with log_context(job_id=f"look:{kind}:{new_id()}"):
        look(ClaimedWakeup(UUID(tenant_id), kind))


def look(wakeup: ClaimedWakeup, *, effects_here: bool = False) -> None:
    """Do what is due for one tenant and kind, then set its wakeup to the next due time.

    Outward calls go to their own queue, unless `effects_here`: the scheduler's way when Redis is away.
    """
    tenant = tenant_by_id(wakeup.tenant_id)
    if tenant is None:
        with platform_unit_of_work() as platform:
            forget_tenant(platform.session, wakeup.tenant_id)
        return
    with bound(tenant):
        _work(tenant, wakeup.kind, effects_here)
        _settle(tenant, wakeup)


def dispatch(wakeup: ClaimedWakeup) -> None:
    """Hand a due wakeup to a worker; when Redis is away, look right here, but run no jobs."""
    if queues.send(queues.SHORT, LOOK, wakeup.tenant_id, wakeup.kind):
        wakeup_total.labels(_label(wakeup.kind), "queued").inc()
        return
    wakeup_total.labels(_label(wakeup.kind), "direct").inc()
    if wakeup.kind != JOBS:
        look(wakeup, effects_here=True)


def sweep_all() -> int:
    """Sweep every tenant: here and now, a few milliseconds each. Returns how many."""
    tenants = all_tenants()
    for tenant in tenants:
        try:
            sweep(tenant)
        except Exception:
            log.warning("sweep failed", tenant=str(tenant.id), exc_info=True)
    return len(tenants)


def sweep(tenant: Tenant) -> None:
    """Rebuild the tenant's wakeups from its own tables: finds what hints and wakeups missed."""
    with unit_of_work(tenant, read_only=True) as uow:
        due = {kind: at for kind, ask in NEXT_DUE.items() if (at := ask(uow)) is not None}
    if due:
        with platform_unit_of_work() as platform:
            move_earlier(platform.session, tenant.id, due)


def clean(tenant: Tenant, older_than: timedelta = timedelta(days=30)) -> None:
    """The tenant's janitor: old idempotency records and finished jobs."""
    with unit_of_work(tenant) as uow:
        forget_old_answers(uow)
        jobs.forget_finished_jobs(uow, older_than)


def clean_all() -> None:
    for tenant in all_tenants():
        try:
            clean(tenant)
        except Exception:
            log.warning("cleaning failed", tenant=str(tenant.id), exc_info=True)


def _work(tenant: Tenant, kind: str, effects_here: bool) -> None:
    if kind == OUTBOX:
        drain.drain_events(tenant)
        if effects_here:
            drain.drain_effects(tenant)
        elif drain.effects_due(tenant):
            queues.send_once(queues.EFFECTS, drain.EFFECTS, tenant.id)
    elif kind == TIMERS:
        timers.run_timers(tenant)
    elif kind == JOBS:
        jobs.offer_due_jobs(tenant)
    elif kind == SEAL:
        sealer.seal_tenant(tenant)
    else:
        log.warning("wakeup of an unknown kind", kind=kind)


def _settle(tenant: Tenant, wakeup: ClaimedWakeup) -> None:
    looked_at = datetime.now(UTC)
    ask = NEXT_DUE.get(wakeup.kind)
    next_due = None
    if ask is not None:
        with unit_of_work(tenant, read_only=True) as uow:
            next_due = ask(uow)
    with platform_unit_of_work() as platform:
        settle(platform.session, wakeup, next_due, looked_at)


def _label(kind: str) -> str:
    return kind if kind in NEXT_DUE else "other"
