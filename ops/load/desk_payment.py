"""How long a payment at the desk takes with several cashiers at once.

`python -m ops.load.desk_payment --payments 400 --cashiers 8` starts servers of its own, issues bills, pays them in as
many threads as there are cashiers, and prints the quantiles. The figure to keep: 150 ms at the 95th of a hundred."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import click

import tenants.audit
import tenants.outbox
import tenants.wakeups  # noqa: F401
from ops.embedded.postgres import EmbeddedPostgres
from ops.embedded.valkey import EmbeddedValkey
from saas.core.actors import Actor, Scope
from saas.estate.models import Building, Community, Room
from saas.fees import permissions as p
from saas.fees.models import BillLine, FeeItem, LineBalance
from saas.fees.preferences import declare_preferences
from saas.fees.services.cash_desk import pay_at_desk
from saas.fees.services.ledger import post, posting_date, transfers_for_lines
from saas.fees.services.ledger_check import verify_books
from saas.fees.services.payments_intent import PaymentIntent
from tenants.bootstrap import bootstrap_cluster
from tenants.clock import utcnow
from tenants.database import boot
from tenants.ids import new_id
from tenants.migrate import migrate_platform
from tenants.settings import load_settings
from tenants.signup import SignupRequest, create_tenant
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

PASSWORD = "load"
LIMIT_MS = 150.0
LINES_EACH = 3


def own_servers(folder: Path, run: Callable[[], None]) -> None:
    """Run on servers of its own."""
    postgres = EmbeddedPostgres(folder / "postgres", throwaway=True)
    valkey = EmbeddedValkey(folder / "valkey")
    try:
        postgres.start()
        valkey.start()
        bootstrap_cluster(postgres.url(), PASSWORD, PASSWORD, database="anju")
        address = f"127.0.0.1:{postgres.port}/anju"
        ours: Mapping[str, str] = {
            "ANJU_HOME": str(folder),
            "ANJU_DATABASE_URL": f"postgresql://anju_app:{PASSWORD}@{address}",
            "ANJU_ADMIN_DATABASE_URL": f"postgresql://anju_admin:{PASSWORD}@{address}",
            "ANJU_REDIS_URL": valkey.url(),
        }
        boot(load_settings(ours))
        migrate_platform()
        run()
    finally:
        valkey.stop()
        postgres.stop()


def issue(uow: UnitOfWork, payments: int) -> list[list[UUID]]:
    """A room with its bills for each payment."""
    community = Community(name="压测花园")
    uow.session.add(community)
    uow.session.flush()
    building = Building(community_id=community.id, key="1", sort_key="01", name="1号楼")
    item = FeeItem(code="property", name="物业费", pricing="one_off")
    uow.session.add_all([building, item])
    uow.session.flush()
    found: list[list[UUID]] = []
    for number in range(payments):
        key = f"1-{number:05d}"
        room = Room(
            community_id=community.id, building_id=building.id, key=key, sort_key=key, number=key, floor=1
        )
        uow.session.add(room)
        uow.session.flush()
        lines = [_line(room, item.id, month) for month in range(1, LINES_EACH + 1)]
        uow.session.add_all(lines)
        uow.session.flush()
        uow.session.add_all([_balance(line) for line in lines])
        post(uow, transfers_for_lines(lines, posting_date(uow)))
        found.append([line.id for line in lines])
    return found


def _line(room: Room, item_id: UUID, month: int) -> BillLine:
    return BillLine(
        id=new_id(), kind="charge", sequence=0, item_id=item_id, object_kind="room", object_id=room.id,
        object_key=room.key, community_id=room.community_id, building_id=room.building_id, room_id=room.id,
        debtor_name="开发商", period_from=date(2026, month, 1), period_to=date(2026, month + 1, 1),
        issue_on=date(2026, month, 1), due_on=date(2026, month, 10), amount_minor=23_187, tax_rate=Decimal(0), priority=1,
        issued_at=utcnow(),
    )  # fmt: skip


def _balance(line: BillLine) -> LineBalance:
    return LineBalance(
        line_id=line.id, community_id=line.community_id, room_id=line.room_id, item_id=line.item_id, due_on=line.due_on,
        priority=1, amount_minor=line.amount_minor, open_minor=line.amount_minor, state="open", changed_at=utcnow(),
    )  # fmt: skip


def measure(tenant: Tenant, rooms: list[list[UUID]], cashiers: int) -> list[float]:
    """Milliseconds of each payment, sorted."""
    grants = {p.COLLECT.code: Scope(everything=True)}
    desks = [
        Actor(kind="staff", user_id=new_id(), name=f"收费员{number}", grants=grants)
        for number in range(cashiers)
    ]

    def pay(job: tuple[int, list[UUID]]) -> float:
        number, lines = job
        begun = time.perf_counter()
        intent = PaymentIntent("cash", line_ids=tuple(lines))
        pay_at_desk(tenant, actor=desks[number % cashiers], intent=intent, key=f"load-{number}")
        return (time.perf_counter() - begun) * 1_000

    with ThreadPoolExecutor(cashiers) as pool:
        return sorted(pool.map(pay, enumerate(rooms)))


def report(payments: int, cashiers: int) -> None:
    """Issue, pay, check the books, print; ends with an error above the limit."""
    declare_preferences()
    request = SignupRequest(str(new_id()), f"d{new_id().hex[-12:]}", "压测物业")
    tenant = create_tenant(request, lambda uow: None)
    with unit_of_work(tenant) as uow:
        rooms = issue(uow, payments + cashiers)
    measure(tenant, rooms[:cashiers], cashiers)
    begun = time.perf_counter()
    taken = measure(tenant, rooms[cashiers:], cashiers)
    seconds = time.perf_counter() - begun
    with unit_of_work(tenant, read_only=True) as uow:
        books = verify_books(uow)
    middle, high = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
    click.echo(
        f"{payments} payments of {LINES_EACH} bills, {cashiers} cashiers: median {middle:.0f} ms, 95th {high:.0f} ms,"
        f" longest {taken[-1]:.0f} ms, {payments / seconds:.0f} a second; books agree: {books.agree}"
    )
    if high > LIMIT_MS or not books.agree:
        raise SystemExit(1)


@click.command()
@click.option("--payments", default=400, show_default=True)
@click.option("--cashiers", default=8, show_default=True)
def main(payments: int, cashiers: int) -> None:
    """Measure payments at the desk."""
    with tempfile.TemporaryDirectory(prefix="anju-desk-") as folder:
        own_servers(Path(folder), lambda: report(payments, cashiers))


if __name__ == "__main__":
    main()
