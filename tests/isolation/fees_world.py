"""The fee part of a world: items, price, rule, runs, a discount asked for; a payment, a deposit; a meter and its list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from saas.core.actors import Actor
from saas.fees.models import BillLine, FeeAssignment, Receipt
from saas.fees.services.bill_runs import approve_run, publish_run, request_publication, request_run
from saas.fees.services.cash_desk import pay_at_desk, receive_deposit
from saas.fees.services.concessions import request_discount
from saas.fees.services.deposits import DepositWish
from saas.fees.services.drafting import draft_run
from saas.fees.services.items import create_item, set_tariff
from saas.fees.services.meters import NewMeter, create_meter
from saas.fees.services.payments_intent import PaymentIntent
from saas.fees.services.reading_import import upload_readings
from saas.fees.services.readings import enter_reading
from saas.fees.services.refunds import RefundWish, request_refund
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
        assignment = uow.session.scalars(
            select(FeeAssignment.id).where(FeeAssignment.rule_id == rule.id)
        ).first()
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
        lines = select(BillLine.room_id, BillLine.id).where(BillLine.run_id == billed)
        by_room = {row.room_id: row.id for row in uow.session.execute(lines)}
    made["bill_line"], made["paid_line"] = by_room[ids["room"]], by_room[ids["empty_room"]]
    return made | _money(tenant, mark, actor, ids, made["paid_line"]) | _meters(tenant, mark, actor, ids)


def _money(tenant: Tenant, mark: str, actor: Actor, ids: dict[str, UUID], line_id: UUID) -> dict[str, UUID]:
    """A line paid in part, of which a refund is approved, and a deposit held."""
    intent = PaymentIntent("cash", line_ids=(line_id,), amount_minor=500, note=f"{mark}付款")
    before = pay_at_desk(tenant, actor=actor, intent=intent)
    paid = pay_at_desk(tenant, actor=actor, intent=intent)
    with unit_of_work(tenant) as uow:
        wish = RefundWish(paid.payment_id, f"{mark}退款", {line_id: 100})
        refund_id = request_refund(uow, actor=actor, wish=wish).id
        receipts = select(Receipt.payment_id, Receipt.id).where(Receipt.payment_id.is_not(None))
        by_payment = {row.payment_id: row.id for row in uow.session.execute(receipts)}
        item_id = create_item(
            uow, actor=actor, code="deposit", name=f"{mark}押金", pricing="fixed", is_deposit=True
        ).id
    held = DepositWish(item_id, ids["room"], 10_000, "cash", payer_name=f"{mark}装修人")
    deposit = receive_deposit(tenant, actor=actor, wish=held)
    return {
        "payment": paid.payment_id, "refund": refund_id, "receipt": by_payment[paid.payment_id],
        "old_receipt": by_payment[before.payment_id], "deposit_item": item_id,
        "deposit": deposit.deposit_id,
    }  # fmt: skip


def _meters(tenant: Tenant, mark: str, actor: Actor, ids: dict[str, UUID]) -> dict[str, UUID]:
    """A meter with a reading that waits for review, and a list that is not applied yet."""
    with unit_of_work(tenant) as uow:
        facts = {"room_id": ids["room"], "initial_values": {"total": Decimal(100)}, "note": f"{mark}表"}
        meter = create_meter(uow, actor=actor, meter=NewMeter(f"{mark}-1", "water", **facts))
        meter_id = meter.id
        for day, value in ((date(2026, 9, 25), "110"), (date(2026, 10, 25), "900.5")):
            reading = enter_reading(uow, actor=actor, meter_id=meter_id, value=Decimal(value), read_on=day)
        batch = upload_readings(
            uow, actor=actor, community_id=ids["community"], file_name=f"{mark}_2026-10.csv",
            content=readings_csv(f"{mark}-2"),
        )  # fmt: skip
        return {"meter": meter_id, "reading": reading.id, "reading_list": batch.id}


def readings_csv(number: str) -> bytes:
    """A list with one reading of a meter that is not on file yet."""
    head = "表号,房号,表类型,上期读数,本期读数,倍率,抄表日期"
    return f"{head}\n{number},1-1-101,冷水表,100,110,1,2026-10-25\n".encode("gbk")


def _run(tenant: Tenant, actor: Actor, community_id: UUID, begin: date, end: date) -> UUID:
    with unit_of_work(tenant) as uow:
        run = request_run(
            uow, actor=actor, period_from=begin, period_to=end, community_id=community_id, queue=False
        )
        run_id = run.id
    draft_run(tenant, run_id)
    return run_id
