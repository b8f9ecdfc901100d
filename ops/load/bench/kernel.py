"""Figures without HTTP: the tenant switch, reads and writes over many firms, sign-up."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from ops.load.bench.stage import Stage, draft
from saas.core.actors import SYSTEM
from saas.people.services.signup import sign_up_firm
from saas.repairs.queries.orders import list_orders
from tenants.provisioning import make_spare
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work

ROUNDS, REPEATS = 400, 5
ONE_ORDER = text("SELECT id, number, state FROM repair_order ORDER BY id DESC LIMIT 1")


def switch_ratio(on: Stage, tenant: Tenant) -> tuple[float, float, float]:
    """Microseconds of one read in a unit of work, the same in a plain session, and the ratio of the medians."""
    plain = create_engine(
        on.environ["ANJU_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"),
        connect_args={"options": f"-c role={tenant.role} -c search_path={tenant.schema}"},
    )

    def with_tenant() -> None:
        with unit_of_work(tenant, read_only=True) as uow:
            uow.session.execute(ONE_ORDER).all()

    def without() -> None:
        with Session(plain) as session, session.begin():
            session.execute(ONE_ORDER).all()

    switched, bare = _in_turn(with_tenant, without)
    plain.dispose()
    return switched, bare, switched / bare


def _in_turn(*measured: Callable[[], None]) -> list[float]:
    """Medians over repeats in turn, in microseconds an operation, so that a drifting machine hits all alike."""
    seen: list[list[float]] = [[] for _ in measured]
    for operation in measured:
        operation()
    for _ in range(REPEATS):
        for operation, kept in zip(measured, seen, strict=True):
            started = time.perf_counter()
            for _ in range(ROUNDS):
                operation()
            kept.append((time.perf_counter() - started) / ROUNDS * 1e6)
    return [statistics.median(kept) for kept in seen]


def read_and_write(tenants: Sequence[Tenant]) -> tuple[float, float]:
    """Microseconds of a list of 20 orders and of one audited write, each time of a firm drawn by lot."""
    dice = random.Random(7)

    def read() -> None:
        with unit_of_work(dice.choice(tenants), read_only=True) as uow:
            list_orders(uow, actor=SYSTEM, limit=20)

    def write() -> None:
        tenant = dice.choice(tenants)
        with unit_of_work(tenant) as uow:
            uow.audit("load.written", actor=SYSTEM.ref(), subject=("tenant", tenant.id))

    for _ in range(2 * len(tenants)):
        read()
        write()
    reads, writes = _in_turn(read, write)
    return reads, writes


def signup_times(first: int, count: int) -> tuple[float, float]:
    """Median milliseconds of a sign-up with a spare at hand, and of one that makes its schema first."""
    warm, cold = [], []
    for number in range(first, first + count):
        started = time.perf_counter()
        make_spare()
        made = time.perf_counter()
        sign_up_firm(draft(number))
        ended = time.perf_counter()
        warm.append((ended - made) * 1e3)
        cold.append((ended - started) * 1e3)
    return statistics.median(warm), statistics.median(cold)
