"""Runs a tenant's due timers, each in the transaction that removes it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update

from tenants.clock import utcnow
from tenants.kernel_models import Timer
from tenants.logs import get_logger
from tenants.outbox import MAX_ATTEMPTS, backoff
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work
from tenants.wakeups import TIMERS, timer_handler

BATCH = 50

log = get_logger(__name__)


def run_timers(tenant: Tenant, limit: int = 300) -> int:
    """Call the handlers of the timers that are due. Returns how many were looked at."""
    seen = 0
    while seen < limit:
        with unit_of_work(tenant) as uow:
            timers = uow.session.execute(
                select(Timer.kind, Timer.key, Timer.due_at, Timer.attempts)
                .where(Timer.state == "due", func.coalesce(Timer.retry_at, Timer.due_at) <= utcnow())
                .order_by(Timer.due_at)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for kind, key, due_at, attempts in timers:
                _run(uow, kind, key, due_at, attempts)
        seen += len(timers)
        if len(timers) < BATCH:
            break
    return seen


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the timers must be looked at again."""
    return uow.session.scalar(
        select(func.min(func.coalesce(Timer.retry_at, Timer.due_at))).where(Timer.state == "due")
    )


def _run(uow: UnitOfWork, kind: str, key: str, due_at: datetime, attempts: int) -> None:
    """The timer is removed first, so that its handler may set it anew."""
    try:
        with uow.savepoint():
            uow.session.execute(delete(Timer).where(Timer.kind == kind, Timer.key == key))
            timer_handler(kind)(uow, key, due_at)
            uow.session.flush()
    except Exception as error:
        log.warning("timer failed", kind=kind, attempts=attempts + 1, exc_info=True)
        _put_back(uow, kind, key, attempts + 1, error)


def _put_back(uow: UnitOfWork, kind: str, key: str, attempts: int, error: Exception) -> None:
    retry_at = utcnow() + backoff(attempts)
    uow.session.execute(
        update(Timer)
        .where(Timer.kind == kind, Timer.key == key)
        .values(
            state="dead" if attempts >= MAX_ATTEMPTS else "due",
            retry_at=retry_at,
            attempts=attempts,
            error_class=type(error).__name__,
        )
    )
    uow.hold_wakeup(TIMERS, retry_at)
