"""The built-in roles: their keys and how they are called."""

from typing import Any

from flask_babel import lazy_gettext as _l

ADMINISTRATOR = "administrator"
FRONT_DESK = "front_desk"
FINANCE = "finance"
CASHIER = "cashier"
TECHNICIAN = "technician"
RESIDENT = "resident"

BUILT_IN = (ADMINISTRATOR, FRONT_DESK, FINANCE, CASHIER, TECHNICIAN, RESIDENT)
FOR_STAFF = (ADMINISTRATOR, FRONT_DESK, FINANCE, CASHIER, TECHNICIAN)

ROLE_UNKNOWN = _l("Choose a role from the list.")

_TITLES = {
    ADMINISTRATOR: _l("Administrator"),
    FRONT_DESK: _l("Front desk"),
    FINANCE: _l("Finance"),
    CASHIER: _l("Cashier"),
    TECHNICIAN: _l("Technician"),
    RESIDENT: _l("Resident"),
}
_DESCRIPTIONS = {
    ADMINISTRATOR: _l("May do everything, staff and settings included."),
    FRONT_DESK: _l("Takes reports, dispatches orders, keeps the lists of rooms and residents."),
    FINANCE: _l("Sets prices, prepares and publishes bills, closes days and months, sees every report."),
    CASHIER: _l("Takes payments and deposits at the desk and hands out receipts."),
    TECHNICIAN: _l("Takes orders on the phone and works them off."),
    RESIDENT: _l("Sees the own home, reports repairs and rates them."),
}


def role_title(key_or_name: str) -> Any:
    """The name on screen; a firm's own role shows as it was named."""
    return _TITLES.get(key_or_name, key_or_name)


def role_description(key: str | None) -> Any:
    """One sentence on what the role is for; empty for a firm's own role."""
    return _DESCRIPTIONS.get(key or "", "")
