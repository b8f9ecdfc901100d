"""What the API of meters, readings and reports takes and gives. Quantities are exact decimals as text."""

from __future__ import annotations

from decimal import Decimal

import marshmallow as ma
from marshmallow import fields, validate

from saas.fees.models.meters import METER_KINDS, READING_STATES
from saas.web.api import CursorArgs

_KIND = validate.OneOf(METER_KINDS)
_POSITIVE = validate.Range(min=0)


class MeterListArgs(CursorArgs):
    """What a list of meters is narrowed to."""

    community_id = fields.UUID(load_default=None)
    building_id = fields.UUID(load_default=None)
    room_id = fields.UUID(load_default=None)
    kind = fields.String(load_default=None, validate=_KIND)
    state = fields.String(load_default=None, validate=validate.OneOf(["in_use", "removed"]))
    q = fields.String(load_default="", validate=validate.Length(max=60))


class MeterNewSchema(ma.Schema):
    """A meter of a room, or (without `room_id`) of a pool: 1-1 is a unit, 1 a building, all the community."""

    number = fields.String(required=True, validate=validate.Length(1, 60))
    kind = fields.String(required=True, validate=_KIND)
    room_id = fields.UUID(load_default=None, allow_none=True)
    community_id = fields.UUID(load_default=None, allow_none=True)
    building_id = fields.UUID(load_default=None, allow_none=True)
    pool_key = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))
    place_text = fields.String(load_default="", validate=validate.Length(max=80))
    registers = fields.List(
        fields.String(validate=validate.Length(1, 20)),
        load_default=lambda: ["total"],
        validate=validate.Length(1, 8),
    )
    digits = fields.Integer(load_default=5, validate=validate.Range(1, 12))
    multiplier = fields.Decimal(
        load_default=Decimal(1), validate=validate.Range(min=0, min_inclusive=False, max=1_000_000)
    )
    installed_on = fields.Date(load_default=None, allow_none=True)
    initial_values = fields.Dict(
        keys=fields.String(), values=fields.Decimal(validate=_POSITIVE), load_default=dict
    )
    note = fields.String(load_default="", validate=validate.Length(max=400))


class MeterSwapSchema(ma.Schema):
    """The old meter's last values by register, and its successor."""

    new_number = fields.String(required=True, validate=validate.Length(1, 60))
    on = fields.Date(required=True)
    final_values = fields.Dict(keys=fields.String(), values=fields.Decimal(validate=_POSITIVE), required=True)
    initial_values = fields.Dict(
        keys=fields.String(), values=fields.Decimal(validate=_POSITIVE), load_default=None
    )
    digits = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 12))
    multiplier = fields.Decimal(
        load_default=None, allow_none=True, validate=validate.Range(min=0, min_inclusive=False, max=1_000_000)
    )


class MeterSchema(ma.Schema):
    """A meter."""

    id = fields.UUID()
    number = fields.String()
    kind = fields.String()
    community_id = fields.UUID()
    building_id = fields.UUID(allow_none=True)
    room_id = fields.UUID(allow_none=True)
    room_key = fields.String(allow_none=True)
    pool_key = fields.String(allow_none=True)
    place_text = fields.String()
    registers = fields.List(fields.String())
    digits = fields.Integer()
    multiplier = fields.String()
    installed_on = fields.Date(allow_none=True)
    removed_on = fields.Date(allow_none=True)
    initial_values = fields.Dict()
    final_values = fields.Dict()
    replaces_id = fields.UUID(allow_none=True)
    state = fields.String()
    note = fields.String()
    version = fields.Integer()


class ReadingListArgs(CursorArgs):
    """What a list of readings is narrowed to; `state=held` is the review list."""

    community_id = fields.UUID(load_default=None)
    meter_id = fields.UUID(load_default=None)
    room_id = fields.UUID(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(READING_STATES))
    because = fields.String(load_default=None)
    period = fields.Date(load_default=None, metadata={"description": "first day of the month"})
    is_late = fields.Boolean(load_default=None)


class ReadingNewSchema(ma.Schema):
    """What a register shows; `period` is the first day of the month that it closes (default: its own)."""

    meter_id = fields.UUID(required=True)
    value = fields.Decimal(required=True, allow_none=True, places=4, validate=_POSITIVE)
    read_on = fields.Date(load_default=None, allow_none=True)
    register = fields.String(load_default="total", validate=validate.Length(1, 20))
    read_at = fields.AwareDateTime(load_default=None, allow_none=True)
    note = fields.String(load_default="", validate=validate.Length(max=400))
    period = fields.Date(load_default=None, allow_none=True)


class ReadingDecisionSchema(ma.Schema):
    """`accept` it as it is, `correct` it to another value, or `reject` it with a note."""

    decision = fields.String(required=True, validate=validate.OneOf(["accept", "correct", "reject"]))
    value = fields.Decimal(load_default=None, allow_none=True, places=4, validate=_POSITIVE)
    is_roll_over = fields.Boolean(load_default=False)
    note = fields.String(load_default="", validate=validate.Length(max=400))


class ReadingSchema(ma.Schema):
    """A reading; `usage` includes roll-over and multiplier."""

    id = fields.UUID()
    meter_id = fields.UUID()
    meter_number = fields.String()
    room_id = fields.UUID(allow_none=True)
    room_key = fields.String(allow_none=True)
    register = fields.String()
    read_on = fields.Date()
    read_at = fields.AwareDateTime(allow_none=True)
    period = fields.Date()
    value = fields.String(allow_none=True)
    previous = fields.String(allow_none=True)
    usage = fields.String(allow_none=True)
    is_rolled_over = fields.Boolean()
    is_late = fields.Boolean()
    source = fields.String()
    state = fields.String()
    held_because = fields.String(allow_none=True)
    corrects_id = fields.UUID(allow_none=True)
    has_photo = fields.Boolean()
    note = fields.String()


class ReadingImportArgs(ma.Schema):
    """Where the list belongs; `period` when the file's name does not tell the month."""

    community_id = fields.UUID(required=True)
    period = fields.Date(load_default=None)


class ReadingFileSchema(ma.Schema):
    """The list: CSV in GBK or UTF-8, or Excel."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


class ReadingImportSchema(ma.Schema):
    """A list with what it would do, or did."""

    id = fields.UUID()
    state = fields.String()
    file_name = fields.String()
    community_id = fields.UUID()
    totals = fields.Dict()
    issues = fields.List(fields.Dict())


class ReportArgs(ma.Schema):
    """The days are inclusive; `by` says what a row stands for; `format=xlsx` gives an Excel book."""

    start = fields.Date(load_default=None, data_key="from")
    end = fields.Date(load_default=None, data_key="to")
    by = fields.String(load_default="", validate=validate.Length(max=20))
    community_id = fields.UUID(load_default=None)
    building_id = fields.UUID(load_default=None)
    room_id = fields.UUID(load_default=None)
    item_id = fields.UUID(load_default=None)
    person_id = fields.UUID(load_default=None)
    cashier_id = fields.UUID(load_default=None)
    channel = fields.String(load_default=None, validate=validate.Length(max=20))
    format = fields.String(load_default="json", validate=validate.OneOf(["json", "xlsx"]))


class LedgerReportSchema(ma.Schema):
    """Columns, rows with the filter that leads on, totals, chart; money in minor units of `currency`."""

    name = fields.String()
    title = fields.String()
    currency = fields.String()
    columns = fields.List(fields.Dict())
    rows = fields.List(fields.Dict())
    totals = fields.Dict()
    chart = fields.Dict(allow_none=True)
    note = fields.String()
