"""What a firm may set about its fees; each with its default and what it means."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from tenants import preferences

DEVELOPER_NAME = "fees.developer_name"
OUTLIER_TIMES = "fees.outlier_times"
LATE_FEE_FIRST = "fees.late_fee_first"
REFUND_LIMIT = "fees.refund_limit_minor"
PREPAID_AUTOMATIC = "fees.prepaid_automatic"
PREPAID_LOW = "fees.prepaid_low_minor"
READ_BEFORE_DAY = "fees.reading_day_cut"
READING_ALLOWANCE = "fees.reading_allowance"
DUNNING_LADDER = "fees.dunning_ladder"
DUNNING_FROM = "fees.dunning_from_minor"

DUNNING_STEPS = ("message", "call", "letter")


def is_ladder(steps: list[Any]) -> bool:
    """Steps in the order of their days; there is no step but these: nothing is ever cut off."""
    try:
        days = [int(step["after_days"]) for step in steps]
        known = all(step["step"] in DUNNING_STEPS and set(step) == {"after_days", "step"} for step in steps)
    except (KeyError, TypeError, ValueError):
        return False
    return known and days == sorted(set(days)) and all(0 < day <= 3650 for day in days)


def declare_preferences() -> None:
    """Declare all of them; the app does it once at start."""
    preferences.declare(
        DEVELOPER_NAME,
        str,
        default="开发商",
        help=_l("Who owes for rooms without an owner on file"),
        check=lambda name: bool(name.strip()),
    )
    preferences.declare(
        OUTLIER_TIMES,
        int,
        default=2,
        help=_l("A bill so many times that of the period before is shown as unusual"),
        check=lambda times: times >= 1,
    )
    preferences.declare(
        LATE_FEE_FIRST, bool, default=False, help=_l("Payments go to late fees before the bills themselves")
    )
    preferences.declare(
        REFUND_LIMIT,
        int,
        default=50_000,
        help=_l("Refunds above this amount (in cents) need a second person"),
        check=lambda minor: minor >= 0,
    )
    preferences.declare(
        PREPAID_AUTOMATIC,
        bool,
        default=True,
        help=_l("New bills are paid from the prepaid balance by themselves"),
    )
    preferences.declare(
        PREPAID_LOW,
        int,
        default=5_000,
        help=_l("Below this prepaid balance (in cents) its owner is told; 0: never"),
        check=lambda minor: minor >= 0,
    )
    preferences.declare(
        READ_BEFORE_DAY,
        int,
        default=0,
        help=_l("Readings up to this day of a month belong to the month before; 0: to their own month"),
        check=lambda day: 0 <= day <= 15,
    )
    preferences.declare(
        READING_ALLOWANCE,
        int,
        default=5,
        help=_l("A use up to so many units is never held as unusual"),
        check=lambda units: units >= 0,
    )
    preferences.declare(
        DUNNING_LADDER,
        list,
        default=[
            {"after_days": 3, "step": "message"},
            {"after_days": 15, "step": "message"},
            {"after_days": 30, "step": "call"},
            {"after_days": 60, "step": "letter"},
        ],
        help=_l("Steps of reminding: days after the due date, and message, call or letter"),
        check=is_ladder,
    )
    preferences.declare(
        DUNNING_FROM,
        int,
        default=100,
        help=_l("Nobody is reminded of less than this amount (in cents)"),
        check=lambda minor: minor >= 1,
    )
