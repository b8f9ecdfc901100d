"""Codes in words: states, kinds, roles, fields of a list, and what is wrong with a row and what to do about it."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

STATUS_WORDS = {
    "occupied": _l("Lived in"),
    "rented": _l("Let"),
    "vacant": _l("Empty"),
    "decorating": _l("Being decorated"),
    "unsold": _l("Unsold"),
    "unknown": _l("Not known"),
}
STATUS_ICONS = {
    "occupied": "home-check",
    "rented": "key",
    "vacant": "home-off",
    "decorating": "paint",
    "unsold": "building-estate",
    "unknown": "help-circle",
}
KIND_WORDS = {
    "residential": _l("Flat"),
    "shop": _l("Shop"),
    "storage": _l("Storage room"),
    "office": _l("Office"),
}
ROLE_WORDS = {
    "owner": _l("Owner"),
    "co_owner": _l("Co-owner"),
    "tenant": _l("Tenant"),
    "family": _l("Family member"),
    "staff": _l("Household staff"),
}
MOMENT_WORDS = {
    "handover": _l("Room handed over"),
    "start_owner": _l("Became the owner"),
    "start_co_owner": _l("Became a co-owner"),
    "start_tenant": _l("Tenant moved in"),
    "start_family": _l("Family member moved in"),
    "start_staff": _l("Household staff came"),
    "end_owner": _l("No longer the owner"),
    "end_co_owner": _l("No longer a co-owner"),
    "end_tenant": _l("Tenant moved out"),
    "end_family": _l("Family member moved out"),
    "end_staff": _l("Household staff left"),
}
MOMENT_ICONS = {
    "handover": "key",
    "note": "note",
    **{f"start_{role}": "door-enter" for role in ROLE_WORDS},
    **{f"end_{role}": "door-exit" for role in ROLE_WORDS},
}
FIELD_WORDS = {
    "building": _l("Building"),
    "unit": _l("Unit"),
    "floor": _l("Floor"),
    "room": _l("Room number"),
    "built_area": _l("Built area"),
    "inner_area": _l("Inner area"),
    "status": _l("State of the room"),
    "kind": _l("Kind of room"),
    "owner_name": _l("Owner's name"),
    "owner_phone": _l("Owner's phone"),
    "id_kind": _l("Kind of document"),
    "id_number": _l("Document number"),
    "share": _l("Share"),
    "handover_on": _l("Hand-over date"),
    "tenant_name": _l("Tenant's name"),
    "tenant_phone": _l("Tenant's phone"),
    "note": _l("Note"),
}
_ISSUES = {
    "phone_invalid": _l("%(raw)s has a digit too few or too many. Left empty; fill in the phone."),
    "id_checksum": _l(
        "The document number has a wrong check digit. Left empty; compare it with the document."
    ),
    "id_damaged": _l("Excel has cut the document number (%(raw)s). Left empty; type it as text."),
    "id_unknown": _l("This is no document number that we know. Left empty; compare it with the document."),
    "date_invalid": _l("The date %(raw)s does not exist. Left empty; fill in the date."),
    "area_invalid": _l("%(raw)s is no area. Left empty; fill in square metres, such as 89.47."),
    "area_rounded": _l("%(raw)s has more than two decimals; it was rounded."),
    "inner_area_exceeds_gross": _l("The inner area %(raw)s exceeds the built area. Left empty; correct it."),
    "status_unknown": _l("The state “%(raw)s” is not known. Taken as not known; choose one."),
    "tenant_missing": _l("The room is let, but there is no tenant. Fill in the tenant's name."),
    "room_number_missing": _l("No room number: this row makes nothing. Fill in the room number."),
    "building_missing": _l("No building: this row makes nothing. Fill in the building."),
    "room_number_conflict": _l(
        "%(raw)s contradicts building or unit of this row, so it makes nothing. Correct one."
    ),
    "floor_invalid": _l("%(raw)s is no floor; the room number was taken instead."),
    "share_invalid": _l("%(raw)s is no share. Left empty; write 50%% or 1/2."),
    "share_not_whole": _l("The shares of this room add up to %(raw)s. Left empty; correct them to 100%%."),
    "duplicate_row": _l("The same room and owner as in row %(first_row)s; skipped."),
    "other_owner_on_file": _l(
        "On file this room belongs to %(raw)s. Both will be owners; end the old one if it is sold."
    ),
}


def issue_words(issue: dict[str, Any]) -> str:
    """What is wrong and what to do, in the reader's language."""
    text = _ISSUES.get(issue["code"])
    if text is None:
        return str(_("This needs another look."))
    return str(text) % {"raw": issue["raw"], "first_row": issue["first_row"]}
