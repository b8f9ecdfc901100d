"""Messages as the API gives them."""

from __future__ import annotations

import marshmallow as ma

from saas.web.api import CursorArgs


class MessageSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    template = ma.fields.String(required=True, metadata={"example": "repairs.accepted"})
    title = ma.fields.String(required=True)
    body = ma.fields.String(required=True)
    link = ma.fields.String(required=True, allow_none=True, metadata={"description": "path on this host"})
    urgency = ma.fields.String(required=True, validate=ma.validate.OneOf(("low", "normal", "high")))
    locale = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True, attribute="visible_at")
    read_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class MessageListArgs(CursorArgs):
    unread = ma.fields.Boolean(load_default=False)
