"""The fee part of a world: an item with its price and rule, a run still drafted, a published line, a discount asked for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from saas.core.actors import Actor
from saas.fees.models import BillLine, FeeAssignment
from saas.fees.services.bill_runs import approve_run, publish_run, request_publication, request_run
from saas.fees.services.concessions import request_discount
from saas.fees.services.drafting import draft_run
from saas.fees.services.items import create_item, set_tariff
from saas.fees.services.rules import create_rule
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work

SINCE = date(2026, 1, 1)


def make_fees(tenant: Tenant, mark: str, actor: Actor, ids: dict[str, UUID]) -> dict[str, UUID]:
    """Ids by what they name; needs a community with an owned room."""
    with unit_of_work(tenant) as uow:
        item = create_item(uow, actor=actor, code="property", name=f"{mark}物业费", pricing="area_built")
        tariff = set_tariff(uow, actor=actor, item_id=item.id, starts_on=SINCE, price=Decimal("2.35"))
        selector = {"community_id": ids["community"]}
        rule, _ = create_rule(
            uow, actor=actor, item_id=item.id, selector=selector, starts_on=SINCE, name=f"{mark}规则"
        )
        uow.session.flush()
        assignment = uow.session.scalars(select(FeeAssignment.id).where(FeeAssignment.rule_id == rule.id)).first()
        assert assignment is not None
        facts = {"starts_on": SINCE, "value": Decimal("0.9"), "reason": f"{mark}优惠"}
        discount = request_discount(uow, actor=actor, kind="rate", room_id=ids["room"], **facts)
        made = {
            "fee_item": item.id, "tariff": tariff.id, "rule": rule.id, "assignment": assignment,
            "concession": discount.id,
        }  # fmt: skip
    billed = _run(tenant, actor, ids["community"], date(2026, 9, 1), date(2026, 10, 1))
    with unit_of_work(tenant) as uow:
        approve_run(uow, actor=actor, run_id=billed)
    with unit_of_work(tenant) as uow:
        request_publication(uow, actor=actor, run_id=billed, queue=False)
    with unit_of_work(tenant) as uow:
        publish_run(uow, billed)
    made["bill_run"] = _run(tenant, actor, ids["community"], date(2026, 10, 1), date(2026, 11, 1))
    with unit_of_work(tenant, read_only=True) as uow:
        made["bill_line"] = uow.session.scalars(select(BillLine.id).where(BillLine.run_id == billed)).first() or billed
    return made


def _run(tenant: Tenant, actor: Actor, community_id: UUID, begin: date, end: date) -> UUID:
    with unit_of_work(tenant) as uow:
        run = request_run(
            uow, actor=actor, period_from=begin, period_to=end, community_id=community_id, queue=False
        )
        run_id = run.id
    draft_run(tenant, run_id)
    return run_id
