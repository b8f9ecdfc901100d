"""What may be done with people; the built-in roles hold what their defaults name, the administrator holds all."""

from flask_babel import lazy_gettext as _l

from saas.core.permissions import Permission

STAFF_VIEW = Permission("people.staff_view", _l("See the staff list"), default_roles=("front_desk",))
STAFF_EDIT = Permission("people.staff_edit", _l("Add, change and deactivate staff"))
PERSON_VIEW = Permission(
    "people.person_view", _l("See owners and residents, phones masked"), default_roles=("front_desk",)
)
PERSON_EDIT = Permission(
    "people.person_edit", _l("Add and change owners and residents"), default_roles=("front_desk",)
)
PERSON_REVEAL = Permission(
    "people.person_reveal",
    _l("Unmask a phone or identity number, with a reason"),
    default_roles=("front_desk",),
)
RESIDENT_INVITE = Permission(
    "people.resident_invite", _l("Invite residents to sign in"), default_roles=("front_desk",)
)
ROLE_VIEW = Permission("people.role_view", _l("See roles and what they may do"))
AUDIT_VIEW = Permission("people.audit_view", _l("See who did what and when"))

ALL = (
    STAFF_VIEW, STAFF_EDIT, PERSON_VIEW, PERSON_EDIT, PERSON_REVEAL, RESIDENT_INVITE, ROLE_VIEW, AUDIT_VIEW,
)  # fmt: skip
