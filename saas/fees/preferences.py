"""What a firm may set about its fees; each with its default and what it means."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from tenants import preferences

DEVELOPER_NAME = "fees.developer_name"
OUTLIER_TIMES = "fees.outlier_times"


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
