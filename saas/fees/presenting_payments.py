"""Payments, refunds, receipts, deposits and transfers as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from saas.fees.models import BillLine, Deposit, LedgerTransfer, Payment, PaymentAllocation, Receipt, Refund
from saas.fees.schemas.money import money
from saas.fees.services.deposits_held import held_minor


def payment_view(payment: Payment) -> dict[str, Any]:
    """An attempt and what it did."""
    names = (
        "id", "number", "state", "channel", "room_id", "payer_id", "payer_name", "business_date", "created_at",
        "succeeded_at", "attention", "note",
    )  # fmt: skip
    amounts = ("amount", "allocated", "prepaid", "refunded", "tendered", "change")
    return _named(payment, names) | _amounts(payment, amounts, payment.currency)


def payment_detail(
    payment: Payment, shares: Iterable[tuple[PaymentAllocation, BillLine, str]], receipts: Sequence[Receipt]
) -> dict[str, Any]:
    """A payment with the lines it paid."""
    allocations = [
        {
            "line_id": share.line_id, "item": item, "object_key": line.object_key, "period_from": line.period_from,
            "period_to": line.period_to, "amount": money(share.minor, payment.currency), "refund_id": share.refund_id,
        }
        for share, line, item in shares
    ]  # fmt: skip
    return payment_view(payment) | {"allocations": allocations, "receipt_ids": [each.id for each in receipts]}


def refund_view(refund: Refund, currency: str) -> dict[str, Any]:
    """A refund and who decided it."""
    names = (
        "id", "number", "state", "payment_id", "deposit_id", "channel", "reason", "business_date", "created_at",
        "succeeded_at",
    )  # fmt: skip
    return _named(refund, names) | {
        "amount": money(refund.amount_minor, currency),
        "lines": [
            {"line_id": share["line_id"], "amount": money(share["minor"], currency)} for share in refund.lines
        ],
        "requested_by": refund.requested_by_name,
        "decided_by": refund.decided_by_name,
    }


def receipt_view(receipt: Receipt, currency: str) -> dict[str, Any]:
    """A receipt with what stands on it."""
    names = (
        "id", "kind", "payment_id", "deposit_id", "refund_id", "payer_name", "prints", "issued_at", "voided_at",
        "void_reason", "contents",
    )  # fmt: skip
    return _named(receipt, names) | {
        "number": receipt.full_number, "amount": money(receipt.amount_minor, currency)
    }  # fmt: skip


def deposit_view(deposit: Deposit, currency: str) -> dict[str, Any]:
    """A deposit and what is held of it."""
    names = (
        "id", "number", "state", "item_id", "room_id", "person_id", "payer_name", "payment_id", "moves", "received_on",
        "closed_on",
    )  # fmt: skip
    amounts = _amounts(deposit, ("amount", "deducted", "returned"), currency)
    return _named(deposit, names) | amounts | {"held": money(held_minor(deposit), currency)}


def transfer_view(transfer: LedgerTransfer, debit: str, credit: str, currency: str) -> dict[str, Any]:
    """A transfer with the keys of its accounts."""
    names = (
        "id", "cause", "cause_id", "leg", "business_date", "posted_at", "line_id", "community_id", "room_id",
        "person_id", "item_id", "channel",
    )  # fmt: skip
    return _named(transfer, names) | {
        "debit": debit, "credit": credit, "amount": money(transfer.minor, currency)
    }  # fmt: skip


def _named(row: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _amounts(row: object, names: Iterable[str], currency: str) -> dict[str, Any]:
    return {name: money(getattr(row, f"{name}_minor"), currency) for name in names}
