"""Measures the intake of readings and the reports: `python -m ops.load.readings`; servers of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import click
import psycopg
from sqlalchemy import text

from ops.load.bench.stage import sign_up, stage
from saas.core.actors import SYSTEM
from saas.estate.models import Building, Community, Room
from saas.fees.models import BillLine, FeeItem, LedgerTransfer, LineBalance, Meter
from saas.fees.reports.registry import REPORTS, make_report
from saas.fees.reports.results import ReportFilter
from saas.fees.services import accounts
from saas.fees.services.accounts import account_ids
from saas.fees.services.readings import Incoming, judge_waiting, take_in
from tenants.bulk import copy_rows
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work

METERS = 500
FIRST = date(2026, 1, 1)


@click.command()
@click.option("--readings", default=50_000, help="how many readings")
@click.option("--batch", default=500, help="readings in one transaction")
@click.option("--lines", default=200_000, help="bill lines under the reports; 0: no reports")
def main(readings: int, batch: int, lines: int) -> None:
    """Print rows for docs/benchmarks.md."""
    with stage() as on:
        tenant = sign_up(0)
        rooms = fill(tenant)
        for label, (wall, core) in intake(tenant, readings, batch).items():
            click.echo(
                f"| readings in batches of {batch}, {label} | {wall:,.0f} rows/s, {core:,.0f} a core |"
            )
        if lines:
            fill_lines(tenant, rooms, lines)
            with psycopg.connect(on.superuser_url, autocommit=True) as server:
                server.execute("ANALYZE")  # as autovacuum does after a bill run
            for name in REPORTS:
                click.echo(
                    f"| report {name} over {lines:,} lines | {report_time(tenant, name, rooms[0]):.0f} ms |"
                )


def fill(tenant: Tenant) -> list[UUID]:
    """A community with rooms and a meter in each."""
    with unit_of_work(tenant) as uow:
        community = Community(name="量测小区")
        uow.session.add(community)
        uow.session.flush()
        building = Building(community_id=community.id, key="1", sort_key="01", name="1号楼")
        uow.session.add(building)
        uow.session.flush()
        rooms = [
            Room(
                community_id=community.id, building_id=building.id, key=f"1-{number}", sort_key=f"{number:06}",
                number=str(number),
            )
            for number in range(METERS)
        ]  # fmt: skip
        uow.session.add_all(rooms)
        uow.session.flush()
        uow.session.add_all(
            Meter(
                number=f"M{number:05}", kind="water", community_id=community.id, building_id=building.id,
                room_id=room.id, digits=8, initial_values={"total": "0"},
            )
            for number, room in enumerate(rooms)
        )  # fmt: skip
        return [room.id for room in rooms]


def intake(tenant: Tenant, readings: int, batch: int) -> dict[str, tuple[float, float]]:
    """Rows a second by the clock, and by the processor time of Python and the server's process together."""
    rows = [
        Incoming(
            f"M{number % METERS:05}", FIRST + timedelta(days=number // METERS), Decimal(number // METERS * 3)
        )
        for number in range(readings)
    ]
    batches = [rows[at : at + batch] for at in range(0, len(rows), batch)]

    def take_all() -> None:
        for part in batches:
            with unit_of_work(tenant) as uow:
                take_in(uow, part, source="device")

    def judge_all() -> None:
        with unit_of_work(tenant) as uow:
            judge_waiting(uow)

    steps = {"new": take_all, "known": take_all, "judged": judge_all}
    return {label: _speed(tenant, readings, step) for label, step in steps.items()}


def _speed(tenant: Tenant, rows: int, work: Callable[[], None]) -> tuple[float, float]:
    with unit_of_work(tenant) as uow:
        backend = uow.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    started, used = time.perf_counter(), time.process_time() + _processor_time(backend)
    work()
    wall, used = time.perf_counter() - started, time.process_time() + _processor_time(backend) - used
    return rows / wall, rows / used


def _processor_time(process: int) -> float:
    """Seconds of processor time of a process on this machine."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fill_lines(tenant: Tenant, rooms: list[UUID], lines: int) -> None:
    """Bill lines with their transfers, every second one paid."""
    with unit_of_work(tenant) as uow:
        uow.session.execute(text("SET LOCAL statement_timeout = 0"))
        item = FeeItem(code="bench", name="物业费", pricing="fixed", late_rate=Decimal("0.0005"))
        uow.session.add(item)
        uow.session.flush()
        place = uow.session.get_one(Room, rooms[0])
        keys = accounts.RECEIVABLE, accounts.income(item.id), accounts.cash("cash")
        receivable, income, cash = (account_ids(uow, keys)[key] for key in keys)
        now = utcnow()
        bills: list[dict[str, object]] = []
        open_ones: list[dict[str, object]] = []
        moves: list[dict[str, object]] = []
        for number in range(lines):
            line_id, room, day = new_id(), rooms[number % len(rooms)], FIRST + timedelta(days=number % 300)
            common = {
                "community_id": place.community_id,
                "room_id": room,
                "person_id": None,
                "item_id": item.id,
            }
            bills.append({
                **common, "id": line_id, "kind": "charge", "sequence": 0, "object_kind": "room", "object_id": room,
                "object_key": "x", "building_id": place.building_id, "debtor_name": "x", "period_from": day,
                "period_to": day + timedelta(days=1), "issue_on": day, "due_on": day, "amount_minor": 23187,
                "tax_rate": Decimal(0), "priority": 1, "reason": "", "explanation": {}, "issued_at": now,
            })  # fmt: skip
            paid = number % 2 == 0
            open_ones.append({
                **common, "line_id": line_id, "due_on": day, "priority": 1, "amount_minor": 23187,
                "open_minor": 0 if paid else 23187, "state": "settled" if paid else "open", "is_disputed": False,
                "void_reason": "", "changed_at": now,
            })  # fmt: skip
            moved = {
                **common,
                "minor": 23187,
                "cause_id": line_id,
                "leg": 0,
                "posted_at": now,
                "line_id": line_id,
            }
            moves.append({
                **moved, "id": new_id(), "debit_id": receivable, "credit_id": income, "cause": "bill",
                "business_date": day, "channel": None,
            })  # fmt: skip
            if paid:
                moves.append({
                    **moved, "id": new_id(), "debit_id": cash, "credit_id": receivable, "cause": "payment",
                    "business_date": day + timedelta(days=9), "channel": "cash",
                })  # fmt: skip
        copy_rows(uow, BillLine, bills)
        copy_rows(uow, LineBalance, open_ones)
        copy_rows(uow, LedgerTransfer, moves)


def report_time(tenant: Tenant, name: str, room: UUID) -> float:
    """The better of two, in milliseconds."""
    wanted = ReportFilter(FIRST, date(2026, 12, 31), room_id=room if name == "room_statement" else None)
    times = []
    for _again in range(2):
        started = time.perf_counter()
        with unit_of_work(tenant, read_only=True) as uow:
            make_report(uow, actor=SYSTEM, name=name, wanted=wanted)
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


if __name__ == "__main__":
    main()
