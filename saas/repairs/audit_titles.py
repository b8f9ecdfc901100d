"""How the audit list calls the acts on repair orders: a step by its new state, everything else by name."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from saas.repairs.states import STATES

AUDIT_TITLES: dict[str, Any] = {f"repairs.{code}": term.title for code, term in STATES.items()} | {
    "repairs.submitted": _l("Repair reported"),
    "repairs.add_photo": lazy_pgettext("audit", "Photo added"),
    "repairs.call_back": _l("Resident called back"),
    "repairs.correct_classification": _l("Category or urgency corrected"),
    "repairs.decline": _l("Offer declined"),
    "repairs.join": _l("Joined an open order"),
    "repairs.merge": _l("Orders merged"),
    "repairs.nobody_to_ask": _l("Nobody to ask"),
    "repairs.reveal_contact": lazy_pgettext("audit", "Looked at the caller's number"),
    "repairs.exported": _l("List exported"),
    "repairs.set_level": _l("Service level changed"),
    "repairs.set_mode": _l("Dispatch mode changed"),
}
