"""What the API and the forms of people take and give."""

import marshmallow as ma
from marshmallow import fields, validate


class SignupSchema(ma.Schema):
    """A firm and its first administrator."""

    request_id = fields.String(load_default="", validate=validate.Length(max=80))
    firm_name = fields.String(required=True, validate=validate.Length(1, 60))
    admin_name = fields.String(required=True, validate=validate.Length(1, 40))
    contact = fields.String(
        required=True, validate=validate.Length(1, 254), metadata={"description": "phone or e-mail address"}
    )
    password = fields.String(required=True, validate=validate.Length(1, 256), load_only=True)
    slug = fields.String(load_default="", validate=validate.Length(max=40))
    community_name = fields.String(load_default="", validate=validate.Length(max=60))


class SignedUpSchema(ma.Schema):
    """The new firm's address; `enter_url` signs the administrator in once, within ten minutes."""

    tenant_id = fields.UUID(required=True)
    slug = fields.String(required=True)
    host = fields.String(required=True)
    login_url = fields.URL(required=True, require_tld=False)
    enter_url = fields.URL(required=True, require_tld=False)


class LoginSchema(ma.Schema):
    """`identifier`: phone, e-mail address or login name."""

    identifier = fields.String(required=True, validate=validate.Length(1, 254))
    password = fields.String(required=True, validate=validate.Length(1, 256), load_only=True)


class ActivationSchema(ma.Schema):
    """`secret`: the last part of a one-time link."""

    secret = fields.String(required=True, validate=validate.Length(1, 200), load_only=True)
    password = fields.String(required=True, validate=validate.Length(1, 256), load_only=True)


class TokenSchema(ma.Schema):
    """An API token, for the header `Authorization: Bearer …`."""

    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True, format="iso")


class ScopeSchema(ma.Schema):
    """Where a permission holds."""

    everything = fields.Boolean(required=True)
    communities = fields.List(fields.UUID(), required=True)
    buildings = fields.List(fields.UUID(), required=True)
    own = fields.Boolean(required=True)


class MeSchema(ma.Schema):
    """Who is signed in, and what they may do where."""

    user_id = fields.UUID(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    person_id = fields.UUID(required=True, allow_none=True)
    staff_id = fields.UUID(required=True, allow_none=True)
    grants = fields.Dict(keys=fields.String(), values=fields.Nested(ScopeSchema), required=True)


class PasswordSchema(ma.Schema):
    """A change of the own password."""

    old_password = fields.String(required=True, validate=validate.Length(1, 256), load_only=True)
    new_password = fields.String(required=True, validate=validate.Length(1, 256), load_only=True)


class StaffInSchema(ma.Schema):
    """A member of staff as created or changed; absent lists are empty."""

    name = fields.String(required=True, validate=validate.Length(1, 40))
    phone = fields.String(load_default="", validate=validate.Length(max=40))
    email = fields.String(load_default="", validate=validate.Length(max=254))
    login_name = fields.String(load_default="", validate=validate.Length(max=40))
    job_number = fields.String(load_default="", validate=validate.Length(max=40))
    job_title = fields.String(load_default="", validate=validate.Length(max=40))
    skills = fields.List(fields.String(), load_default=list)
    certificates = fields.List(fields.String(validate=validate.Length(max=40)), load_default=list)
    shift = fields.String(load_default="office")
    shift_start = fields.Time(load_default=None, allow_none=True, format="%H:%M")
    shift_end = fields.Time(load_default=None, allow_none=True, format="%H:%M")
    weekdays = fields.List(fields.Integer(), load_default=list)
    max_open_orders = fields.Integer(load_default=5)
    roles = fields.List(fields.String(), load_default=list)
    everywhere = fields.Boolean(load_default=True)
    communities = fields.List(fields.UUID(), load_default=list)
    buildings = fields.List(fields.UUID(), load_default=list)


class StaffSchema(ma.Schema):
    """A member of staff; phone and e-mail are masked. A masked value sent back means: leave it."""

    id = fields.UUID(required=True)
    user_id = fields.UUID(required=True)
    state = fields.String(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    login_name = fields.String(required=True, allow_none=True)
    job_number = fields.String(required=True, allow_none=True)
    job_title = fields.String(required=True)
    skills = fields.List(fields.String(), required=True)
    certificates = fields.List(fields.String(), required=True)
    shift = fields.String(required=True)
    shift_start = fields.Time(required=True, format="%H:%M")
    shift_end = fields.Time(required=True, format="%H:%M")
    weekdays = fields.List(fields.Integer(), required=True)
    max_open_orders = fields.Integer(required=True)
    roles = fields.List(fields.String(), required=True)
    everywhere = fields.Boolean(required=True)
    communities = fields.List(fields.UUID(), required=True)
    buildings = fields.List(fields.UUID(), required=True)
    version = fields.Integer(required=True)


class InvitationSchema(ma.Schema):
    """A one-time link with which the account sets its password."""

    user_id = fields.UUID(required=True)
    url = fields.URL(required=True, require_tld=False)
    expires_at = fields.AwareDateTime(required=True, format="iso")
    mailed = fields.Boolean(required=True)


class PersonInSchema(ma.Schema):
    """An owner or resident."""

    name = fields.String(required=True, validate=validate.Length(1, 60))
    phones = fields.List(fields.String(validate=validate.Length(max=40)), load_default=list)
    id_number = fields.String(load_default="", validate=validate.Length(max=40), load_only=True)


class PersonSchema(ma.Schema):
    """An owner or resident; phones and identity number are masked."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    phones = fields.List(fields.String(), required=True)
    id_number = fields.String(required=True, allow_none=True)


class PersonSearchArgs(ma.Schema):
    """Name, pinyin, phone, its last four digits, or identity number."""

    q = fields.String(required=True, validate=validate.Length(1, 60))
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))


class RevealSchema(ma.Schema):
    """Which masked value, and why it is needed."""

    what = fields.String(required=True, validate=validate.OneOf(["phone", "id_number"]))
    reason = fields.String(required=True)


class RevealedSchema(ma.Schema):
    """The values in clear; an audit row says who saw them and why."""

    values = fields.List(fields.String(), required=True)


class RoleSchema(ma.Schema):
    """A role and the permissions it gives."""

    id = fields.UUID(required=True)
    key = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)


class StaffListArgs(ma.Schema):
    """Filters of the staff list."""

    q = fields.String(load_default="", validate=validate.Length(max=60))
    skill = fields.String(load_default="")
    role = fields.String(load_default="")
    state = fields.String(load_default="", validate=validate.OneOf(["", "invited", "active", "disabled"]))
    cursor = fields.String(load_default=None)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
