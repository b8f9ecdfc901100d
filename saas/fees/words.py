"""Codes of drafts in plain words: what is missing and what to do."""

from typing import Any

from flask_babel import lazy_gettext as _l

DRAFT_ERRORS: dict[str, Any] = {
    "missing_built_area": _l(
        "The built area of the room is missing. Enter it at the room, then prepare again."
    ),
    "missing_inner_area": _l(
        "The inner area of the room is missing. Enter it at the room, then prepare again."
    ),
    "missing_reading": _l("There is no meter reading for this period yet."),
    "reading_held": _l("The meter reading looks wrong and waits for review."),
    "missing_meter": _l("The room has no meter of this kind."),
    "missing_pool": _l("What the shared cost came to was not entered for this period."),
    "no_members": _l("Nobody shares this cost: no room has an area or weight above zero."),
    "no_tariff": _l("The item has no price for these days. Enter a tariff that begins earlier."),
    "missing_price": _l("The tariff has no price."),
}
OTHER_ERROR = _l("This bill cannot be worked out. Check item, price and room.")


def draft_error(code: str | None) -> Any:
    """What is wrong with a draft; None for a good one."""
    return None if code is None else DRAFT_ERRORS.get(code, OTHER_ERROR)
