"""Fee items, tariffs, assignments, rules and discounts as the API takes and gives them."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from saas.fees.models.setup import ALIGNMENTS, OBJECT_KINDS, PAYERS, PRICING_KINDS, TIMINGS
from saas.web.api import CursorArgs


def _decimal(**options: Any) -> fields.Decimal:
    return fields.Decimal(as_string=True, allow_nan=False, **options)


class _ItemFacts(ma.Schema):
    community_id = fields.UUID(allow_none=True)
    timing = fields.String(validate=validate.OneOf(TIMINGS))
    alignment = fields.String(validate=validate.OneOf(ALIGNMENTS))
    cycle_months = fields.Integer(validate=validate.Range(1, 120))
    lead_days = fields.Integer(validate=validate.Range(0, 366))
    due_days = fields.Integer(validate=validate.Range(0, 366))
    due_day = fields.Integer(allow_none=True, validate=validate.Range(1, 31))
    unit = fields.String(validate=validate.Length(max=20))
    meter_kind = fields.String(allow_none=True, validate=validate.Length(max=20))
    ladder = fields.String(validate=validate.OneOf(["monthly", "yearly"]))
    basis = fields.String(validate=validate.OneOf(["area", "inner_area", "household", "weight"]))
    rent_basis = fields.String(validate=validate.OneOf(["fixed", "area_built", "area_inner"]))
    escalation = fields.Dict(keys=fields.String())
    formula = fields.String(validate=validate.Length(max=500))
    formula_per = fields.String(validate=validate.OneOf(["auto", "month", "period"]))
    rounding_unit = fields.Integer(validate=validate.OneOf([1, 10, 100]))
    rounding_mode = fields.String(validate=validate.OneOf(["half_up", "up", "down"]))
    priority = fields.Integer(validate=validate.Range(0, 9999))
    receiving_account = fields.String(validate=validate.Length(max=60))
    late_rate = _decimal(allow_none=True)
    late_grace_days = fields.Integer(validate=validate.Range(0, 3660))
    late_cap = _decimal(allow_none=True)
    is_deposit = fields.Boolean()
    is_active = fields.Boolean()
    note = fields.String(validate=validate.Length(max=500))


class FeeItemNewSchema(_ItemFacts):
    """A fee item; what is left out has its usual value."""

    code = fields.String(required=True, validate=validate.Regexp(r"^[a-z0-9][a-z0-9_.-]{0,39}$"))
    name = fields.String(required=True, validate=validate.Length(1, 60))
    pricing = fields.String(required=True, validate=validate.OneOf(PRICING_KINDS))


class FeeItemChangeSchema(_ItemFacts):
    """What is to change."""

    name = fields.String(validate=validate.Length(1, 60))
    pricing = fields.String(validate=validate.OneOf(PRICING_KINDS))


class FeeItemSchema(FeeItemNewSchema):
    """A fee item."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)


class FeeTierSchema(ma.Schema):
    """A step of a ladder: up to and including `up_to`, the last one without end."""

    up_to = _decimal(load_default=None, allow_none=True)
    price = _decimal(required=True)


class TariffNewSchema(ma.Schema):
    """Prices in major units from a day on, until the item's next tariff."""

    item_id = fields.UUID(required=True)
    starts_on = fields.Date(required=True)
    price = _decimal(load_default=None, allow_none=True)
    fixed = _decimal(load_default=0)
    tiers = fields.List(fields.Nested(FeeTierSchema), load_default=list, validate=validate.Length(max=20))
    rates = fields.Dict(keys=fields.String(), values=_decimal(), load_default=dict)
    formula = fields.String(load_default="", validate=validate.Length(max=500))
    tax_rate = _decimal(load_default=0)


class TariffSchema(TariffNewSchema):
    """A tariff."""

    id = fields.UUID(required=True)


class TariffListArgs(CursorArgs):
    """Of one item, or of all."""

    item_id = fields.UUID(load_default=None)


class AssignmentNewSchema(ma.Schema):
    """One item on one object. A room needs its id only; other objects bring key and community."""

    item_id = fields.UUID(required=True)
    object_kind = fields.String(load_default="room", validate=validate.OneOf(OBJECT_KINDS))
    object_id = fields.UUID(required=True)
    object_key = fields.String(load_default="", validate=validate.Length(max=80))
    community_id = fields.UUID(load_default=None, allow_none=True)
    room_id = fields.UUID(load_default=None, allow_none=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(load_default=None, allow_none=True)
    payer = fields.String(load_default="owner", validate=validate.OneOf(PAYERS))
    person_id = fields.UUID(load_default=None, allow_none=True)
    debtor_name = fields.String(load_default="", validate=validate.Length(max=120))
    price = _decimal(load_default=None, allow_none=True)
    weight = _decimal(load_default=None, allow_none=True)
    coefficient = _decimal(load_default=None, allow_none=True)
    quantity = _decimal(load_default=None, allow_none=True)
    household_size = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 1000))
    escalation = fields.Dict(load_default=None, allow_none=True)
    attributes = fields.Dict(load_default=None, allow_none=True)
    pool_key = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))


class AssignmentSchema(ma.Schema):
    """An assignment."""

    id = fields.UUID(required=True)
    item_id = fields.UUID(required=True)
    rule_id = fields.UUID(required=True, allow_none=True)
    object_kind = fields.String(required=True)
    object_id = fields.UUID(required=True)
    object_key = fields.String(required=True)
    community_id = fields.UUID(required=True)
    room_id = fields.UUID(required=True, allow_none=True)
    payer = fields.String(required=True)
    person_id = fields.UUID(required=True, allow_none=True)
    debtor_name = fields.String(required=True)
    share_num = fields.Integer(required=True)
    share_den = fields.Integer(required=True)
    price = _decimal(required=True, allow_none=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, allow_none=True)
    version = fields.Integer(required=True)


class AssignmentListArgs(CursorArgs):
    """What a list is narrowed to."""

    item_id = fields.UUID(load_default=None)
    room_id = fields.UUID(load_default=None)
    community_id = fields.UUID(load_default=None)
    rule_id = fields.UUID(load_default=None)


class AssignmentEndSchema(ma.Schema):
    """The first day without it; with a debtor it goes on for that one."""

    ends_on = fields.Date(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=200))
    person_id = fields.UUID(load_default=None, allow_none=True)
    debtor_name = fields.String(load_default="", validate=validate.Length(max=120))


class SelectorSchema(ma.Schema):
    """Which rooms; what is left out does not limit. `pool_by`: how a shared item is pooled."""

    community_id = fields.UUID()
    building_keys = fields.List(fields.String())
    unit_keys = fields.List(fields.String())
    floor_from = fields.Integer(allow_none=True)
    floor_to = fields.Integer(allow_none=True)
    kinds = fields.List(fields.String())
    statuses = fields.List(fields.String())
    room_ids = fields.List(fields.UUID())
    pool_by = fields.String(validate=validate.OneOf(["unit", "building", "community"]))


class RuleNewSchema(ma.Schema):
    """A rule: an item for all rooms that the selector covers."""

    item_id = fields.UUID(required=True)
    name = fields.String(load_default="", validate=validate.Length(max=120))
    selector = fields.Nested(SelectorSchema, required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(load_default=None, allow_none=True)
    payer = fields.String(load_default="owner", validate=validate.OneOf(["owner", "tenant"]))
    is_split_by_share = fields.Boolean(load_default=False)


class RuleSchema(ma.Schema):
    """A rule and, after a change, what it did."""

    id = fields.UUID(required=True)
    item_id = fields.UUID(required=True)
    name = fields.String(required=True)
    selector = fields.Dict(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, allow_none=True)
    payer = fields.String(required=True)
    is_split_by_share = fields.Boolean(required=True)
    rooms = fields.Integer(allow_none=True)
    made = fields.Integer(allow_none=True)
    ended = fields.Integer(allow_none=True)
    taken = fields.List(fields.String())


class RuleEndSchema(ma.Schema):
    """The first day on which the rule covers nothing."""

    ends_on = fields.Date(required=True)


class DiscountNewSchema(ma.Schema):
    """A discount to be approved by a second person."""

    kind = fields.String(
        required=True, validate=validate.OneOf(["rate", "amount", "free_months", "vacancy", "early"])
    )
    name = fields.String(load_default="", validate=validate.Length(max=60))
    item_id = fields.UUID(load_default=None, allow_none=True)
    assignment_id = fields.UUID(load_default=None, allow_none=True)
    room_id = fields.UUID(load_default=None, allow_none=True)
    community_id = fields.UUID(load_default=None, allow_none=True)
    value = _decimal(load_default=None, allow_none=True)
    amount_minor = fields.Integer(load_default=None, allow_none=True)
    cap_minor = fields.Integer(load_default=None, allow_none=True)
    early_days = fields.Integer(load_default=None, allow_none=True)
    priority = fields.Integer(load_default=100)
    is_exclusive = fields.Boolean(load_default=False)
    starts_on = fields.Date(load_default=None, allow_none=True)
    ends_on = fields.Date(load_default=None, allow_none=True)
    reason = fields.String(required=True, validate=validate.Length(1, 200))


class DiscountSchema(DiscountNewSchema):
    """A discount."""

    id = fields.UUID(required=True)
    state = fields.String(required=True)
    requested_by_name = fields.String(required=True)
    decided_by_name = fields.String(required=True)


class DiscountDecisionSchema(ma.Schema):
    """Yes or no."""

    approve = fields.Boolean(required=True)
    note = fields.String(load_default="", validate=validate.Length(max=200))


class ChangePreviewSchema(ma.Schema):
    """A period with and without a change that was not made; `differences` holds the first 200."""

    period_from = fields.Date(required=True)
    period_to = fields.Date(required=True)
    before_minor = fields.Integer(required=True)
    after_minor = fields.Integer(required=True)
    lines_before = fields.Integer(required=True)
    lines_after = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    differences = fields.List(fields.Dict(), required=True)
