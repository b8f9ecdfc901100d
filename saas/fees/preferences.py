"""What a firm may set about its fees; each with its default and what it means."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from tenants import preferences

DEVELOPER_NAME = "fees.developer_name"
OUTLIER_TIMES = "fees.outlier_times"
LATE_FEE_FIRST = "fees.late_fee_first"
REFUND_LIMIT = "fees.refund_limit_minor"
PREPAID_AUTOMATIC = "fees.prepaid_automatic"
PREPAID_LOW = "fees.prepaid_low_minor"


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
        PREPAID_AUTOMATIC, bool, default=True, help=_l("New bills are paid from the prepaid balance by themselves")
    )
    preferences.declare(
        PREPAID_LOW,
        int,
        default=5_000,
        help=_l("Below this prepaid balance (in cents) its owner is told; 0: never"),
        check=lambda minor: minor >= 0,
    )
