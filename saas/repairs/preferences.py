"""What a firm may set about its repairs; each with its default and what it means."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from saas.repairs.catalogue import CATEGORIES, DISPATCH_MODES, PAUSE_REASONS
from tenants import preferences
from tenants.unit_of_work import UnitOfWork

SURE_FROM = "repairs.sure_from_percent"
ACCEPT_MINUTES = "repairs.accept_minutes"
EMERGENCY_ACCEPT_MINUTES = "repairs.emergency_accept_minutes"
OFFERS_BEFORE_ESCALATION = "repairs.offers_before_escalation"
CLOCK_STOPS_FOR = "repairs.clock_stops_for"
AFTER_PHOTO_NEEDED = "repairs.after_photo_needed"
ARRIVAL_PROOF_NEEDED = "repairs.arrival_proof_needed"
RATE_DAYS = "repairs.rate_days"
REOPEN_DAYS = "repairs.reopen_days"
LOW_MARK = "repairs.low_mark"
# Nobody is an expert for "other": a person reads it first.
_MODE_DEFAULTS = {"other": "manual"}


def mode_name(category: str) -> str:
    """Name of the preference that says how orders of a category are dispatched."""
    return f"repairs.mode.{category}"


def declare_preferences() -> None:
    """Declare all of them; the app does it once at start."""
    preferences.declare(
        SURE_FROM,
        int,
        default=60,
        help=_l("Below this certainty the front desk confirms the category, in percent"),
    )
    preferences.declare(
        ACCEPT_MINUTES, int, default=5, help=_l("Minutes a technician has to accept an order")
    )
    preferences.declare(EMERGENCY_ACCEPT_MINUTES, int, default=2, help=_l("Minutes to accept an emergency"))
    preferences.declare(
        OFFERS_BEFORE_ESCALATION, int, default=3, help=_l("So many offers, then the manager is told")
    )
    preferences.declare(
        CLOCK_STOPS_FOR,
        list,
        default=["parts", "absent", "quote", "weather"],
        help=_l("Reasons of a pause that stop the clock"),
        check=lambda listed: set(listed) <= set(PAUSE_REASONS),
    )
    preferences.declare(
        AFTER_PHOTO_NEEDED, bool, default=False, help=_l("An order is finished only with a photo")
    )
    preferences.declare(
        ARRIVAL_PROOF_NEEDED, bool, default=False, help=_l("Arriving needs the place or a QR code")
    )
    preferences.declare(RATE_DAYS, int, default=7, help=_l("Days to rate, then the order closes as unrated"))
    preferences.declare(
        REOPEN_DAYS, int, default=15, help=_l("Days in which a repaired order can be reopened")
    )
    preferences.declare(LOW_MARK, int, default=2, help=_l("A mark this low or lower asks for a call back"))
    for category in CATEGORIES:
        default = _MODE_DEFAULTS.get(category, "auto")
        preferences.declare(
            mode_name(category),
            str,
            default=default,
            help=_l("How orders of this category are dispatched"),
            check=lambda mode: mode in DISPATCH_MODES,
        )


def whole(uow: UnitOfWork, name: str) -> int:
    """A preference that is a whole number."""
    return int(preferences.get(uow, name))


def switched_on(uow: UnitOfWork, name: str) -> bool:
    """A preference that is a switch."""
    return bool(preferences.get(uow, name))


def clock_stops(uow: UnitOfWork, reason: str) -> bool:
    """Whether a pause for this reason stops the clock of the service level."""
    return reason in preferences.get(uow, CLOCK_STOPS_FOR)


def dispatch_mode(uow: UnitOfWork, category: str) -> str:
    """auto, grab or manual."""
    return str(preferences.get(uow, mode_name(category)))
