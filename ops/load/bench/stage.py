"""The stage of a run: servers of its own in a throwaway folder, firms with the same orders, gunicorn processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

from ops.embedded.postgres import EmbeddedPostgres
from ops.embedded.process import free_port
from ops.embedded.valkey import EmbeddedValkey
from saas.app import create_app
from saas.core.actors import SYSTEM
from saas.estate.services.places import create_building, create_room, make_community
from saas.people.services.signup import FirmDraft, sign_up_firm
from saas.repairs.services.intake import Report, create_order
from tenants.bootstrap import bootstrap_cluster
from tenants.database import shutdown
from tenants.keys import create_key_file
from tenants.migrate import migrate_platform
from tenants.provisioning import keep_spares
from tenants.settings import load_settings
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

PASSWORD = "only-in-load-tests"
LOGIN = "19900000001"
ORDERS = 60
TEXTS = ("厨房水管接头漏水，柜底已经泡湿", "客厅插座没电，空开一推就跳", "入户门锁芯卡住，钥匙转不动")


@dataclass(frozen=True)
class Stage:
    """Where the servers are; `environ` is what a process of ours needs."""

    folder: Path
    superuser_url: str
    environ: dict[str, str]


@contextmanager
def stage() -> Iterator[Stage]:
    """Start PostgreSQL (fsync on) and Valkey, migrate, boot; end and delete everything afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="anju-load-"))
    postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
    try:
        postgres.start()
        valkey.start()
        superuser_url = f"postgresql://postgres:{postgres.password}@127.0.0.1:{postgres.port}/anju"
        bootstrap_cluster(postgres.url(), PASSWORD, PASSWORD, database="anju")
        address = f"127.0.0.1:{postgres.port}/anju"
        environ = {
            "ANJU_MODE": "production",
            "ANJU_HOME": str(folder / "home"),
            "ANJU_DATABASE_URL": f"postgresql://anju_app:{PASSWORD}@{address}",
            "ANJU_ADMIN_DATABASE_URL": f"postgresql://anju_admin:{PASSWORD}@{address}",
            "ANJU_REDIS_URL": valkey.url(),
            "ANJU_ARGON2_PROFILE": "test",
            "ANJU_MASTER_KEY_FILE": str(folder / "master.key"),
            "ANJU_LOG_LEVEL": "warning",
        }
        create_key_file(Path(environ["ANJU_MASTER_KEY_FILE"]))
        create_app(load_settings(environ))
        migrate_platform()
        yield Stage(folder, superuser_url, environ)
    finally:
        shutdown()
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def draft(number: int) -> FirmDraft:
    """The sign-up form of firm `number`."""
    return FirmDraft(
        request_id=f"load-{number}", firm_name=f"压测物业{number}", admin_name="压测管理员", contact=LOGIN,
        password=PASSWORD, slug=f"load{number}",
    )  # fmt: skip


def sign_up(number: int) -> Tenant:
    """A firm without orders, making its schema on the spot where none is spare."""
    keep_spares(1)
    return sign_up_firm(draft(number)).tenant


def fill_first(tenant: Tenant) -> None:
    """One building, twelve rooms, sixty orders through the services."""
    with unit_of_work(tenant) as uow:
        rooms = _rooms(uow)
    for number in range(ORDERS):
        with unit_of_work(tenant) as uow:
            report = Report(text=TEXTS[number % len(TEXTS)], room_id=rooms[number % len(rooms)])
            create_order(uow, actor=SYSTEM, report=report)


def _rooms(uow: UnitOfWork) -> list[UUID]:
    community = make_community(uow, name="压测花园")
    uow.session.flush()
    building = create_building(
        uow, actor=SYSTEM, community_id=community.id, values={"key": "1", "name": "1号楼"}
    )
    values = (
        {"number": str(100 * floor + door), "unit": "1"} for floor in range(1, 5) for door in range(1, 4)
    )
    return [create_room(uow, actor=SYSTEM, building_id=building.id, values=each).id for each in values]


def copy_orders(on: Stage, source: Tenant, targets: Sequence[Tenant]) -> None:
    """The same places and orders in other firms, copied inside the server."""
    tables = ("community", "building", "unit", "room", "repair_order", "repair_event")
    with psycopg.connect(on.superuser_url, autocommit=True) as connection:
        for target in targets:
            for table in tables:
                connection.execute(
                    sql.SQL("INSERT INTO {}.{} SELECT * FROM {}.{} ON CONFLICT DO NOTHING").format(
                        *(sql.Identifier(part) for part in (target.schema, table, source.schema, table))
                    )
                )
        connection.execute("ANALYZE")


@contextmanager
def serving(on: Stage, module: str, **more: str) -> Iterator[int]:
    """gunicorn as `anju up` runs it: two workers of eight threads; answers the port."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", f"{module}:app", "--bind", f"127.0.0.1:{port}", "--no-control-socket",
        "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--log-level", "warning",
    ]  # fmt: skip
    environ = {**{k: v for k, v in os.environ.items() if not k.startswith("ANJU_")}, **on.environ, **more}
    environ.pop("ANJU_ADMIN_DATABASE_URL")
    with subprocess.Popen(command, env=environ) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(port: int) -> None:
    command = ["curl", "-s", "-o", "/dev/null", "--fail", f"http://127.0.0.1:{port}/healthz"]
    deadline = time.monotonic() + 40
    while subprocess.run(command, check=False).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError("the server under load does not start")
        time.sleep(0.2)
