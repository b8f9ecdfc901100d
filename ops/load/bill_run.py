"""`python -m ops.load.bill_run --lines 300000`: a bill run against INSERT … SELECT of the same rows into the same tables
with all their keys, in one run on servers of its own; time, ratio and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import click
import psycopg
from psycopg import sql

from ops.load.bench.stage import Stage, sign_up, stage
from saas.core.actors import SYSTEM
from saas.estate.models import Building, Community, Room
from saas.fees.preferences import declare_preferences
from saas.fees.services.bill_runs import approve_run, publish_run, request_publication, request_run
from saas.fees.services.drafting import draft_run
from saas.fees.services.items import create_item, set_tariff
from saas.fees.services.rules import create_rule
from tenants.bulk import copy_rows
from tenants.clock import utcnow
from tenants.database import boot
from tenants.ids import new_id
from tenants.registry import tenant_by_id
from tenants.settings import load_settings
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work

ITEMS = (("property", "area_built", "2.35"), ("lift", "fixed", "15"), ("cleaning", "area_inner", "0.30"))
TABLES = ("bill_line", "bill_line_part", "line_balance", "ledger_transfer")
START, END = date(2026, 10, 1), date(2026, 11, 1)


@click.command()
@click.option("--lines", default=300_000, show_default=True)
@click.option("--tenant", "tenant_id", type=click.UUID, hidden=True)
@click.option("--run", "run_id", type=click.UUID, hidden=True)
def main(lines: int, tenant_id: UUID | None, run_id: UUID | None) -> None:
    """Print the figures as rows for docs/benchmarks.md."""
    if tenant_id and run_id:
        _work(tenant_id, run_id)
        return
    with stage() as on:
        tenant = sign_up(0)
        community_id = _fill(tenant, lines // len(ITEMS))
        run_id = _ask(tenant, community_id)
        drafted, published, before, memory = _worker(on, tenant, run_id)
        plain = _insert_select(on, tenant)
    click.echo(f"| lines | {lines} |")
    click.echo(f"| drafts: priced in Python and copied | {lines / drafted:.0f} lines/s |")
    click.echo(f"| publication: lines, parts, balances, transfers | {lines / published:.0f} lines/s |")
    click.echo(f"| INSERT … SELECT of the same rows | {lines / plain:.0f} lines/s = 1.00 |")
    click.echo(f"| publication against it | {plain / published:.2f} |")
    click.echo(f"| drafts and publication together against it | {plain / (drafted + published):.2f} |")
    click.echo(f"| memory of the process, before and at its peak | {before:.0f} / {memory:.0f} MB |")


def _worker(on: Stage, tenant: Tenant, run_id: UUID) -> tuple[float, float, float, float]:
    """Seconds to draft and to publish, memory before and at its peak, of a fresh process that does nothing else."""
    command = [sys.executable, "-m", "ops.load.bill_run", "--tenant", str(tenant.id), "--run", str(run_id)]
    done = subprocess.run(
        command, env={**os.environ, **on.environ}, check=True, capture_output=True, text=True
    )
    drafted, published, before, memory = (float(word) for word in done.stdout.split())
    return drafted, published, before, memory


def _work(tenant_id: UUID, run_id: UUID) -> None:
    boot(load_settings(os.environ))
    declare_preferences()
    tenant = tenant_by_id(tenant_id)
    assert tenant is not None
    before = _memory()
    drafted = _timed(lambda: draft_run(tenant, run_id))
    published = _timed(lambda: _publish(tenant, run_id))
    click.echo(f"{drafted} {published} {before} {_memory()}")


def _fill(tenant: Tenant, rooms: int) -> UUID:
    """One community of many rooms with different areas, three items assigned to all of them."""
    now, community_id, building_id = utcnow(), new_id(), new_id()
    with unit_of_work(tenant) as uow:
        uow.session.add(Community(id=community_id, name="大城花园"))
        uow.session.flush()
        uow.session.add(
            Building(id=building_id, community_id=community_id, key="1", sort_key="01", name="1号楼")
        )
        uow.session.flush()
    for first in range(0, rooms, 10_000):
        numbers = range(first, min(first + 10_000, rooms))
        with unit_of_work(tenant) as uow:
            copy_rows(uow, Room, [_room(number, community_id, building_id, now) for number in numbers])
    for code, pricing, price in ITEMS:
        with unit_of_work(tenant) as uow:
            item = create_item(uow, actor=SYSTEM, code=code, name=code, pricing=pricing)
            set_tariff(uow, actor=SYSTEM, item_id=item.id, starts_on=date(2024, 1, 1), price=Decimal(price))
            selector = {"community_id": community_id}
            create_rule(uow, actor=SYSTEM, item_id=item.id, selector=selector, starts_on=START)
    return community_id


def _room(number: int, community_id: UUID, building_id: UUID, now: object) -> dict[str, object]:
    area = Decimal(4000 + number * 7919 % 16_000) / 100
    return {
        "id": new_id(), "community_id": community_id, "building_id": building_id, "unit_id": None,
        "key": f"1-{number}", "sort_key": f"01-{number:07d}", "number": str(number), "floor": number % 30 + 1,
        "kind": "residential", "status": "occupied", "built_area": area, "inner_area": area - 10,
        "handover_on": None, "note": "", "version": 1, "created_at": now, "updated_at": now,
    }  # fmt: skip


def _ask(tenant: Tenant, community_id: UUID) -> UUID:
    with unit_of_work(tenant) as uow:
        return request_run(
            uow, actor=SYSTEM, period_from=START, period_to=END, community_id=community_id, queue=False
        ).id


def _publish(tenant: Tenant, run_id: UUID) -> None:
    with unit_of_work(tenant) as uow:
        approve_run(uow, actor=SYSTEM, run_id=run_id)
        request_publication(uow, actor=SYSTEM, run_id=run_id, queue=False)
    with unit_of_work(tenant) as uow:
        publish_run(uow, run_id)


def _insert_select(on: Stage, tenant: Tenant) -> float:
    """The rows put aside, the tables emptied, and the rows put back in one transaction."""
    with psycopg.connect(on.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(tenant.schema)))
        for table in TABLES:
            name = sql.Identifier(table)
            connection.execute(sql.SQL("CREATE TABLE public.{} AS SELECT * FROM {}").format(name, name))
        names = sql.SQL(", ").join(map(sql.Identifier, TABLES))
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
        connection.execute("CHECKPOINT")
        began = time.perf_counter()
        with connection.transaction():
            for table in TABLES:
                name = sql.Identifier(table)
                connection.execute(sql.SQL("INSERT INTO {} SELECT * FROM public.{}").format(name, name))
        return time.perf_counter() - began


def _timed(do: object) -> float:
    began = time.perf_counter()
    assert callable(do)
    do()
    return time.perf_counter() - began


def _memory() -> float:
    """The most that this program has held, in MB; what its parent held before does not count."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
