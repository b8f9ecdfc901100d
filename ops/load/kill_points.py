"""Kills Redis, worker and scheduler at random points, empties Redis in between, and counts what arrived.

`python -m ops.load.kill_points --points 50` starts servers of its own. Every event must reach its subscriber exactly
once and every outward call must be made and recorded exactly once; calls made twice are counted, not hidden: they are
at least once, and each carries the key by which its receiver tells a repeat."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import func, select

from ops.embedded.postgres import EmbeddedPostgres
from ops.embedded.valkey import EmbeddedValkey
from tenants import drain, looks, outbox, queues, wakeups
from tenants.bootstrap import bootstrap_cluster
from tenants.counters import next_number
from tenants.database import boot, kernel
from tenants.events import Event
from tenants.ids import new_id
from tenants.kernel_models import Counter, OutboxHistory, OutboxMessage
from tenants.migrate import migrate_platform
from tenants.redis_client import connect
from tenants.scheduler import Scheduler
from tenants.settings import load_settings
from tenants.signup import SignupRequest, create_tenant
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

PASSWORD = "load"
CALLS = "KILL_POINTS_CALLS"
SETTLE_SECONDS = 240.0


@dataclass(frozen=True)
class Struck(Event):
    number: int


@dataclass
class Outcome:
    """What was emitted and what arrived."""

    emitted: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    handled: int = 0
    recorded: int = 0
    called: int = 0
    distinct_calls: int = 0
    history: int = 0
    left: int = 0

    @property
    def exact(self) -> bool:
        exactly_once = self.handled == self.recorded == self.distinct_calls == self.emitted
        return exactly_once and self.history == 2 * self.emitted and self.left == 0


def count_strike(uow: UnitOfWork, event: Struck) -> None:
    time.sleep(0.002)
    next_number(uow, "struck")


def ring_bell(tenant: Tenant, payload: dict[str, Any], attempt: int) -> None:
    """The outside world: a file that keeps each call's key."""
    handle = os.open(os.environ[CALLS], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{payload['number']}\n".encode())
    os.close(handle)


def count_bell(uow: UnitOfWork, payload: dict[str, Any], result: Mapping[str, Any]) -> None:
    next_number(uow, "rung")


def register() -> None:
    """The handlers of this load, and patience cut to seconds so that a run ends in minutes."""
    outbox.subscribe(Struck, "load.count_strike", count_strike)
    outbox.register_effect("load.ring_bell", ring_bell, on_delivered=count_bell)
    drain.EFFECT_LEASE, drain.EFFECT_MARGIN = timedelta(seconds=3), timedelta(seconds=1)
    wakeups.CLAIM_RETRY = timedelta(seconds=3)
    outbox.HINT_PATIENCE = timedelta(seconds=2)


def run_child(part: str) -> None:
    """What a killed and restarted process runs."""
    boot(load_settings(os.environ))
    register()
    if part == "scheduler":
        Scheduler().run()
        return
    connection = connect(kernel().settings.redis_url, timeout=None)
    names = (queues.SHORT, queues.EFFECTS)
    worker = SimpleWorker(
        [queues.make_queue(name, connection) for name in names],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=20,
    )
    worker.max_connection_wait_time = 0.5
    worker.work(logging_level="ERROR")


class Harness:
    """Worker, scheduler and Redis, each of which may be killed and comes back."""

    def __init__(self, valkey: EmbeddedValkey, environment: Mapping[str, str]) -> None:
        self.valkey = valkey
        self.environment = dict(environment)
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def keep_running(self) -> None:
        for part in ("worker", "scheduler"):
            child = self.children.get(part)
            if child is None or child.poll() is not None:
                command = [sys.executable, "-m", "ops.load.kill_points", "--child", part]
                self.children[part] = subprocess.Popen(
                    command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )

    def kill(self, part: str) -> None:
        self.children[part].send_signal(signal.SIGKILL)
        self.children[part].wait()

    def kill_redis(self) -> None:
        process = self.valkey.process
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.valkey.start()

    def empty_redis(self) -> None:
        with Redis.from_url(self.valkey.url()) as client:
            client.flushall()

    def blows(self) -> dict[str, Callable[[], None]]:
        return {
            "worker killed": lambda: self.kill("worker"),
            "scheduler killed": lambda: self.kill("scheduler"),
            "Redis killed": self.kill_redis,
            "Redis emptied": self.empty_redis,
        }

    def end(self) -> None:
        for child in self.children.values():
            child.kill()
            child.wait()


def strike(tenant: Tenant, outcome: Outcome, times: int) -> None:
    for _ in range(times):
        number = outcome.emitted
        with unit_of_work(tenant) as uow:
            uow.emit(Struck(number))
            uow.enqueue_effect("load.ring_bell", {"number": number}, f"bell-{number}")
        outcome.emitted += 1


def run(harness: Harness, tenant: Tenant, points: int, seed: int, calls: Path) -> Outcome:
    """Deal `points` blows at random moments under load, let all settle, and count."""
    chance = random.Random(seed)
    outcome = Outcome()
    blows = harness.blows()
    for point in range(points):
        harness.keep_running()
        until = time.monotonic() + chance.uniform(0.2, 2.0)
        while time.monotonic() < until:
            strike(tenant, outcome, 3)
            time.sleep(0.03)
        name = sorted(blows)[point % len(blows)]
        blows[name]()
        outcome.kills[name] = outcome.kills.get(name, 0) + 1
    _settle(harness, tenant)
    return _count(tenant, outcome, calls)


def _settle(harness: Harness, tenant: Tenant) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        harness.keep_running()
        with unit_of_work(tenant, read_only=True) as uow:
            if not uow.session.scalar(select(func.count()).select_from(OutboxMessage)):
                return
        time.sleep(0.25)


def _count(tenant: Tenant, outcome: Outcome, calls: Path) -> Outcome:
    numbers = calls.read_text().split() if calls.exists() else []
    with unit_of_work(tenant, read_only=True) as uow:
        found = {row.kind: row.value for row in uow.session.scalars(select(Counter))}
        outcome.history = uow.session.scalar(select(func.count()).select_from(OutboxHistory)) or 0
        outcome.left = uow.session.scalar(select(func.count()).select_from(OutboxMessage)) or 0
    outcome.handled, outcome.recorded = found.get("struck", 0), found.get("rung", 0)
    outcome.called, outcome.distinct_calls = len(numbers), len(set(numbers))
    return outcome


def own_servers(folder: Path, points: int, seed: int) -> Outcome:
    """The whole run on servers of its own."""
    postgres = EmbeddedPostgres(folder / "postgres", throwaway=True)
    valkey = EmbeddedValkey(folder / "valkey")
    try:
        postgres.start()
        valkey.start()
        bootstrap_cluster(postgres.url(), PASSWORD, PASSWORD, database="anju")
        address = f"127.0.0.1:{postgres.port}/anju"
        return with_servers(folder, valkey, f"anju_app:{PASSWORD}@{address}", f"anju_admin:{PASSWORD}@{address}",
                            points, seed)  # fmt: skip
    finally:
        valkey.stop()
        postgres.stop()


def with_servers(
    folder: Path, valkey: EmbeddedValkey, app: str, admin: str, points: int, seed: int
) -> Outcome:
    """The run on a given database and a Valkey that may be killed."""
    ours = {
        "ANJU_HOME": str(folder),
        "ANJU_DATABASE_URL": f"postgresql://{app}",
        "ANJU_ADMIN_DATABASE_URL": f"postgresql://{admin}",
        "ANJU_REDIS_URL": valkey.url(),
    }
    boot(load_settings(ours))
    migrate_platform()
    register()
    tenant = create_tenant(
        SignupRequest(str(new_id()), f"k{new_id().hex[-12:]}", "试验物业"), lambda uow: None
    )
    looks.sweep(tenant)
    calls = folder / "calls"
    rest = {name: value for name, value in os.environ.items() if not name.startswith("ANJU_")}
    harness = Harness(valkey, {**rest, **ours, CALLS: str(calls)})
    try:
        return run(harness, tenant, points, seed, calls)
    finally:
        harness.end()


@click.command()
@click.option("--points", default=50, show_default=True, help="How many blows.")
@click.option("--seed", default=1, show_default=True, help="Seed of the random moments.")
@click.option("--child", type=click.Choice(["worker", "scheduler"]), hidden=True)
def main(points: int, seed: int, child: str | None) -> None:
    """Kill at random points and count what arrived."""
    if child is not None:
        run_child(child)
        return
    with tempfile.TemporaryDirectory(prefix="anju-kill-") as folder:
        outcome = own_servers(Path(folder), points, seed)
    click.echo(outcome)
    if not outcome.exact:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
