"""`anju fees run`: a bill run from the command line, as the pages do it: draft, and with --publish all of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from ops.commands.output import json_option, tell
from ops.commands.product import named_tenant, product
from ops.embedded.process import StartError
from saas.core.actors import SYSTEM
from saas.estate.models import Community
from saas.fees.models import BillRun, FeeItem
from saas.fees.models.bills import RUN_MODES
from saas.fees.services.bill_runs import (
    approve_run,
    discard_drafts,
    month_of,
    publish_run,
    request_publication,
    request_run,
)
from saas.fees.services.drafting import draft_run
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work


@click.command("run")
@click.option("--tenant", "slug", required=True, help="Short name of the firm.")
@click.option("--community", default="", help="Name of the community (default: all of them).")
@click.option("--period", required=True, help="The month, such as 2026-10.")
@click.option(
    "--item", "codes", multiple=True, help="Code of a fee item, several times for several (default: all)."
)
@click.option("--mode", type=click.Choice(RUN_MODES), default="period", show_default=True)
@click.option(
    "--publish", "publish_it", is_flag=True, help="Approve and publish; without this only drafts are made."
)
@json_option
def run(
    slug: str, community: str, period: str, codes: tuple[str, ...], mode: str, publish_it: bool, as_json: bool
) -> None:
    """Prepare the bills of a month, and publish them with --publish. What is billed already is left out."""
    with product():
        tenant = named_tenant(slug)
        run_id = _draft(tenant, community, period, codes, mode)
        facts = _facts(tenant, run_id)
        if publish_it and facts["lines"]:
            facts |= {"published": _publish(tenant, run_id), "state": "published"}
    published = facts.get("published")
    sentence = f"{facts['number']}: {facts['lines']} bills, {facts['amount'] / 100:,.2f}, {facts['errors']} with errors"
    tell(facts, f"{sentence}; {published['lines']} published" if published else sentence, as_json)


def _draft(tenant: Tenant, community: str, period: str, codes: tuple[str, ...], mode: str) -> UUID:
    start, end = month_of(period)
    with unit_of_work(tenant) as uow:
        run_id = request_run(
            uow, actor=SYSTEM, period_from=start, period_to=end, community_id=_community(uow, community),
            item_ids=_items(uow, codes), mode=mode, queue=False,
        ).id  # fmt: skip
    draft_run(tenant, run_id)
    return run_id


def _publish(tenant: Tenant, run_id: UUID) -> dict[str, Any]:
    with unit_of_work(tenant) as uow:
        approve_run(uow, actor=SYSTEM, run_id=run_id)
        request_publication(uow, actor=SYSTEM, run_id=run_id, queue=False)
    with unit_of_work(tenant) as uow:
        done = publish_run(uow, run_id)
    with unit_of_work(tenant) as uow:
        discard_drafts(uow, run_id)
    return done or {"lines": 0, "amount_minor": 0, "left_out": 0}


def _facts(tenant: Tenant, run_id: UUID) -> dict[str, Any]:
    with unit_of_work(tenant, read_only=True) as uow:
        run = uow.session.get(BillRun, run_id)
        if run is None:
            raise StartError("the bill run is gone")
        return {
            "id": str(run.id), "number": run.number, "state": run.state, "lines": run.totals.get("lines", 0),
            "amount": run.totals.get("amount_minor", 0), "currency": tenant.currency,
            "errors": run.totals.get("errors", 0), "outliers": run.totals.get("outliers", 0),
            "by_item": run.totals.get("by_item", []), "by_error": run.totals.get("by_error", {}),
        }  # fmt: skip


def _community(uow: UnitOfWork, name: str) -> UUID | None:
    if not name:
        return None
    found = uow.session.scalar(select(Community.id).where(Community.name == name))
    if found is None:
        raise StartError(f"there is no community {name}")
    return found


def _items(uow: UnitOfWork, codes: tuple[str, ...]) -> list[UUID]:
    found = {
        item.code: item.id for item in uow.session.scalars(select(FeeItem).where(FeeItem.code.in_(codes)))
    }
    missing = [code for code in codes if code not in found]
    if missing:
        raise StartError(f"there is no fee item {missing[0]}")
    return list(found.values())
