"""A bill run whose worker is killed at random points, and runs in parallel: each line once, books exact."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from saas.core.actors import SYSTEM
from saas.fees.models import BillLine, BillLinePart, BillRun, LedgerTransfer, LineBalance
from saas.fees.pricing.periods import add_months
from saas.fees.services.bill_runs import approve_run, publish_run, request_publication
from saas.fees.services.drafting import draft_run
from tenants.database import boot, shutdown
from tenants.settings import Settings
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work
from tests.integration.fees.bills.conftest import Town

OCTOBER = date(2026, 10, 1)
KILLS = 24


def bring_forward(tenant: Tenant, run_id: UUID) -> None:
    """What job after job does with a run: draft, approve, publish; what was done before is found done."""
    draft_run(tenant, run_id)
    with unit_of_work(tenant) as uow:
        run = uow.session.scalars(select(BillRun).where(BillRun.id == run_id).with_for_update()).one()
        if run.state == "draft":
            approve_run(uow, actor=SYSTEM, run_id=run_id)
        if run.state in ("approved", "publishing"):
            request_publication(uow, actor=SYSTEM, run_id=run_id, queue=False)
    with unit_of_work(tenant) as uow:
        publish_run(uow, run_id)


def killed_after(seconds: float, settings: Settings, tenant: Tenant, run_id: UUID) -> bool:
    """Fork a worker and kill it; whether it was still at work."""
    shutdown()
    child = os.fork()
    if child == 0:
        try:
            boot(settings)
            bring_forward(tenant, run_id)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    boot(settings)
    return os.WIFSIGNALED(status)


def books(town: Town) -> dict[str, int]:
    with town.work(read_only=True) as uow:
        return {
            "lines": uow.session.scalar(select(func.count()).select_from(BillLine)) or 0,
            "amount": uow.session.scalar(select(func.sum(BillLine.amount_minor))) or 0,
            "parts": uow.session.scalar(select(func.sum(BillLinePart.amount_minor))) or 0,
            "open": uow.session.scalar(select(func.sum(LineBalance.open_minor))) or 0,
            "posted": uow.session.scalar(select(func.sum(LedgerTransfer.minor))) or 0,
            "distinct": uow.session.scalar(select(func.count(func.distinct(BillLine.assignment_id)))) or 0,
        }


def full_month(town: Town) -> None:
    town.item("fee")
    town.item("lift", pricing="fixed", price="15")
    town.rule("fee", since=OCTOBER, selector={"kinds": ["residential"]})
    town.rule("lift", since=OCTOBER, selector={"kinds": ["residential"]})


def expected(town: Town, months: int = 1) -> dict[str, int]:
    """432 flats with two items each, every month; worked out apart from what the run counted."""
    amount = months * 432 * 1500
    amount += sum(line.amount_minor for line in town.lines(BillLine.item_id == town.ids["fee"]))
    number = months * 864
    return {
        "lines": number,
        "amount": amount,
        "parts": amount,
        "open": amount,
        "posted": amount,
        "distinct": 864,
    }


def new_run(town: Town, months_on: int = 0) -> UUID:
    """A run of October 2026, or of a later month, nobody has begun to draft."""
    start = add_months(OCTOBER, months_on)
    with town.work() as uow:
        run = BillRun(community_id=town.community, period_from=start, period_to=add_months(start, 1))
        uow.session.add(run)
        uow.session.flush()
        return run.id


def test_killed_at_random_points(make_jinxiu: Callable[[], Town], migrated: Settings) -> None:
    town = make_jinxiu()
    full_month(town)
    began = time.perf_counter()
    bring_forward(town.tenant, new_run(town))
    usual = time.perf_counter() - began
    chance, struck, months = random.Random(20261031), 0, 1
    run_id = new_run(town, months)
    for _ in range(4 * KILLS):
        struck += killed_after(chance.uniform(0, 1.3 * usual), migrated, town.tenant, run_id)
        if town.run(run_id).state == "published":
            months += 1
            run_id = new_run(town, months)
        assert books(town)["lines"] == months * 864
        if struck == KILLS:
            break
    bring_forward(town.tenant, run_id)
    assert struck == KILLS
    assert books(town) == expected(town, months + 1)


def test_four_runs_of_one_month_at_once(make_jinxiu: Callable[[], Town]) -> None:
    town = make_jinxiu()
    full_month(town)
    runs = [new_run(town) for _ in range(4)]
    for run_id in runs:
        draft_run(town.tenant, run_id)
    failed: list[BaseException] = []

    def work(run_id: UUID) -> None:
        try:
            bring_forward(town.tenant, run_id)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(run_id,)) for run_id in [*runs, *runs]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert books(town) == expected(town)
    assert {town.run(run_id).state for run_id in runs} == {"published"}
