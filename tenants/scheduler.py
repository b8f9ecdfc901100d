"""The scheduler: hands out due wakeups and runs periodic work, once per period however many schedulers run."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import text

from tenants import queues
from tenants.leases import PeriodicLease
from tenants.logs import get_logger
from tenants.looks import clean_all, dispatch, sweep_all
from tenants.metrics import queue_age_seconds, queue_length, wakeup_overdue_seconds
from tenants.redis_client import RedisError, redis
from tenants.unit_of_work import platform_unit_of_work
from tenants.wakeups import claim_due

TICK_SECONDS = 0.5
BATCH = 200
JOIN_SECONDS = 5.0
SWEEP_SECONDS = 600.0
EPOCH_KEY = "scheduler:epoch"

log = get_logger(__name__)


def every(name: str, seconds: float, handler: Callable[[], None]) -> PeriodicLease:
    """Register work to be done once per period over all schedulers. It should take less than its period."""
    if name in _periodic:
        raise ValueError(f"periodic work {name} is registered twice")
    _periodic[name] = PeriodicLease(name, seconds, handler)
    return _periodic[name]


_periodic: dict[str, PeriodicLease] = {}


class Scheduler:
    """One scheduler process. Several may run; rows in PostgreSQL keep them from doubling each other's work."""

    def __init__(self, holder: str | None = None) -> None:
        self.holder = holder or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._stopping = threading.Event()
        self._next_try: dict[str, float] = {}
        self._epoch: tuple[str, str] | None = None

    def run(self) -> None:
        """Work until stopped. Periodic work has a thread of its own, so that a long sweep delays no timer."""
        background = threading.Thread(target=self._repeat, args=(self._background,), daemon=True)
        background.start()
        self._repeat(self.hand_out)
        background.join(timeout=JOIN_SECONDS)

    def stop(self) -> None:
        self._stopping.set()

    def tick(self) -> int:
        """Hand out due wakeups, then see to periodic work. Returns how many wakeups were handed out."""
        handed = self.hand_out()
        self._background()
        return handed

    def _repeat(self, step: Callable[[], int]) -> None:
        """A failing step (PostgreSQL away) is logged and tried again; one that did a full batch goes on at once."""
        while not self._stopping.is_set():
            try:
                count = step()
            except Exception:
                log.warning("scheduler step failed", step=step.__name__, exc_info=True)
                count = 0
            if count < BATCH:
                self._stopping.wait(TICK_SECONDS)

    def _background(self) -> int:
        self._watch_redis()
        self.run_periodic()
        return 0

    def hand_out(self) -> int:
        with platform_unit_of_work() as platform:
            claimed = claim_due(platform.session, datetime.now(UTC), BATCH)
        for wakeup in claimed:
            try:
                dispatch(wakeup)
            except Exception:
                log.warning("look failed", tenant=str(wakeup.tenant_id), kind=wakeup.kind, exc_info=True)
        return len(claimed)

    def run_periodic(self) -> None:
        """Try each lease at most ten times a period, so that an idle scheduler writes little."""
        now = time.monotonic()
        for work in list(_periodic.values()):
            if now < self._next_try.get(work.name, 0.0):
                continue
            self._next_try[work.name] = now + max(TICK_SECONDS, work.seconds / 10)
            try:
                work.run_if_due(self.holder)
            except Exception:
                log.warning("periodic work failed", work=work.name, exc_info=True)

    def _watch_redis(self) -> None:
        """Sweep whenever Redis was restarted or emptied: its run id or our marker in it has changed."""
        try:
            epoch = redis_epoch()
        except RedisError:
            return
        if self._epoch is not None and epoch != self._epoch:
            log.warning("Redis lost its memory, sweeping")
            sweep_all()
        self._epoch = epoch


def redis_epoch() -> tuple[str, str]:
    """Changes when Redis restarts (run id) and when it is emptied (marker)."""
    client = redis()
    run_id = str(client.info("server")["run_id"])
    client.set(EPOCH_KEY, secrets.token_hex(8), nx=True)
    marker = client.get(EPOCH_KEY)
    return run_id, marker.decode() if isinstance(marker, bytes) else str(marker)


def measure() -> None:
    """Set the gauges of queue length, queue age and overdue wakeups."""
    now = datetime.now(UTC)
    with platform_unit_of_work(read_only=True) as platform:
        oldest = platform.session.execute(text("SELECT min(due_at) FROM platform.wakeup")).scalar()
    overdue = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
    wakeup_overdue_seconds.set(overdue)
    for name in queues.QUEUES:
        try:
            queue = queues.queue(name)
            queue_length.labels(name).set(len(queue))
            queue_age_seconds.labels(name).set(_age_of_first(queue, now))
        except RedisError:
            return


def _age_of_first(queue: Queue, now: datetime) -> float:
    ids = queue.get_job_ids(0, 1)
    if not ids:
        return 0.0
    first = Job.fetch_many(ids, connection=queue.connection, serializer=JSONSerializer)[0]
    if first is None or first.enqueued_at is None:
        return 0.0
    return max(0.0, (now - first.enqueued_at).total_seconds())


def register_kernel_work() -> None:
    """The kernel's own periodic work; others register theirs with `every`."""
    every("sweep", SWEEP_SECONDS, lambda: log.info("swept", tenants=sweep_all()))
    every("clean", 24 * 3600.0, clean_all)
    every("measure", 10.0, measure)
