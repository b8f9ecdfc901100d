"""Many pooled transactions of many tenants, ended in every ugly way: does any see another's role, schema or rows?

python -m ops.load.tenant_leaks --transactions 100000
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import click
import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tenants.database import boot, shutdown
from tenants.ids import new_id
from tenants.settings import load_settings
from tenants.signup import SignupRequest, create_tenant
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

ENDINGS = {"commit": 60, "abort": 18, "savepoint": 18, "timeout": 1, "cancel": 2, "kill": 1}
LOOK = text("SELECT current_user, current_schema(), (SELECT min(name) FROM preference)")
CANARY_AT = "2026-11-01T00:00:00Z"


@dataclass(frozen=True)
class Outcome:
    """What a run saw; `wrong` lists every transaction that was not its tenant's alone."""

    transactions: int
    endings: dict[str, int]
    wrong: tuple[str, ...]
    seconds: float


class Abort(Exception):
    """Raised on purpose inside a unit of work."""


def run_mix(
    tenants: Sequence[Tenant],
    *,
    transactions: int,
    threads: int,
    seed: int,
    kill: Callable[[int], None],
) -> Outcome:
    """Run the mix. Each tenant's `preference` holds one canary row with its own id, which all must see."""
    for tenant in tenants:
        _plant(tenant)
    lock = threading.Lock()
    wrong: list[str] = []
    endings: Counter[str] = Counter()
    started = time.monotonic()

    def work(number: int) -> None:
        dice = random.Random(seed * 1_000_003 + number)
        for _ in range(transactions // threads + (number < transactions % threads)):
            tenant = dice.choice(tenants)
            ending = dice.choices(list(ENDINGS), weights=list(ENDINGS.values()))[0]
            problem = _one(tenant, ending, kill, lock)
            with lock:
                endings[ending] += 1
                if problem:
                    wrong.append(problem)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        list(pool.map(work, range(threads)))
    return Outcome(endings.total(), dict(endings), tuple(wrong), time.monotonic() - started)


def _one(tenant: Tenant, ending: str, kill: Callable[[int], None], lock: threading.Lock) -> str | None:
    try:
        with unit_of_work(tenant) as uow:
            seen = tuple(uow.session.execute(LOOK).one())
            _end(uow, ending, kill, lock)
            if seen != (tenant.role, tenant.schema, str(tenant.id)):
                return f"{ending}: {tenant.schema} saw {seen}"
            after = tuple(uow.session.execute(LOOK).one())
            if after != seen:
                return f"{ending}: {tenant.schema} became {after}"
    except (Abort, DBAPIError):
        return None
    return None


def _end(uow: UnitOfWork, ending: str, kill: Callable[[int], None], lock: threading.Lock) -> None:
    session = uow.session
    if ending == "abort":
        session.execute(text("UPDATE preference SET value = '0'"))
        raise Abort
    if ending == "savepoint":
        try:
            with uow.savepoint():
                session.execute(text("SELECT 1 / 0"))
        except DBAPIError:
            return
    if ending == "timeout":
        session.execute(text("SET LOCAL statement_timeout = '5ms'"))
        session.execute(text("SELECT pg_sleep(1)"))
    if ending == "cancel":
        driver = session.connection().connection.dbapi_connection
        assert isinstance(driver, psycopg.Connection)
        timer = threading.Timer(0.005, driver.cancel_safe)
        timer.start()
        try:
            session.execute(text("SELECT pg_sleep(1)"))
        finally:
            timer.join()
    if ending == "kill":
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with lock:
            kill(pid)
        session.execute(text("SELECT 1"))


def _plant(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        uow.session.execute(
            text("INSERT INTO preference (name, value, updated_at) VALUES (:name, '1', :at)"),
            {"name": str(tenant.id), "at": CANARY_AT},
        )


def _terminate(superuser: psycopg.Connection, pid: int) -> None:
    superuser.execute("SELECT pg_terminate_backend(%s)", [pid])


def _nothing(uow: UnitOfWork) -> None:
    """The tenants of a load run start empty."""


@click.command()
@click.option("--transactions", default=100_000, show_default=True)
@click.option("--tenants", "count", default=30, show_default=True)
@click.option("--threads", default=8, show_default=True)
@click.option(
    "--superuser", envvar="PGSUPERUSER_DSN", required=True, help="address that may end other sessions"
)
def main(transactions: int, count: int, threads: int, superuser: str) -> None:
    """Run on the database of the environment's ANJU_ settings; it is filled with empty tenants."""
    boot(load_settings())
    made = [
        create_tenant(SignupRequest(str(new_id()), f"leak-{uuid4().hex[:12]}", "泄漏测试"), _nothing)
        for _ in range(count)
    ]
    with psycopg.connect(superuser, autocommit=True) as connection:
        outcome = run_mix(
            made,
            transactions=transactions,
            threads=threads,
            seed=int(time.time()),
            kill=partial(_terminate, connection),
        )
    shutdown()
    click.echo(f"{outcome.transactions} transactions of {count} tenants in {outcome.seconds:.0f} s")
    for ending, times in sorted(outcome.endings.items()):
        click.echo(f"  {ending:<10}{times:>8}")
    for problem in outcome.wrong[:20]:
        click.echo(f"LEAK {problem}")
    click.echo(f"leaks: {len(outcome.wrong)}")
    raise SystemExit(1 if outcome.wrong else 0)


if __name__ == "__main__":
    main()
