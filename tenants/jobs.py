"""Jobs: a row in the tenant's schema is the truth (state, progress, lease, result); Redis only says "run it now"."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from tenants import queues
from tenants.clock import utcnow
from tenants.context import bound
from tenants.ids import new_id
from tenants.kernel_models import JobRecord
from tenants.leases import LeaseLost
from tenants.logs import get_logger, log_context
from tenants.metrics import timed
from tenants.outbox import backoff
from tenants.registry import tenant_by_id
from tenants.tenant import Tenant
from tenants.unit import Unit
from tenants.unit_of_work import UnitOfWork, unit_of_work

JOBS = "jobs"
RUN = "tenants.jobs.run_job"
LEASE = timedelta(seconds=90)
HEARTBEAT_SECONDS = 20.0
PROGRESS_SECONDS = 0.5
MAX_ATTEMPTS = 3
# The hint normally arrives at once; a queued job is offered again when it did not.
HINT_PATIENCE = timedelta(seconds=15)
_ACTIVE = ("queued", "running")

log = get_logger(__name__)
JobFunction = Callable[[Tenant, dict[str, Any], "JobLease", "Progress"], Mapping[str, Any] | None]
F = TypeVar("F", bound=JobFunction)


class UnknownJob(LookupError):
    """No job of that name is registered in this process."""


class JobCancelled(Exception):
    """Someone asked the job to stop; raised by `progress(…)` and `lease.check()`."""


@dataclass(frozen=True)
class RegisteredJob:
    run: JobFunction
    long: bool


@dataclass(frozen=True)
class JobState:
    """A job as pages and the API show it. `state`: queued, running, done, failed or cancelled."""

    id: UUID
    name: str
    state: str
    args: dict[str, Any]
    done: int
    total: int | None
    note: str | None
    cancel_requested: bool
    result: dict[str, Any] | None
    error_class: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        return self.state not in _ACTIVE


class JobLease:
    """The right to work on the job. A heartbeat prolongs it; `check()` raises once it is lost or cancelled."""

    def __init__(self, tenant: Tenant, job_id: UUID, holder: UUID) -> None:
        self.tenant = tenant
        self.job_id = job_id
        self.holder = holder
        self._lost = threading.Event()
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="job-heartbeat", daemon=True)

    def check(self) -> None:
        if self._lost.is_set():
            raise LeaseLost(str(self.job_id))
        if self._cancelled.is_set():
            raise JobCancelled(str(self.job_id))

    def prolong(self, **values: Any) -> None:
        """Write values to the job's row and prolong the lease, in a unit of work of their own."""
        with unit_of_work(self.tenant) as uow:
            cancelled = uow.session.execute(
                update(JobRecord)
                .where(*_held(self.job_id, self.holder))
                .values(lease_expires_at=utcnow() + LEASE, due_at=utcnow() + LEASE, **values)
                .returning(JobRecord.cancel_requested)
            ).scalar()
        if cancelled is None:
            self._lost.set()
        elif cancelled:
            self._cancelled.set()

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join(timeout=HEARTBEAT_SECONDS)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            try:
                self.prolong()
            except Exception:
                log.warning("job heartbeat failed", job=str(self.job_id), exc_info=True)


class Progress:
    """`progress(done, total, note)`: shown to people at most twice a second; raises when the job must stop.

    Call it outside a unit of work: it writes in one of its own.
    """

    def __init__(self, lease: JobLease) -> None:
        self._lease = lease
        self._written = utcnow() - timedelta(days=1)

    def __call__(self, done: int, total: int | None = None, note: str | None = None) -> None:
        now = utcnow()
        if (now - self._written).total_seconds() >= PROGRESS_SECONDS or done == total:
            self._written = now
            self._lease.prolong(progress_done=done, progress_total=total, progress_note=note)
        self._lease.check()


_jobs: dict[str, RegisteredJob] = {}


def job(name: str, *, long: bool = False) -> Callable[[F], F]:
    """Register `run(tenant, args, lease, progress) -> result | None`. Long jobs run forked, others in process.

    A job may be run again after a crash, so it must be idempotent.
    """

    def register(function: F) -> F:
        known = _jobs.get(name)
        if known is not None and known.run is not function:
            raise ValueError(f"job {name} is registered twice")
        _jobs[name] = RegisteredJob(function, long)
        return function

    return register


def start_job(
    uow: Unit, name: str, *, args: Mapping[str, Any] | None = None, job_key: str | None = None
) -> UUID:
    """Queue a job in the caller's transaction; it runs after the commit. Arguments are JSON.

    While a job with the same name and key is not finished, its id is answered instead of a second one.
    """
    registered = _registered(name)
    now = utcnow()
    values = {
        "id": new_id(),
        "name": name,
        "args": dict(args or {}),
        "active_key": job_key,
        "state": "queued",
        "due_at": now,
        "attempts": 0,
        "cancel_requested": False,
        "progress_done": 0,
        "created_at": now,
    }
    statement = insert(JobRecord).values(values).on_conflict_do_nothing(index_elements=["name", "active_key"])
    job_id = uow.session.execute(statement.returning(JobRecord.id)).scalar()
    if job_id is None:
        active = select(JobRecord.id).where(JobRecord.name == name, JobRecord.active_key == job_key)
        return uow.session.execute(active).scalar_one()
    uow.hold_wakeup(JOBS, now + HINT_PATIENCE)
    tenant_id, queue_name = uow.tenant.id, _queue_of(registered)
    uow.after_commit(lambda: _hint(queue_name, tenant_id, job_id))
    return job_id


def enqueue(name: str, tenant: Tenant, *, args: Mapping[str, Any], job_key: str | None = None) -> UUID:
    """As `start_job`, in a unit of work of its own."""
    with unit_of_work(tenant) as uow:
        return start_job(uow, name, args=args, job_key=job_key)


def job_state(uow: Unit, job_id: UUID) -> JobState | None:
    row = uow.session.execute(select(JobRecord).where(JobRecord.id == job_id)).scalar_one_or_none()
    return None if row is None else _state(row)


def request_cancel(uow: Unit, job_id: UUID) -> None:
    """Ask a job to stop. A queued one is cancelled at once, a running one at its next check."""
    now = utcnow()
    finished = {"state": "cancelled", "active_key": None, "finished_at": now}
    queued = update(JobRecord).where(JobRecord.id == job_id, JobRecord.state == "queued")
    uow.session.execute(queued.values(**finished, cancel_requested=True))
    running = update(JobRecord).where(JobRecord.id == job_id, JobRecord.state == "running")
    uow.session.execute(running.values(cancel_requested=True))


def run_job(tenant_id: str, job_id: str) -> None:
    """What the hint in Redis runs: claim the row, work, record the outcome."""
    tenant = tenant_by_id(UUID(tenant_id))
    if tenant is None:
        return
    with bound(tenant), log_context(job_id=job_id):
        claimed = _claim(tenant, UUID(job_id))
        if claimed is not None:
            _run(tenant, claimed)


def offer_due_jobs(tenant: Tenant) -> int:
    """Send hints for jobs that are queued, or running with a lease that ran out. Returns how many."""
    now = utcnow()
    with unit_of_work(tenant, read_only=True) as uow:
        due = uow.session.execute(
            select(JobRecord.id, JobRecord.name)
            .where(JobRecord.state.in_(_ACTIVE), JobRecord.due_at <= now)
            .order_by(JobRecord.due_at)
            .limit(100)
        ).all()
    for row in due:
        registered = _jobs.get(row.name)
        _hint(_queue_of(registered) if registered else queues.LONG, tenant.id, row.id)
    return len(due)


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the jobs must be looked at again. Those offered just now get time to be begun."""
    earliest = uow.session.scalar(select(func.min(JobRecord.due_at)).where(JobRecord.state.in_(_ACTIVE)))
    return None if earliest is None else max(earliest, utcnow() + HINT_PATIENCE)


def forget_finished_jobs(uow: UnitOfWork, older_than: timedelta) -> None:
    """Remove jobs that ended longer ago than that."""
    uow.session.execute(delete(JobRecord).where(JobRecord.finished_at < utcnow() - older_than))


def _run(tenant: Tenant, claimed: JobRecord) -> None:
    lease = JobLease(tenant, claimed.id, _holder(claimed))
    registered = _registered(claimed.name)
    began = perf_counter()
    lease.start()
    try:
        with timed(claimed.name) as outcome:
            result = registered.run(tenant, dict(claimed.args), lease, Progress(lease))
            outcome("done")
        _finish(tenant, claimed, state="done", result=dict(result or {}))
    except JobCancelled:
        _finish(tenant, claimed, state="cancelled")
    except LeaseLost:
        log.warning("job lease lost", job=claimed.name)
    except Exception as error:
        log.exception("job failed", job=claimed.name, attempts=claimed.attempts)
        _fail(tenant, claimed, error)
    else:
        log.info(
            "job", job=claimed.name, attempts=claimed.attempts, ms=round((perf_counter() - began) * 1000, 1)
        )
    finally:
        lease.end()


def _claim(tenant: Tenant, job_id: UUID) -> JobRecord | None:
    """Take the job unless it is finished, not due, or someone else's lease lives."""
    now = utcnow()
    with unit_of_work(tenant) as uow:
        row = uow.session.execute(
            select(JobRecord)
            .where(JobRecord.id == job_id, JobRecord.state.in_(_ACTIVE), JobRecord.due_at <= now)
            .with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if row is None:
            return None
        if row.name not in _jobs:
            raise UnknownJob(row.name)
        if row.attempts >= MAX_ATTEMPTS:  # its worker died each time
            row.state, row.active_key, row.finished_at, row.error_class = "failed", None, now, "WorkerDied"
            return None
        row.state, row.lease_holder, row.attempts = "running", new_id(), row.attempts + 1
        row.lease_expires_at = row.due_at = now + LEASE
        row.started_at = row.started_at or now
        uow.session.flush()
        uow.session.expunge(row)
        uow.hold_wakeup(JOBS, now + LEASE)
        return row


def _finish(tenant: Tenant, claimed: JobRecord, *, state: str, result: dict[str, Any] | None = None) -> None:
    with unit_of_work(tenant) as uow:
        uow.session.execute(
            update(JobRecord)
            .where(*_held(claimed.id, _holder(claimed)))
            .values(state=state, result=result, active_key=None, error_class=None, finished_at=utcnow())
        )


def _fail(tenant: Tenant, claimed: JobRecord, error: Exception) -> None:
    if claimed.attempts >= MAX_ATTEMPTS:
        values: dict[str, Any] = {"state": "failed", "active_key": None, "finished_at": utcnow()}
    else:
        values = {"state": "queued", "due_at": utcnow() + backoff(claimed.attempts)}
    with unit_of_work(tenant) as uow:
        uow.session.execute(
            update(JobRecord)
            .where(*_held(claimed.id, _holder(claimed)))
            .values(error_class=type(error).__name__, **values)
        )
        if values["state"] == "queued":
            uow.hold_wakeup(JOBS, values["due_at"])


def _held(job_id: UUID, holder: UUID) -> tuple[Any, ...]:
    return (JobRecord.id == job_id, JobRecord.lease_holder == holder, JobRecord.state == "running")


def _holder(claimed: JobRecord) -> UUID:
    if claimed.lease_holder is None:
        raise LeaseLost(str(claimed.id))
    return claimed.lease_holder


def _registered(name: str) -> RegisteredJob:
    try:
        return _jobs[name]
    except KeyError:
        raise UnknownJob(name) from None


def _queue_of(registered: RegisteredJob) -> str:
    return queues.LONG if registered.long else queues.SHORT


def _hint(queue_name: str, tenant_id: UUID, job_id: UUID) -> None:
    queues.send(queue_name, RUN, tenant_id, str(job_id))


def _state(row: JobRecord) -> JobState:
    return JobState(
        id=row.id,
        name=row.name,
        state=row.state,
        args=dict(row.args),
        done=row.progress_done,
        total=row.progress_total,
        note=row.progress_note,
        cancel_requested=row.cancel_requested,
        result=row.result,
        error_class=row.error_class,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
