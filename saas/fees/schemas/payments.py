"""What the API of payments, refunds, receipts, deposits and the ledger takes and gives."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from saas.fees.schemas.money import MoneySchema
from saas.web.api import CursorArgs

_REASON = validate.Length(1, 300)
_CHANNELS = validate.OneOf(["cash", "pos", "transfer", "prepaid"])


def _money(required: bool = False) -> fields.Nested:
    if required:
        return fields.Nested(MoneySchema, required=True)
    return fields.Nested(MoneySchema, load_default=None, allow_none=True)


class OwnerSchema(ma.Schema):
    """Whose prepaid account: a person and a room; `debtor_name` for debtors who are no person on file."""

    person_id = fields.UUID(load_default=None, allow_none=True)
    room_id = fields.UUID(load_default=None, allow_none=True)
    debtor_name = fields.String(load_default="", validate=validate.Length(max=100))


class PaymentNewSchema(ma.Schema):
    """What is to be paid: `line_ids`, or the open lines of `room_ids`. The server computes every amount."""

    channel = fields.String(required=True, validate=_CHANNELS)
    line_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=500))
    room_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=100))
    amount = fields.Nested(
        MoneySchema, load_default=None, allow_none=True,
        metadata={"description": "what is paid in; absent: the lines whole. What is left becomes prepaid"},
    )  # fmt: skip
    expected = fields.Nested(
        MoneySchema, load_default=None, allow_none=True,
        metadata={"description": "the total that the payer was shown; another one is refused with 409"},
    )  # fmt: skip
    tendered = _money()
    only_prepaid = fields.Boolean(load_default=False)
    rest_to = fields.Nested(OwnerSchema, load_default=None, allow_none=True)
    payer_id = fields.UUID(load_default=None, allow_none=True)
    payer_name = fields.String(load_default="", validate=validate.Length(max=100))
    reference = fields.String(load_default="", validate=validate.Length(max=100))
    note = fields.String(load_default="", validate=validate.Length(max=300))


class AllocationSchema(ma.Schema):
    line_id = fields.UUID(required=True)
    item = fields.String(required=True)
    object_key = fields.String(required=True)
    period_from = fields.Date(required=True)
    period_to = fields.Date(required=True)
    amount = fields.Nested(MoneySchema, required=True)
    refund_id = fields.UUID(allow_none=True)


class PaymentSchema(ma.Schema):
    """An attempt; money counts when `state` is SUCCEEDED. `attention`: why a person should look at it."""

    id = fields.UUID(required=True)
    number = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    channel = fields.String(required=True)
    amount = fields.Nested(MoneySchema, required=True)
    allocated = fields.Nested(MoneySchema, required=True)
    prepaid = fields.Nested(MoneySchema, required=True)
    refunded = fields.Nested(MoneySchema, required=True)
    tendered = fields.Nested(MoneySchema, allow_none=True)
    change = fields.Nested(MoneySchema, required=True)
    room_id = fields.UUID(allow_none=True)
    payer_id = fields.UUID(allow_none=True)
    payer_name = fields.String(required=True)
    business_date = fields.Date(required=True)
    created_at = fields.AwareDateTime(required=True)
    succeeded_at = fields.AwareDateTime(allow_none=True)
    attention = fields.String(allow_none=True)
    note = fields.String(required=True)


class PaymentDetailSchema(PaymentSchema):
    allocations = fields.List(fields.Nested(AllocationSchema), required=True)
    receipt_ids = fields.List(fields.UUID(), required=True)


class PaymentListArgs(CursorArgs):
    room_id = fields.UUID(load_default=None)
    payer_id = fields.UUID(load_default=None)
    state = fields.String(load_default=None)
    channel = fields.String(load_default=None)
    business_date = fields.Date(load_default=None)
    cashier_id = fields.UUID(load_default=None)
    attention = fields.Boolean(load_default=None)
    unfinished = fields.Boolean(load_default=None)


class CancelSchema(ma.Schema):
    reason = fields.String(required=True, validate=_REASON)


class RefundShareSchema(ma.Schema):
    line_id = fields.UUID(required=True)
    amount = fields.Nested(MoneySchema, required=True)


class RefundNewSchema(ma.Schema):
    """Of a payment: `lines` and `prepaid`; or, without `payment_id`, `prepaid` of the account `owner` by `channel`."""

    payment_id = fields.UUID(load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(RefundShareSchema), load_default=list)
    prepaid = _money()
    owner = fields.Nested(OwnerSchema, load_default=None, allow_none=True)
    channel = fields.String(load_default="cash", validate=_CHANNELS)
    reason = fields.String(required=True, validate=_REASON)


class RefundSchema(ma.Schema):
    """Money going back. States: requested, approved, rejected, SUCCEEDED (and those of payments/1)."""

    id = fields.UUID(required=True)
    number = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    payment_id = fields.UUID(allow_none=True)
    deposit_id = fields.UUID(allow_none=True)
    amount = fields.Nested(MoneySchema, required=True)
    lines = fields.List(fields.Nested(RefundShareSchema), required=True)
    channel = fields.String(required=True)
    reason = fields.String(required=True)
    business_date = fields.Date(allow_none=True)
    requested_by = fields.String(required=True)
    decided_by = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    succeeded_at = fields.AwareDateTime(allow_none=True)


class RefundListArgs(CursorArgs):
    payment_id = fields.UUID(load_default=None)
    deposit_id = fields.UUID(load_default=None)
    state = fields.String(load_default=None)


class DecisionSchema(ma.Schema):
    approve = fields.Boolean(required=True)


class ReceiptSchema(ma.Schema):
    """A receipt; `contents` is what stands on the paper, frozen when it was issued."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    kind = fields.String(required=True)
    payment_id = fields.UUID(allow_none=True)
    deposit_id = fields.UUID(allow_none=True)
    refund_id = fields.UUID(allow_none=True)
    payer_name = fields.String(required=True)
    amount = fields.Nested(MoneySchema, required=True)
    prints = fields.Integer(required=True)
    issued_at = fields.AwareDateTime(required=True)
    voided_at = fields.AwareDateTime(allow_none=True)
    void_reason = fields.String(required=True)
    contents = fields.Dict(required=True)


class ReceiptListArgs(CursorArgs):
    payment_id = fields.UUID(load_default=None)
    room_id = fields.UUID(load_default=None)
    book_id = fields.UUID(load_default=None)
    kind = fields.String(load_default=None)
    full_number = fields.String(load_default=None, data_key="number")


class ReceiptNewSchema(ma.Schema):
    """A receipt in place of another one, which becomes void; payments get their first one by themselves."""

    replaces_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=_REASON)
    payer_name = fields.String(load_default="", validate=validate.Length(max=100))


class DepositNewSchema(ma.Schema):
    item_id = fields.UUID(required=True)
    room_id = fields.UUID(required=True)
    amount = fields.Nested(MoneySchema, required=True)
    channel = fields.String(required=True, validate=validate.OneOf(["cash", "pos", "transfer"]))
    person_id = fields.UUID(load_default=None, allow_none=True)
    payer_name = fields.String(load_default="", validate=validate.Length(max=100))
    tendered = _money()
    note = fields.String(load_default="", validate=validate.Length(max=300))


class DepositSchema(ma.Schema):
    """Held money. States: due, held, closed, cancelled. `moves`: deductions and returns."""

    id = fields.UUID(required=True)
    number = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    item_id = fields.UUID(required=True)
    room_id = fields.UUID(allow_none=True)
    person_id = fields.UUID(allow_none=True)
    payer_name = fields.String(required=True)
    amount = fields.Nested(MoneySchema, required=True)
    deducted = fields.Nested(MoneySchema, required=True)
    returned = fields.Nested(MoneySchema, required=True)
    held = fields.Nested(MoneySchema, required=True)
    payment_id = fields.UUID(allow_none=True)
    moves = fields.List(fields.Dict(), required=True)
    received_on = fields.Date(allow_none=True)
    closed_on = fields.Date(allow_none=True)


class DepositListArgs(CursorArgs):
    room_id = fields.UUID(load_default=None)
    person_id = fields.UUID(load_default=None)
    state = fields.String(load_default=None)


class DeductionSchema(ma.Schema):
    amount = fields.Nested(MoneySchema, required=True)
    reason = fields.String(required=True, validate=_REASON)
    evidence = fields.String(
        required=True, validate=_REASON, metadata={"description": "key of a stored file"}
    )
    line_id = fields.UUID(load_default=None, allow_none=True)


class ReturnSchema(ma.Schema):
    """Without an amount all that is held."""

    amount = _money()
    reason = fields.String(required=True, validate=_REASON)


class TransferSchema(ma.Schema):
    """`amount` > 0 from the account `credit` to the account `debit`."""

    id = fields.UUID(required=True)
    debit = fields.String(required=True)
    credit = fields.String(required=True)
    amount = fields.Nested(MoneySchema, required=True)
    cause = fields.String(required=True)
    cause_id = fields.UUID(required=True)
    leg = fields.Integer(required=True)
    business_date = fields.Date(required=True)
    posted_at = fields.AwareDateTime(required=True)
    line_id = fields.UUID(allow_none=True)
    community_id = fields.UUID(allow_none=True)
    room_id = fields.UUID(allow_none=True)
    person_id = fields.UUID(allow_none=True)
    item_id = fields.UUID(allow_none=True)
    channel = fields.String(allow_none=True)


class TransferListArgs(CursorArgs):
    """Days are half-open: from `date_from` up to before `date_to`."""

    account = fields.String(
        load_default=None, metadata={"description": "key of an account, such as cash:pos"}
    )
    cause = fields.String(load_default=None)
    cause_id = fields.UUID(load_default=None)
    line_id = fields.UUID(load_default=None)
    room_id = fields.UUID(load_default=None)
    community_id = fields.UUID(load_default=None)
    date_from = fields.Date(load_default=None)
    date_to = fields.Date(load_default=None)
