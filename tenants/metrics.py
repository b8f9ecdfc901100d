"""Prometheus metrics: HTTP, SQL, pool, outbox lag, queue age, jobs. Labels are bounded: no tenant, no id, no path."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, g, request
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from sqlalchemy import Engine, event

from tenants.dialect import TenantDialect

MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

http_seconds = Histogram(
    "anju_http_request_seconds", "Time to answer", ["endpoint", "method", "status"], buckets=_FAST
)
sql_seconds = Histogram("anju_sql_statement_seconds", "Time of one statement", ["verb"], buckets=_FAST)
pool_connections = Gauge(
    "anju_pool_connections", "Connections of the pool", ["state"], multiprocess_mode="livesum"
)
outbox_lag_seconds = Histogram(
    "anju_outbox_lag_seconds", "Age of a message at its delivery", ["kind"], buckets=_SLOW
)
outbox_total = Counter("anju_outbox_messages_total", "Deliveries by outcome", ["kind", "outcome"])
job_seconds = Histogram("anju_job_seconds", "Run time of a job", ["job", "outcome"], buckets=_SLOW)
wakeup_total = Counter("anju_wakeups_total", "Looks at a tenant", ["kind", "way"])
wakeup_overdue_seconds = Gauge(
    "anju_wakeup_overdue_seconds", "How long the oldest wakeup has been due", multiprocess_mode="mostrecent"
)
queue_length = Gauge("anju_queue_length", "Hints waiting", ["queue"], multiprocess_mode="mostrecent")
queue_age_seconds = Gauge(
    "anju_queue_age_seconds", "Age of the oldest waiting hint", ["queue"], multiprocess_mode="mostrecent"
)
sealer_entries_total = Counter("anju_audit_sealed_total", "Audit entries sealed")

_SQL_VERBS = frozenset({"select", "insert", "update", "delete", "begin", "copy", "set", "with"})


def exposition() -> bytes:
    """All metrics as text, of all processes when they share a folder (`PROMETHEUS_MULTIPROC_DIR`)."""
    folder = os.environ.get(MULTIPROCESS_FOLDER)
    if folder is None:
        return generate_latest(REGISTRY)
    _forget_dead_processes(Path(folder))
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def empty_shared_folder(folder: Path) -> None:
    """Make the folder of a new run; what an earlier run left there would be counted again."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)


def _forget_dead_processes(folder: Path) -> None:
    """Gauges of living processes (pool connections) must not count those that were killed."""
    for file in folder.glob("gauge_live*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            multiprocess.mark_process_dead(int(pid), str(folder))  # type: ignore[no-untyped-call]


def instrument_flask(app: Flask) -> None:
    """Time each request by endpoint name; what no route matched counts as one endpoint."""

    def start() -> None:
        g.anju_started = time.perf_counter()

    def finish(response: Response) -> Response:
        started = g.pop("anju_started", None)
        if started is not None:
            method = request.method if request.method in _METHODS else "other"
            endpoint = request.endpoint or "unmatched"
            seconds = time.perf_counter() - started
            _http_series(endpoint, method, response.status_code).observe(seconds)
        return response

    app.before_request_funcs.setdefault(None, []).insert(0, start)
    app.after_request(finish)


def instrument_engine(engine: Engine) -> None:
    """Time each statement by its verb and count the pool's connections. A second call changes nothing."""
    dialect = engine.dialect
    assert isinstance(dialect, TenantDialect)
    if dialect.observe is not None:
        return
    dialect.observe = _statement_ended
    event.listen(engine, "checkout", lambda *_: pool_connections.labels("in_use").inc())
    event.listen(engine, "checkin", lambda *_: pool_connections.labels("in_use").dec())
    event.listen(engine, "connect", lambda *_: pool_connections.labels("open").inc())
    event.listen(engine, "close", lambda *_: pool_connections.labels("open").dec())


class timed:
    """Time a job: `with timed(name) as outcome: …; outcome("done")`. Without a word from inside it failed."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._outcome = "failed"

    def __enter__(self) -> Callable[[str], None]:
        self._started = time.perf_counter()
        return self._set

    def __exit__(self, *_: object) -> None:
        job_seconds.labels(self._job, self._outcome).observe(time.perf_counter() - self._started)

    def _set(self, outcome: str) -> None:
        self._outcome = outcome


def _statement_ended(statement: str, seconds: float) -> None:
    first = statement.lstrip()[:8].split(None, 1)[0].lower() if statement.strip() else "other"
    _sql_series(first).observe(seconds)


# Looking a series up by its labels takes a lock and checks each label; the series never changes.


@lru_cache(maxsize=4096)
def _http_series(endpoint: str, method: str, status: int) -> Histogram:
    return http_seconds.labels(endpoint, method, str(status))


@lru_cache(maxsize=64)
def _sql_series(word: str) -> Histogram:
    return sql_seconds.labels(word if word in _SQL_VERBS else "other")
