"""A worker of RQ in this process, and a Redis that can be emptied or taken away."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from tenants import queues, wakeups
from tenants.database import Kernel
from tenants.redis_client import connect

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


@pytest.fixture
def valkey(kernel: Kernel) -> Iterator[Redis]:
    """The Valkey database of this test worker, empty."""
    wakeups.forget_armed()
    client = connect(kernel.settings.redis_url)
    client.flushdb()
    yield client
    client.flushdb()


@pytest.fixture
def work_off(kernel: Kernel, valkey: Redis) -> Iterator[Callable[[], None]]:
    """Runs what waits in the queues, until they are empty, like the worker process does."""
    before = {number: signal.getsignal(number) for number in HANDLED}

    def run() -> None:
        for _ in range(20):
            waiting = [name for name in queues.QUEUES if len(queues.queue(name))]
            if not waiting:
                return
            for name in waiting:
                connection = connect(kernel.settings.redis_url, timeout=None)
                worker = SimpleWorker(
                    [queues.make_queue(name, connection)], connection=connection, serializer=JSONSerializer
                )
                worker.work(burst=True, logging_level="WARNING")
                connection.close()

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Takes Redis away: from then on nobody listens at its address."""

    def take_away() -> None:
        for module in ("tenants.redis_client", "tenants.queues"):
            monkeypatch.setattr(f"{module}.redis_url", lambda: "unix:///nowhere/redis.sock")

    return take_away
