"""The numbers and switches by which a firm runs its repairs, set together from one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from saas.core.actors import Actor
from saas.core.errors import InvalidInput
from saas.repairs import preferences as pref
from saas.repairs.catalogue import PAUSE_REASONS
from saas.repairs.permissions import LEVELS
from tenants import preferences
from tenants.unit_of_work import UnitOfWork

# Lowest and highest value that makes sense.
NUMBERS: Mapping[str, tuple[int, int]] = {
    pref.ACCEPT_MINUTES: (1, 240),
    pref.EMERGENCY_ACCEPT_MINUTES: (1, 60),
    pref.OFFERS_BEFORE_ESCALATION: (1, 20),
    pref.SURE_FROM: (0, 100),
    pref.RATE_DAYS: (1, 90),
    pref.REOPEN_DAYS: (0, 365),
    pref.LOW_MARK: (0, 4),
}
SWITCHES = (pref.AFTER_PHOTO_NEEDED, pref.ARRIVAL_PROOF_NEEDED)


def house_rules(uow: UnitOfWork) -> dict[str, Any]:
    """All of them as they stand."""
    return {name: preferences.get(uow, name) for name in (*NUMBERS, *SWITCHES, pref.CLOCK_STOPS_FOR)}


def set_house_rules(uow: UnitOfWork, *, actor: Actor, values: Mapping[str, Any]) -> list[str]:
    """Set what differs and give the names of what was changed; raises InvalidInput with one sentence per field."""
    actor.require(LEVELS.code, everywhere=True)
    wrong = {
        name: [_("Write a whole number from %(low)d to %(high)d.", low=low, high=high)]
        for name, (low, high) in NUMBERS.items()
        if not isinstance(values.get(name), int) or not low <= values[name] <= high
    }
    if set(values.get(pref.CLOCK_STOPS_FOR, ())) - set(PAUSE_REASONS):
        wrong[pref.CLOCK_STOPS_FOR] = [_("Choose from the list.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    known = house_rules(uow)
    changed = [name for name in known if name in values and values[name] != known[name]]
    for name in changed:
        preferences.put(uow, name, values[name], actor=actor.ref())
    return changed
