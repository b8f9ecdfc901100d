"""Money as the API writes it: {"amount": 23187, "currency": "CNY"}, in minor units."""

import marshmallow as ma
from marshmallow import fields, validate


class MoneySchema(ma.Schema):
    """A whole number of minor units and the ISO code of the currency."""

    amount = fields.Integer(required=True, strict=True, validate=validate.Range(-(10**12), 10**12))
    currency = fields.String(load_default="CNY", validate=validate.Length(equal=3))


def money(minor: int | None, currency: str) -> dict[str, object] | None:
    """An amount for an answer."""
    return None if minor is None else {"amount": minor, "currency": currency}
