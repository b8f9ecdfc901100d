"""The worker and scheduler processes: they start, bring back a killed child, and end when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq.worker_registration import get_keys

from tenants import queues
from tenants.database import Kernel
from tenants.ids import new_id

START = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(kernel: Kernel, valkey: Redis) -> Iterator[START]:
    settings = kernel.settings
    rest = {name: value for name, value in os.environ.items() if not name.startswith("ANJU_")}
    environment = rest | {
        "ANJU_HOME": str(settings.home),
        "ANJU_DATABASE_URL": settings.database_url,
        "ANJU_ADMIN_DATABASE_URL": settings.admin_database_url or "",
        "ANJU_REDIS_URL": settings.redis_url,
    }
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def children(process: subprocess.Popen[bytes]) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in listed.read_text().split()]


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def idle(valkey: Redis) -> bool:
    return not any(len(queues.queue(name)) for name in queues.QUEUES)


def test_a_worker_keeps_a_child_per_queue_and_ends_with_them(start: START, valkey: Redis) -> None:
    worker = start("ops.worker")
    assert eventually(lambda: len(get_keys(connection=valkey)) == len(queues.QUEUES))
    first = children(worker)
    assert len(first) == len(queues.QUEUES)
    os.kill(first[0], signal.SIGKILL)
    assert eventually(lambda: len(set(children(worker)) - {first[0]}) == len(queues.QUEUES))
    assert queues.send(queues.SHORT, "tenants.drain.drain_job", new_id())
    assert eventually(lambda: idle(valkey))
    assert eventually(lambda: len(get_keys(connection=valkey)) >= len(queues.QUEUES))
    last = children(worker)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    assert [pid for pid in last if not gone(pid)] == []


def test_children_die_with_a_killed_worker(start: START, valkey: Redis) -> None:
    worker = start("ops.worker")
    assert eventually(lambda: len(get_keys(connection=valkey)) == len(queues.QUEUES))
    orphans = children(worker)
    worker.kill()
    assert eventually(lambda: all(gone(pid) for pid in orphans), 15)


def test_a_scheduler_ends_when_asked(start: START, valkey: Redis) -> None:
    scheduler = start("ops.scheduler")
    assert eventually(lambda: bool(valkey.exists("scheduler:epoch")))
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(15) == 0
