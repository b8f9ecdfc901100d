"""Bill runs, drafts and lines as the API takes and gives them."""

import marshmallow as ma
from marshmallow import fields, validate

from saas.fees.models.bills import LINE_KINDS, RUN_MODES
from saas.fees.models.setup import OBJECT_KINDS
from saas.fees.schemas.money import MoneySchema
from saas.web.api import CursorArgs


class BillRunNewSchema(ma.Schema):
    """A run: `period` as 2026-10, or the half-open days `period_from` and `period_to`."""

    period = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"^\d{4}-\d{2}$"))
    period_from = fields.Date(load_default=None, allow_none=True)
    period_to = fields.Date(load_default=None, allow_none=True)
    community_id = fields.UUID(load_default=None, allow_none=True)
    item_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=100))
    mode = fields.String(load_default="period", validate=validate.OneOf(RUN_MODES))
    issue_on = fields.Date(load_default=None, allow_none=True)


class BillRunSchema(ma.Schema):
    """A run with the totals of its drafts, and while a worker is at it the progress."""

    id = fields.UUID(required=True)
    number = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    mode = fields.String(required=True)
    community_id = fields.UUID(required=True, allow_none=True)
    period_from = fields.Date(required=True)
    period_to = fields.Date(required=True)
    item_ids = fields.List(fields.UUID(), required=True)
    issue_on = fields.Date(required=True, allow_none=True)
    lines = fields.Integer(required=True)
    errors = fields.Integer(required=True)
    outliers = fields.Integer(required=True)
    total = fields.Nested(MoneySchema, required=True)
    previous = fields.Nested(MoneySchema, required=True)
    by_item = fields.List(fields.Dict(), required=True)
    by_error = fields.Dict(required=True)
    published = fields.Dict(required=True, allow_none=True)
    progress = fields.Dict(required=True, allow_none=True)
    error_code = fields.String(required=True, allow_none=True)
    created_by = fields.String(required=True)
    approved_by = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    published_at = fields.AwareDateTime(required=True, allow_none=True)


class BillDraftSchema(ma.Schema):
    """A line that would be published, or why it cannot be."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    item_id = fields.UUID(required=True)
    item_name = fields.String(required=True)
    object_kind = fields.String(required=True)
    object_id = fields.UUID(required=True)
    object_key = fields.String(required=True)
    room_id = fields.UUID(required=True, allow_none=True)
    debtor_name = fields.String(required=True)
    period_from = fields.Date(required=True)
    period_to = fields.Date(required=True)
    due_on = fields.Date(required=True)
    total = fields.Nested(MoneySchema, required=True)
    previous = fields.Nested(MoneySchema, required=True, allow_none=True)
    flags = fields.List(fields.String(), required=True)
    error = fields.String(required=True, allow_none=True)
    error_text = fields.String(required=True, allow_none=True)
    explanation = fields.Dict(required=True)
    parts = fields.List(fields.Dict(), required=True)


class BillDraftListArgs(CursorArgs):
    """What a preview is narrowed to."""

    show = fields.String(load_default=None, validate=validate.OneOf(["error", "outlier", "notable"]))
    item_id = fields.UUID(load_default=None)
    q = fields.String(load_default="", validate=validate.Length(max=100))


class BillLineSchema(ma.Schema):
    """A bill line; `open` is what is still owed."""

    id = fields.UUID(required=True)
    run_id = fields.UUID(required=True, allow_none=True)
    kind = fields.String(required=True)
    item_id = fields.UUID(required=True)
    item_name = fields.String(required=True)
    assignment_id = fields.UUID(required=True, allow_none=True)
    object_kind = fields.String(required=True)
    object_id = fields.UUID(required=True)
    object_key = fields.String(required=True)
    community_id = fields.UUID(required=True)
    room_id = fields.UUID(required=True, allow_none=True)
    person_id = fields.UUID(required=True, allow_none=True)
    debtor_name = fields.String(required=True)
    period_from = fields.Date(required=True)
    period_to = fields.Date(required=True)
    issue_on = fields.Date(required=True)
    due_on = fields.Date(required=True)
    total = fields.Nested(MoneySchema, required=True)
    open = fields.Nested(MoneySchema, required=True)
    state = fields.String(required=True)
    tax_rate = fields.String(required=True)
    corrects_id = fields.UUID(required=True, allow_none=True)
    reason = fields.String(required=True)


class BillLineDetailSchema(BillLineSchema):
    """With everything that explains it."""

    explanation = fields.Dict(required=True)
    parts = fields.List(fields.Dict(), required=True)
    corrections = fields.List(fields.Nested(BillLineSchema), required=True)


class BillLineListArgs(CursorArgs):
    """What a list is narrowed to."""

    room_id = fields.UUID(load_default=None)
    person_id = fields.UUID(load_default=None)
    community_id = fields.UUID(load_default=None)
    run_id = fields.UUID(load_default=None)
    item_id = fields.UUID(load_default=None)
    kind = fields.String(load_default=None, validate=validate.OneOf(LINE_KINDS))
    state = fields.String(load_default=None, validate=validate.OneOf(["open", "settled", "void"]))
    period_from = fields.Date(load_default=None, metadata={"description": "service periods from this day on"})
    period_to = fields.Date(load_default=None, metadata={"description": "service periods that begin before"})


class BillLineNewSchema(ma.Schema):
    """A single amount."""

    item_id = fields.UUID(required=True)
    object_kind = fields.String(load_default="room", validate=validate.OneOf(OBJECT_KINDS))
    object_id = fields.UUID(required=True)
    object_key = fields.String(load_default="", validate=validate.Length(max=80))
    community_id = fields.UUID(load_default=None, allow_none=True)
    room_id = fields.UUID(load_default=None, allow_none=True)
    total = fields.Nested(MoneySchema, required=True)
    reason = fields.String(required=True, validate=validate.Length(1, 200))
    due_on = fields.Date(load_default=None, allow_none=True)
    person_id = fields.UUID(load_default=None, allow_none=True)
    debtor_name = fields.String(load_default="", validate=validate.Length(max=120))


class BillLineAdjustSchema(ma.Schema):
    """What is added, or with a minus taken off."""

    total = fields.Nested(MoneySchema, required=True)
    reason = fields.String(required=True, validate=validate.Length(1, 200))


class BillLineVoidSchema(ma.Schema):
    """Why it is taken back."""

    reason = fields.String(required=True, validate=validate.Length(1, 200))
