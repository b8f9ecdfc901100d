"""The worker process: short jobs and outward calls in this process's children, long or risky jobs forked one each.

`python -m ops.worker` keeps one child per queue; `--burst` empties the queues once and ends."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

import click
from flask import Flask
from redis.exceptions import RedisError
from rq import SimpleWorker, Worker
from rq.serializers import JSONSerializer
from rq.worker.base import BaseWorker

from ops.embedded.process import die_with_parent
from ops.process import begin_process
from tenants import queues
from tenants.caches import InvalidationListener
from tenants.database import kernel
from tenants.logs import get_logger
from tenants.redis_client import connect

RESTART_SECONDS = (0.5, 1.0, 2.0, 5.0)
HEALTHY_SECONDS = 10.0
# Below the 60 s after which a claimed wakeup comes back, so that a Redis that is back is noticed soon.
WORKER_TTL = 45
STOP_SECONDS = 8.0

log = get_logger(__name__)


class ShortWorker(SimpleWorker):
    """Runs jobs in its own process: 382 jobs a second against 50 forked."""

    max_connection_wait_time = 2.0


class LongWorker(Worker):
    """Forks for each job, so that a crash or a leak ends with the job."""

    max_connection_wait_time = 2.0


def make_worker(queue_name: str) -> BaseWorker:
    """A worker of one queue, with the serializer of the one factory."""
    connection = connect(kernel().settings.redis_url, timeout=None)
    kind = LongWorker if queue_name == queues.LONG else ShortWorker
    return kind(
        [queues.make_queue(queue_name, connection)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        log_job_description=False,
    )


def work(app: Flask, queue_name: str, *, burst: bool = False) -> None:
    """Work off one queue: until stopped, or until it is empty."""
    if not burst:
        InvalidationListener().start()
    with app.app_context():
        make_worker(queue_name).work(burst=burst, logging_level="WARNING")


def work_until_empty(app: Flask, names: Sequence[str] = queues.QUEUES) -> None:
    """Run all waiting jobs, and those that they enqueue, in this process."""
    while any(len(queues.queue(name)) for name in names):
        for name in names:
            work(app, name, burst=True)


class Children:
    """One forked child per queue, restarted when it ends, ended with us."""

    def __init__(self, app: Flask, names: Sequence[str]) -> None:
        self.app = app
        self.names = names
        self.running: dict[int, tuple[str, float]] = {}
        self.failures: dict[str, int] = {}
        self.stopping = False

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        for name in self.names:
            self._fork(name)
        while self.running:
            self._wait()

    def _fork(self, name: str) -> None:
        prepare = die_with_parent(signal.SIGTERM)
        pid = os.fork()
        if pid == 0:
            prepare()
            os._exit(self._child(name))
        self.running[pid] = (name, time.monotonic())

    def _child(self, name: str) -> int:
        try:
            work(self.app, name)
        except RedisError as error:
            log.warning("Redis cannot be reached", queue=name, error=type(error).__name__)
            return 1
        except SystemExit:
            return 0
        except BaseException:
            log.exception("worker failed", queue=name)
            return 1
        return 0

    def _wait(self) -> None:
        try:
            pid, _ = os.wait()
        except ChildProcessError:
            self.running.clear()
            return
        name, started = self.running.pop(pid, ("", 0.0))
        if self.stopping or not name:
            return
        if time.monotonic() - started > HEALTHY_SECONDS:
            self.failures[name] = 0
        failures = self.failures[name] = self.failures.get(name, 0) + 1
        time.sleep(RESTART_SECONDS[min(failures, len(RESTART_SECONDS)) - 1])
        if not self.stopping:
            self._fork(name)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        for pid in list(self.running):
            _send(pid, signal.SIGTERM)
        signal.signal(signal.SIGALRM, self._kill)
        signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS)

    def _kill(self, *_: Any) -> None:
        for pid in list(self.running):
            _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


@click.command()
@click.option("--queue", "names", multiple=True, type=click.Choice(queues.QUEUES), help="Only these queues.")
@click.option("--burst", is_flag=True, help="Empty the queues once and end.")
def main(names: tuple[str, ...], burst: bool) -> None:
    """Run the jobs of all tenants."""
    chosen = names or queues.QUEUES
    app = begin_process("worker")
    if burst:
        work_until_empty(app, chosen)
    else:
        Children(app, chosen).run()


if __name__ == "__main__":
    sys.exit(main())
