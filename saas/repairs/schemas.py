"""What the API of repairs takes and gives."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from saas.repairs.catalogue import CATEGORIES, DISPATCH_MODES, PAUSE_REASONS, SOURCES, URGENCIES
from saas.repairs.states import STATES
from saas.web.api import CursorArgs

_CATEGORY = validate.OneOf(list(CATEGORIES))
_URGENCY = validate.OneOf(list(URGENCIES))
_STARS = validate.Range(1, 5)


class ReportSchema(ma.Schema):
    """A report. Give `room_id`, or `community_id` (with `building_id` perhaps) and `place` in words."""

    text = fields.String(required=True, validate=validate.Length(1, 2000))
    room_id = fields.UUID(load_default=None, allow_none=True)
    community_id = fields.UUID(load_default=None, allow_none=True)
    building_id = fields.UUID(load_default=None, allow_none=True)
    place = fields.String(load_default="", validate=validate.Length(max=120))
    code = fields.String(
        load_default=None, allow_none=True, metadata={"description": "token of a scanned QR label"}
    )
    request_id = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 80),
        metadata={"description": "made by the client; sending the same one twice makes one order"},
    )
    source = fields.String(load_default="", validate=validate.OneOf(["", *SOURCES]))
    wished_from = fields.AwareDateTime(load_default=None, allow_none=True)
    wished_to = fields.AwareDateTime(load_default=None, allow_none=True)
    person_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "for whom staff report"}
    )
    contact_name = fields.String(load_default="", validate=validate.Length(max=40))
    contact_phone = fields.String(load_default="", validate=validate.Length(max=30))
    category = fields.String(load_default=None, allow_none=True, validate=_CATEGORY)
    urgency = fields.String(load_default=None, allow_none=True, validate=_URGENCY)


class OrderListArgs(CursorArgs):
    """What a list is narrowed to."""

    community_id = fields.UUID(load_default=None)
    building_id = fields.UUID(load_default=None)
    room_id = fields.UUID(load_default=None)
    category = fields.String(load_default=None, validate=_CATEGORY)
    urgency = fields.String(load_default=None, validate=_URGENCY)
    technician_id = fields.UUID(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(list(STATES)))
    is_open = fields.Boolean(load_default=None)
    is_overdue = fields.Boolean(load_default=None)
    day = fields.Date(load_default=None, metadata={"description": "local day of the report"})
    q = fields.String(load_default="", validate=validate.Length(max=100))


class PlaceSchema(ma.Schema):
    """Where it is."""

    community_id = fields.UUID(required=True)
    building_id = fields.UUID(required=True, allow_none=True)
    room_id = fields.UUID(required=True, allow_none=True)
    text = fields.String(required=True)


class TechnicianSchema(ma.Schema):
    """Who works the order off."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class DueSchema(ma.Schema):
    """The due time that counts now."""

    kind = fields.String(required=True, metadata={"description": "respond, arrive or finish"})
    at = fields.AwareDateTime(required=True, format="iso")
    is_overdue = fields.Boolean(required=True)


class OrderSchema(ma.Schema):
    """A repair order as lists show it."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(list(STATES)))
    state_at = fields.AwareDateTime(required=True, format="iso")
    category = fields.String(required=True)
    urgency = fields.String(required=True)
    confidence = fields.Float(required=True)
    needs_confirmation = fields.Boolean(required=True)
    text = fields.String(required=True)
    place = fields.Nested(PlaceSchema, required=True)
    reporter_name = fields.String(required=True)
    source = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True, format="iso")
    wished_from = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    wished_to = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    eta_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    finished_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    technician = fields.Nested(TechnicianSchema, required=True, allow_none=True)
    due = fields.Nested(DueSchema, required=True, allow_none=True)
    photos = fields.Integer(required=True)
    followers = fields.Integer(required=True)


class SimilarSchema(ma.Schema):
    """An open order that may be the same fault."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    text = fields.String(required=True)
    place = fields.String(required=True)
    state = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True, format="iso")
    followers = fields.Integer(required=True)
    likeness = fields.Float(required=True)


class SimilarListSchema(ma.Schema):
    """Open orders that may be the same fault, the most alike first."""

    items = fields.List(fields.Nested(SimilarSchema), required=True)


class PhotoSchema(ma.Schema):
    """A photo; `url` and `thumbnail_url` give the JPEG."""

    id = fields.UUID(required=True)
    stage = fields.String(required=True, metadata={"description": "before or after the repair"})
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    url = fields.String(required=True)
    thumbnail_url = fields.String(required=True)


class RatingSchema(ma.Schema):
    """The resident's marks, 1 to 5."""

    attitude = fields.Integer(required=True)
    speed = fields.Integer(required=True)
    quality = fields.Integer(required=True)
    words = fields.String(required=True)
    praise = fields.List(fields.String(), required=True)
    rated_at = fields.AwareDateTime(required=True, format="iso")
    call_back = fields.String(required=True, metadata={"description": "none, open or done"})


class BecauseSchema(ma.Schema):
    """A piece of the text that decided; text[start:end] is the word."""

    word = fields.String(required=True)
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    decided = fields.String(required=True, metadata={"description": "category or urgency"})


class ActionSchema(ma.Schema):
    """A step that the caller may take now."""

    to = fields.String(required=True)
    verb = fields.String(required=True)
    needs = fields.List(fields.String(), required=True)


class OrderDetailSchema(OrderSchema):
    """A repair order with what belongs to it."""

    because = fields.List(fields.Nested(BecauseSchema), required=True)
    contact_phone = fields.String(required=True, allow_none=True, metadata={"description": "masked"})
    respond_due_at = fields.AwareDateTime(required=True, format="iso")
    arrive_due_at = fields.AwareDateTime(required=True, format="iso")
    finish_due_at = fields.AwareDateTime(required=True, format="iso")
    photo_list = fields.List(fields.Nested(PhotoSchema), required=True)
    rating = fields.Nested(RatingSchema, required=True, allow_none=True)
    actions = fields.List(fields.Nested(ActionSchema), required=True)


class CreatedOrderSchema(OrderDetailSchema):
    """The order that a report made, and open ones that look the same."""

    similar = fields.List(fields.Nested(SimilarSchema), required=True)


class ArrivalSchema(ma.Schema):
    """How the technician shows to be there."""

    by = fields.String(required=True, validate=validate.OneOf(["place", "code", "word"]))
    lat = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-90, 90))
    lng = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-180, 180))
    code = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))


class StepSchema(ma.Schema):
    """A step: the state to go to, and what it needs (see `actions` of the order)."""

    to = fields.String(required=True, validate=validate.OneOf(list(STATES)))
    note = fields.String(load_default="", validate=validate.Length(max=1000))
    version = fields.Integer(load_default=None, allow_none=True, strict=True)
    category = fields.String(load_default=None, allow_none=True, validate=_CATEGORY)
    urgency = fields.String(load_default=None, allow_none=True, validate=_URGENCY)
    staff_id = fields.UUID(load_default=None, allow_none=True)
    mode = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["auto", "grab"]))
    eta_minutes = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 1440))
    arrival = fields.Nested(ArrivalSchema, load_default=None, allow_none=True)
    reason = fields.String(load_default="", validate=validate.OneOf(["", *PAUSE_REASONS]))
    attitude = fields.Integer(load_default=None, allow_none=True, validate=_STARS)
    speed = fields.Integer(load_default=None, allow_none=True, validate=_STARS)
    quality = fields.Integer(load_default=None, allow_none=True, validate=_STARS)
    praise = fields.List(fields.String(validate=validate.Length(max=30)), load_default=list)


class EventSchema(ma.Schema):
    """One line of the history."""

    id = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True, format="iso")
    kind = fields.String(required=True)
    from_state = fields.String(required=True, allow_none=True)
    to_state = fields.String(required=True, allow_none=True)
    by = fields.String(required=True)
    note = fields.String(required=True)
    data = fields.Dict(required=True)


class EventListSchema(ma.Schema):
    """The history, oldest first; complete, so there is no next page."""

    items = fields.List(fields.Nested(EventSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class CandidateSchema(ma.Schema):
    """A technician weighed for the order."""

    staff_id = fields.UUID(required=True)
    name = fields.String(required=True)
    score = fields.Integer(required=True)
    parts = fields.Dict(required=True)
    state = fields.String(required=True)
    left_out_because = fields.String(required=True, allow_none=True)


class CandidateListSchema(ma.Schema):
    """Candidates, the best first, then those left out."""

    items = fields.List(fields.Nested(CandidateSchema), required=True)


class DispatchSchema(ma.Schema):
    """To one technician (`staff_id`), or `mode` auto or grab."""

    staff_id = fields.UUID(load_default=None, allow_none=True)
    mode = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf([m for m in DISPATCH_MODES if m != "manual"]),
    )
    note = fields.String(load_default="", validate=validate.Length(max=1000))


class ClassificationSchema(ma.Schema):
    """What the front desk makes of it; what is left out stays as it is."""

    category = fields.String(load_default=None, allow_none=True, validate=_CATEGORY)
    urgency = fields.String(load_default=None, allow_none=True, validate=_URGENCY)


class JoinSchema(ma.Schema):
    """Join an open order; `person_id` is for the front desk."""

    person_id = fields.UUID(load_default=None, allow_none=True)
    words = fields.String(load_default="", validate=validate.Length(max=500))


class PhotoFormSchema(ma.Schema):
    """`client_id` is made by the phone; sending the same photo twice keeps one."""

    client_id = fields.String(required=True, validate=validate.Length(1, 80))
    stage = fields.String(load_default="before", validate=validate.OneOf(["before", "after"]))


class PhotoFileSchema(ma.Schema):
    """The picture: JPEG, PNG, WebP or HEIC, at most 20 MB."""

    photo = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


class PhotoArgs(ma.Schema):
    """`small=true` gives the thumbnail."""

    small = fields.Boolean(load_default=False)


class ContactArgs(ma.Schema):
    """Why the number is needed; kept in the record."""

    reason = fields.String(load_default="call", validate=validate.Length(1, 200))


class ContactSchema(ma.Schema):
    """The phone number in clear."""

    phone = fields.String(required=True)
