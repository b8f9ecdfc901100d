"""What a firm sets: quiet hours and how many e-mails a person gets at most."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l

from tenants import preferences

QUIET_FROM = "notices.quiet_from"
QUIET_TO = "notices.quiet_to"
DAILY_EMAILS = "notices.daily_emails"

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


def _is_clock(value: str) -> bool:
    return _CLOCK.fullmatch(value) is not None


def declare() -> None:
    preferences.declare(
        QUIET_FROM,
        str,
        default="22:00",
        help=_l("No e-mail from this time on, unless urgent"),
        check=_is_clock,
    )
    preferences.declare(
        QUIET_TO, str, default="07:30", help=_l("E-mails go out again from this time"), check=_is_clock
    )
    preferences.declare(
        DAILY_EMAILS,
        int,
        default=30,
        help=_l("At most so many e-mails to one person within 24 hours, urgent ones not counted"),
        check=lambda count: 1 <= count <= 500,
    )
