"""What the API of estate takes and gives. Areas are strings with two decimals: exact square metres."""

import marshmallow as ma
from marshmallow import fields, validate

from saas.estate.codes import OCCUPANCY_ROLES, ROOM_KINDS, ROOM_STATUSES
from saas.web.api import CursorArgs

_LAT = validate.Range(-90, 90)
_LNG = validate.Range(-180, 180)
_AREA = validate.Range(min=0, min_inclusive=False, max=99_999_999)


class CommunitySchema(ma.Schema):
    """A community; `calendar.week` holds seven days, Monday first, each a list of [from, to]."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    address = fields.String(required=True)
    lat = fields.Float(required=True, allow_none=True)
    lng = fields.Float(required=True, allow_none=True)
    time_zone = fields.String(required=True)
    phone = fields.String(required=True)
    calendar = fields.Dict(required=True)
    version = fields.Integer(required=True)


class CommunityChangeSchema(ma.Schema):
    """Fields to change; absent ones stay."""

    name = fields.String(validate=validate.Length(1, 60))
    address = fields.String(validate=validate.Length(max=200))
    lat = fields.Float(allow_none=True, validate=_LAT)
    lng = fields.Float(allow_none=True, validate=_LNG)
    time_zone = fields.String(validate=validate.Length(1, 60))
    phone = fields.String(validate=validate.Length(max=40))
    calendar = fields.Dict()


class CommunityNewSchema(CommunityChangeSchema):
    """A new community."""

    name = fields.String(required=True, validate=validate.Length(1, 60))


class BuildingSchema(ma.Schema):
    """A building; `key` is '3' for 3号楼."""

    id = fields.UUID(required=True)
    community_id = fields.UUID(required=True)
    key = fields.String(required=True)
    name = fields.String(required=True)
    lat = fields.Float(required=True, allow_none=True)
    lng = fields.Float(required=True, allow_none=True)
    version = fields.Integer(required=True)


class BuildingNewSchema(ma.Schema):
    """A new building; `key` as written ('3号楼', 'S1')."""

    community_id = fields.UUID(required=True)
    key = fields.String(required=True, validate=validate.Length(1, 20))
    name = fields.String(validate=validate.Length(1, 60))
    lat = fields.Float(allow_none=True, validate=_LAT)
    lng = fields.Float(allow_none=True, validate=_LNG)


class BuildingChangeSchema(ma.Schema):
    """Fields to change; absent ones stay."""

    name = fields.String(validate=validate.Length(1, 60))
    lat = fields.Float(allow_none=True, validate=_LAT)
    lng = fields.Float(allow_none=True, validate=_LNG)


class BuildingListArgs(CursorArgs):
    """Filters of the list of buildings."""

    community_id = fields.UUID(load_default=None)


class RoomSchema(ma.Schema):
    """A room; `people` are the names of those who own it or live there now."""

    id = fields.UUID(required=True)
    community_id = fields.UUID(required=True)
    building_id = fields.UUID(required=True)
    building = fields.String(required=True)
    unit = fields.String(required=True, allow_none=True)
    key = fields.String(required=True, metadata={"example": "1-1-101"})
    number = fields.String(required=True)
    floor = fields.Integer(required=True, allow_none=True)
    kind = fields.String(required=True)
    status = fields.String(required=True)
    built_area = fields.Decimal(required=True, allow_none=True, places=2, as_string=True)
    inner_area = fields.Decimal(required=True, allow_none=True, places=2, as_string=True)
    handover_on = fields.Date(required=True, allow_none=True)
    people = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)


class RoomChangeSchema(ma.Schema):
    """Fields to change; absent ones stay."""

    kind = fields.String(validate=validate.OneOf(ROOM_KINDS))
    status = fields.String(validate=validate.OneOf(ROOM_STATUSES))
    built_area = fields.Decimal(places=2, allow_none=True, validate=_AREA)
    inner_area = fields.Decimal(places=2, allow_none=True, validate=_AREA)
    handover_on = fields.Date(allow_none=True)
    note = fields.String(validate=validate.Length(max=500))


class RoomNewSchema(RoomChangeSchema):
    """A new room of a building; a shop has no unit."""

    building_id = fields.UUID(required=True)
    unit = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    number = fields.String(required=True, validate=validate.Length(1, 20))
    floor = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(-20, 300))


class RoomListArgs(CursorArgs):
    """Filters of the list of rooms; `q` is a room, a name, pinyin initials, a phone or its last four digits."""

    community_id = fields.UUID(load_default=None)
    building_id = fields.UUID(load_default=None)
    unit = fields.String(load_default=None)
    floor = fields.Integer(load_default=None, validate=validate.Range(-20, 300))
    kind = fields.String(load_default=None, validate=validate.OneOf(ROOM_KINDS))
    status = fields.String(load_default=None, validate=validate.OneOf(ROOM_STATUSES))
    q = fields.String(load_default="", validate=validate.Length(max=60))


class OccupancySchema(ma.Schema):
    """Who owns or lives in a room, from and to (half-open); phones are masked."""

    id = fields.UUID(required=True)
    room_id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    share = fields.String(required=True, allow_none=True, metadata={"example": "1/2"})
    starts_on = fields.Date(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)
    phones = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)


class OccupancyNewSchema(ma.Schema):
    """A person, by id or by name and phones, and what they are to the room."""

    room_id = fields.UUID(required=True)
    role = fields.String(required=True, validate=validate.OneOf(OCCUPANCY_ROLES))
    person_id = fields.UUID(load_default=None, allow_none=True)
    name = fields.String(load_default="", validate=validate.Length(max=60))
    phones = fields.List(fields.String(validate=validate.Length(max=40)), load_default=list)
    share = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    starts_on = fields.Date(load_default=None, allow_none=True)


class OccupancyEndSchema(ma.Schema):
    """The first day without the person."""

    ends_on = fields.Date(required=True)


class OccupancyListArgs(CursorArgs):
    """Filters of the list of occupancies."""

    room_id = fields.UUID(load_default=None)
    person_id = fields.UUID(load_default=None)
    current = fields.Boolean(load_default=None)


class ImportUploadSchema(ma.Schema):
    """The list of rooms and owners that the firm keeps."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


class ImportFormSchema(ma.Schema):
    """Into which community: an existing one by id, else one by name, else the one in the title of the list."""

    community_id = fields.UUID(load_default=None, allow_none=True)
    community_name = fields.String(load_default="", validate=validate.Length(max=60))
    again = fields.Boolean(
        load_default=False, metadata={"description": "import a file that was imported before"}
    )


class ImportIssueSchema(ma.Schema):
    """One thing wrong with a row. `action`: reject, skip, flag or warn; `raw` is masked where personal."""

    row = fields.Integer(required=True)
    field = fields.String(required=True)
    column = fields.String(required=True)
    code = fields.String(required=True)
    action = fields.String(required=True)
    raw = fields.String(required=True)
    first_row = fields.Integer(required=True, allow_none=True)
    message = fields.String(required=True)


class ImportSchema(ma.Schema):
    """An import. `state`: uploaded, mapping, preview, applying, applied, undone, failed or abandoned."""

    id = fields.UUID(required=True)
    state = fields.String(required=True)
    file_name = fields.String(required=True)
    community_id = fields.UUID(required=True, allow_none=True)
    community_name = fields.String(required=True)
    sheet = fields.String(required=True)
    header_row = fields.Integer(required=True, allow_none=True)
    mapping = fields.Dict(required=True, keys=fields.String(), values=fields.Integer())
    headers = fields.List(fields.String(), required=True)
    totals = fields.Dict(required=True, keys=fields.String(), values=fields.Integer())
    error_code = fields.String(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True, format="iso")
    applied_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class ImportDetailSchema(ImportSchema):
    """An import with its issues (the first 500 rows that have any)."""

    issues = fields.List(fields.Nested(ImportIssueSchema), required=True)


class ImportApplySchema(ma.Schema):
    """The name of the community, when the list did not tell it."""

    community_name = fields.String(load_default="", validate=validate.Length(max=60))
