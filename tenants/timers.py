"""Runs a tenant's due timers, each in a transaction of its own that also removes it."""

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

log = get_logger(__name__)


def run_timers(tenant: Tenant, limit: int = 300) -> int:
    """Call the handlers of the timers that are due. Returns how many were looked at."""
    with unit_of_work(tenant, read_only=True) as uow:
        timers = uow.session.execute(
            select(Timer.kind, Timer.key, Timer.due_at, Timer.attempts)
            .where(Timer.state == "due", func.coalesce(Timer.retry_at, Timer.due_at) <= utcnow())
            .order_by(Timer.due_at)
            .limit(limit)
        ).all()
    for kind, key, due_at, attempts in timers:
        _run(tenant, kind, key, due_at, attempts)
    return len(timers)


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the timers must be looked at again."""
    return uow.session.scalar(
        select(func.min(func.coalesce(Timer.retry_at, Timer.due_at))).where(Timer.state == "due")
    )


class _Overtaken(Exception):
    """Another process has run the timer or moved it meanwhile; what this one did is rolled back."""


def _run(tenant: Tenant, kind: str, key: str, due_at: datetime, attempts: int) -> None:
    """Call the handler, then remove the timer, in one transaction of its own.

    The timer's row is locked last, as services do who first lock what they change and then set its timer; the other
    way round the two would wait for each other. A handler that sets its own timer anew has changed `due_at`, so the
    row stays.
    """
    try:
        with unit_of_work(tenant) as uow:
            timer_handler(kind)(uow, key, due_at)
            uow.session.flush()
            _remove(uow, kind, key, due_at)
    except _Overtaken:
        return
    except Exception as error:
        log.warning("timer failed", kind=kind, attempts=attempts + 1, exc_info=True)
        with unit_of_work(tenant) as uow:
            _put_back(uow, kind, key, due_at, attempts + 1, error)


def _remove(uow: UnitOfWork, kind: str, key: str, due_at: datetime) -> None:
    named = (Timer.kind == kind, Timer.key == key)
    removed = uow.session.execute(
        delete(Timer).where(*named, Timer.due_at == due_at).returning(Timer.key)
    ).first()
    if removed is None and uow.session.scalar(select(Timer.key).where(*named)) is None:
        raise _Overtaken


def _put_back(
    uow: UnitOfWork, kind: str, key: str, due_at: datetime, attempts: int, error: Exception
) -> None:
    retry_at = utcnow() + backoff(attempts)
    uow.session.execute(
        update(Timer)
        .where(Timer.kind == kind, Timer.key == key, Timer.due_at == due_at)
        .values(
            state="dead" if attempts >= MAX_ATTEMPTS else "due",
            retry_at=retry_at,
            attempts=attempts,
            error_class=type(error).__name__,
        )
    )
    uow.hold_wakeup(TIMERS, retry_at)
