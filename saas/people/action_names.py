"""How the audit list calls the acts of people, and the groups it filters by. Other slices' acts show their code."""

from typing import Any

from flask_babel import lazy_gettext as _l

_TITLES: dict[str, Any] = {
    "people.firm_founded": _l("Firm signed up"),
    "people.logged_in": _l("Signed in"),
    "people.logged_out": _l("Signed out"),
    "people.logged_out_everywhere": _l("Signed out everywhere"),
    "people.session_ended": _l("Signed out another device"),
    "people.password_changed": _l("Changed the password"),
    "people.password_reset": _l("Password reset by the operator"),
    "people.account_invited": _l("Made an invitation"),
    "people.staff_created": _l("Added staff"),
    "people.staff_changed": _l("Changed staff"),
    "people.staff_deactivated": _l("Deactivated staff"),
    "people.staff_reactivated": _l("Reactivated staff"),
    "people.staff_imported": _l("Imported the staff list"),
    "people.person_created": _l("Added a person"),
    "people.person_changed": _l("Changed a person"),
    "people.revealed": _l("Looked at masked data"),
    "preference.changed": _l("Changed a setting"),
}
ACTION_GROUPS: dict[str, Any] = {
    "people.revealed": _l("Unmasking"),
    "people.logged": _l("Sign-ins"),
    "people.staff": _l("Staff"),
    "people.": _l("People and access"),
    "estate.": _l("Rooms"),
    "repairs.": _l("Repairs"),
}


def register_action_titles(titles: dict[str, Any]) -> None:
    """Other slices name their acts for the audit list."""
    _TITLES.update(titles)


def action_title(action: str) -> Any:
    """The act in words; an unnamed one shows its code."""
    return _TITLES.get(action, action)
