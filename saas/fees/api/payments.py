"""REST: payments at the desk, refunds, receipts, deposits, the ledger's transfers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from saas.fees import permissions as p
from saas.fees.api.moving import answer, minor, minor_of, once, owner_of, required_key
from saas.fees.models import Receipt
from saas.fees.presenting_payments import (
    deposit_view,
    payment_detail,
    payment_view,
    receipt_view,
    refund_view,
    transfer_view,
)
from saas.fees.queries import desk_records as records
from saas.fees.queries.ledger import TransferFilter, list_transfers
from saas.fees.schemas import payments as s
from saas.fees.services import cash_desk, deposits, payments, receipts, refunds
from saas.fees.services.payments_intent import PaymentIntent
from saas.web.api import API_PREFIX, Blueprint, listing_of
from saas.web.auth import access, current_actor, signed_in
from saas.web.work import work
from tenants.context import current_tenant
from tenants.unit_of_work import UnitOfWork

blp = Blueprint(
    "fees_payments_api", __name__, url_prefix=API_PREFIX, description="Money in and out, and the ledger"
)
_KEY = "the Idempotency-Key is missing or was used for another body; or a field is wrong"
_BUSY = "not possible now, such as bills paid meanwhile; or the same key is under way"


@blp.get("/payments")
@blp.arguments(s.PaymentListArgs, location="query")
@blp.response(200, listing_of(s.PaymentSchema))
@signed_in
def payments_list(args: dict[str, Any]) -> Response:
    """Payments that the caller may see, the newest first; residents see what they paid and what paid their debts."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    with work(read_only=True) as uow:
        rows, following = records.list_payments(
            uow, actor=current_actor(), wanted=args, cursor=cursor, limit=limit
        )
        return answer({"items": [payment_view(row) for row in rows], "next_cursor": following})


@blp.post("/payments")
@blp.arguments(s.PaymentNewSchema)
@blp.response(201, s.PaymentDetailSchema)
@blp.alt_response(404, description="a bill or room that is not the caller's to see")
@blp.alt_response(409, description=_BUSY)
@blp.alt_response(422, description=_KEY)
@access(p.COLLECT.code)
def payments_create(data: dict[str, Any]) -> Response:
    """Take a payment at the desk. `Idempotency-Key` is required: a repeat is the same payment, whatever died."""
    intent = PaymentIntent(
        channel=data["channel"], line_ids=tuple(data["line_ids"]), room_ids=tuple(data["room_ids"]),
        amount_minor=minor_of(data, "amount"), expected_minor=minor_of(data, "expected"),
        tendered_minor=minor_of(data, "tendered"), rest_to=owner_of(data["rest_to"]), only_prepaid=data["only_prepaid"],
        payer_id=data["payer_id"], payer_name=data["payer_name"], reference=data["reference"], note=data["note"],
    )  # fmt: skip
    paid = cash_desk.pay_at_desk(current_tenant(), actor=current_actor(), intent=intent, key=required_key())
    with work(read_only=True) as uow:
        return answer(_payment(uow, paid.payment_id), 201)


@blp.get("/payments/<uuid:payment_id>")
@blp.response(200, s.PaymentDetailSchema)
@signed_in
def payments_get(payment_id: UUID) -> Response:
    """One payment with the lines it paid and its receipts."""
    with work(read_only=True) as uow:
        return answer(_payment(uow, payment_id))


@blp.post("/payments/<uuid:payment_id>/cancel")
@blp.arguments(s.CancelSchema)
@blp.response(200, s.PaymentSchema)
@blp.alt_response(409, description="the attempt has ended")
@access(p.COLLECT.code)
def payments_cancel(data: dict[str, Any], payment_id: UUID) -> Response:
    """Give up an attempt for which no money came."""
    with work() as uow:
        payment = payments.cancel_payment(
            uow, actor=current_actor(), payment_id=payment_id, reason=data["reason"]
        )
        uow.session.flush()
        return answer(payment_view(payment))


@blp.get("/refunds")
@blp.arguments(s.RefundListArgs, location="query")
@blp.response(200, listing_of(s.RefundSchema))
@signed_in
def refunds_list(args: dict[str, Any]) -> Response:
    """Refunds that the caller may see, the newest first."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    with work(read_only=True) as uow:
        rows, following = records.list_refunds(
            uow, actor=current_actor(), wanted=args, cursor=cursor, limit=limit
        )
        return answer(
            {"items": [refund_view(row, uow.tenant.currency) for row in rows], "next_cursor": following}
        )


@blp.post("/refunds")
@blp.arguments(s.RefundNewSchema)
@blp.response(201, s.RefundSchema)
@blp.alt_response(404, description="no such payment")
@blp.alt_response(409, description="more than was paid and not yet paid back; or the same key is under way")
@blp.alt_response(422, description=_KEY)
@access(p.REFUND.code)
def refunds_create(data: dict[str, Any]) -> Response:
    """Ask for a refund: `approved` up to the firm's limit, `requested` above, until a second person decides."""
    shares = {each["line_id"]: minor(each, "amount") for each in data["lines"]}
    owner, prepaid = owner_of(data["owner"]), minor(data, "prepaid")

    def ask(uow: UnitOfWork) -> dict[str, Any]:
        actor = current_actor()
        if data["payment_id"] is None and owner is not None:
            refund = refunds.request_prepaid_refund(
                uow, actor=actor, owner=owner, amount_minor=prepaid, channel=data["channel"], reason=data["reason"]
            )  # fmt: skip
        else:
            wish = refunds.RefundWish(data["payment_id"], data["reason"], shares, prepaid)
            refund = refunds.request_refund(uow, actor=actor, wish=wish)
        return refund_view(refund, uow.tenant.currency)

    return once("POST /api/v1/refunds", data, ask, 201)


@blp.get("/refunds/<uuid:refund_id>")
@blp.response(200, s.RefundSchema)
@signed_in
def refunds_get(refund_id: UUID) -> Response:
    """One refund."""
    with work(read_only=True) as uow:
        refund = records.get_refund(uow, actor=current_actor(), refund_id=refund_id)
        return answer(refund_view(refund, uow.tenant.currency))


@blp.post("/refunds/<uuid:refund_id>/decision")
@blp.arguments(s.DecisionSchema)
@blp.response(200, s.RefundSchema)
@blp.alt_response(409, description="decided already, or asked for by the same person")
@access(p.REFUND_APPROVE.code)
def refunds_decide(data: dict[str, Any], refund_id: UUID) -> Response:
    """Approve or reject, as the second person."""
    with work() as uow:
        refund = refunds.decide_refund(uow, actor=current_actor(), refund_id=refund_id, **data)
        return answer(refund_view(refund, uow.tenant.currency))


@blp.post("/refunds/<uuid:refund_id>/pay-out")
@blp.response(200, s.RefundSchema)
@blp.alt_response(409, description="not approved; or the same key is under way")
@blp.alt_response(422, description=_KEY)
@access(p.REFUND.code)
def refunds_pay_out(refund_id: UUID) -> Response:
    """The money goes back; again answers the same refund."""

    def pay(uow: UnitOfWork) -> dict[str, Any]:
        refund = refunds.pay_out_refund(uow, actor=current_actor(), refund_id=refund_id)
        return refund_view(refund, uow.tenant.currency)

    return once(f"POST /api/v1/refunds/{refund_id}/pay-out", {}, pay, 200)


@blp.get("/receipts")
@blp.arguments(s.ReceiptListArgs, location="query")
@blp.response(200, listing_of(s.ReceiptSchema))
@signed_in
def receipts_list(args: dict[str, Any]) -> Response:
    """Receipts that the caller may see, the newest first."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    with work(read_only=True) as uow:
        rows, following = records.list_receipts(
            uow, actor=current_actor(), wanted=args, cursor=cursor, limit=limit
        )
        return answer(
            {"items": [receipt_view(row, uow.tenant.currency) for row in rows], "next_cursor": following}
        )


@blp.post("/receipts")
@blp.arguments(s.ReceiptNewSchema)
@blp.response(201, s.ReceiptSchema)
@blp.alt_response(404, description="no such receipt")
@blp.alt_response(409, description="the receipt is void already; or the same key is under way")
@blp.alt_response(422, description=_KEY)
@access(p.COLLECT.code)
def receipts_create(data: dict[str, Any]) -> Response:
    """Void a receipt and issue it once more under the next number."""

    def replace(uow: UnitOfWork) -> dict[str, Any]:
        receipt = receipts.replace_receipt(
            uow, actor=current_actor(), receipt_id=data["replaces_id"], reason=data["reason"],
            payer_name=data["payer_name"],
        )  # fmt: skip
        return receipt_view(receipt, uow.tenant.currency)

    return once("POST /api/v1/receipts", data, replace, 201)


@blp.get("/receipts/<uuid:receipt_id>")
@blp.response(200, s.ReceiptSchema)
@signed_in
def receipts_get(receipt_id: UUID) -> Response:
    """One receipt."""
    with work(read_only=True) as uow:
        receipt, _book = records.get_receipt(uow, actor=current_actor(), receipt_id=receipt_id)
        return answer(receipt_view(receipt, uow.tenant.currency))


@blp.post("/receipts/<uuid:receipt_id>/prints")
@blp.response(200, s.ReceiptSchema)
@blp.alt_response(409, description="the receipt is void")
@access(p.COLLECT.code)
def receipts_print(receipt_id: UUID) -> Response:
    """Count a print; from the second one on it stands in the audit trail."""
    with work() as uow:
        receipt = receipts.print_receipt(uow, actor=current_actor(), receipt_id=receipt_id)
        return answer(receipt_view(receipt, uow.tenant.currency))


@blp.post("/receipts/<uuid:receipt_id>/void")
@blp.arguments(s.CancelSchema)
@blp.response(200, s.ReceiptSchema)
@blp.alt_response(409, description="the receipt is void already")
@access(p.COLLECT.code)
def receipts_void(data: dict[str, Any], receipt_id: UUID) -> Response:
    """Declare a receipt void; its number stays taken."""
    with work() as uow:
        receipt = receipts.void_receipt(
            uow, actor=current_actor(), receipt_id=receipt_id, reason=data["reason"]
        )
        return answer(receipt_view(receipt, uow.tenant.currency))


@blp.get("/deposits")
@blp.arguments(s.DepositListArgs, location="query")
@blp.response(200, listing_of(s.DepositSchema))
@signed_in
def deposits_list(args: dict[str, Any]) -> Response:
    """Deposits that the caller may see, the newest first."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    with work(read_only=True) as uow:
        rows, following = records.list_deposits(
            uow, actor=current_actor(), wanted=args, cursor=cursor, limit=limit
        )
        return answer(
            {"items": [deposit_view(row, uow.tenant.currency) for row in rows], "next_cursor": following}
        )


@blp.post("/deposits")
@blp.arguments(s.DepositNewSchema)
@blp.response(201, s.DepositSchema)
@blp.alt_response(404, description="no such item or room")
@blp.alt_response(409, description=_BUSY)
@blp.alt_response(422, description=_KEY)
@access(p.COLLECT.code)
def deposits_create(data: dict[str, Any]) -> Response:
    """Receive a deposit at the desk. `Idempotency-Key` is required."""
    facts = {
        name: data[name] for name in ("item_id", "room_id", "channel", "person_id", "payer_name", "note")
    }
    wish = deposits.DepositWish(
        amount_minor=minor(data, "amount"), tendered_minor=minor_of(data, "tendered"), **facts
    )
    got = cash_desk.receive_deposit(current_tenant(), actor=current_actor(), wish=wish, key=required_key())
    with work(read_only=True) as uow:
        return answer(_deposit(uow, got.deposit_id), 201)


@blp.get("/deposits/<uuid:deposit_id>")
@blp.response(200, s.DepositSchema)
@signed_in
def deposits_get(deposit_id: UUID) -> Response:
    """One deposit with its moves."""
    with work(read_only=True) as uow:
        return answer(_deposit(uow, deposit_id))


@blp.post("/deposits/<uuid:deposit_id>/deductions")
@blp.arguments(s.DeductionSchema)
@blp.response(201, s.DepositSchema)
@blp.alt_response(409, description="not so much is held; or the same key is under way")
@blp.alt_response(422, description=_KEY)
@access(p.REFUND.code)
def deposits_deduct(data: dict[str, Any], deposit_id: UUID) -> Response:
    """Keep a part, with a reason and evidence: for an open bill, or as income of the deposit's item."""

    def deduct(uow: UnitOfWork) -> dict[str, Any]:
        deposits.deduct_deposit(
            uow, actor=current_actor(), deposit_id=deposit_id, amount_minor=minor(data, "amount"),
            reason=data["reason"], evidence_key=data["evidence"], line_id=data["line_id"],
        )  # fmt: skip
        uow.session.flush()
        return _deposit(uow, deposit_id)

    return once(f"POST /api/v1/deposits/{deposit_id}/deductions", data, deduct, 201)


@blp.post("/deposits/<uuid:deposit_id>/returns")
@blp.arguments(s.ReturnSchema)
@blp.response(201, s.RefundSchema)
@blp.alt_response(409, description="not so much is held; or the same key is under way")
@blp.alt_response(422, description=_KEY)
@access(p.REFUND.code)
def deposits_return(data: dict[str, Any], deposit_id: UUID) -> Response:
    """Ask to give back what is held: a refund, to be decided above the firm's limit and then paid out."""

    def give(uow: UnitOfWork) -> dict[str, Any]:
        refund = deposits.request_deposit_return(
            uow, actor=current_actor(), deposit_id=deposit_id, reason=data["reason"],
            amount_minor=minor_of(data, "amount"),
        )  # fmt: skip
        return refund_view(refund, uow.tenant.currency)

    return once(f"POST /api/v1/deposits/{deposit_id}/returns", data, give, 201)


@blp.get("/ledger/transfers")
@blp.arguments(s.TransferListArgs, location="query")
@blp.response(200, listing_of(s.TransferSchema))
@access(p.LEDGER.code)
def transfers_list(args: dict[str, Any]) -> Response:
    """Transfers of the ledger, the newest first."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    with work(read_only=True) as uow:
        rows, following = list_transfers(
            uow, actor=current_actor(), wanted=TransferFilter(**args), cursor=cursor, limit=limit
        )
        views = [transfer_view(*row, uow.tenant.currency) for row in rows]
        return answer({"items": views, "next_cursor": following})


def _payment(uow: UnitOfWork, payment_id: UUID) -> dict[str, Any]:
    actor = current_actor()
    payment = records.get_payment(uow, actor=actor, payment_id=payment_id)
    shares = records.allocations_of(uow, payment_id, actor=actor)
    found: list[Receipt] = records.list_receipts(uow, actor=actor, wanted={"payment_id": payment_id})[0]
    return payment_detail(payment, shares, found)


def _deposit(uow: UnitOfWork, deposit_id: UUID) -> dict[str, Any]:
    deposit = records.get_deposit(uow, actor=current_actor(), deposit_id=deposit_id)
    return deposit_view(deposit, uow.tenant.currency)
