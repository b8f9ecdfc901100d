"""What arrears never lead to (Civil Code, article 944): no service is cut, no door stays shut. Nobody can set it so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from saas.core.actors import Actor
from saas.fees.errors import never_cut_off, wrong
from saas.fees.permissions import DUNNING
from saas.fees.preferences import DUNNING_LADDER, DUNNING_STEPS, is_ladder
from tenants import preferences
from tenants.unit_of_work import UnitOfWork

_CUT = re.compile(
    r"water|power|electric|gas|heat|valve|breaker|meter|door|access|gate|elevator|lift|cut|shut|off|lock|block|disable"
    r"|水|电|气|暖|热|阀|闸|门|禁|梯|停|断|关|锁|限",
    re.IGNORECASE,
)


def refuse_cut_off(action: str) -> None:
    """Refuse an automation on arrears that is no reminder. Raises Conflict (never_cut_off)."""
    if action not in DUNNING_STEPS:
        raise never_cut_off(action)


def set_ladder(uow: UnitOfWork, *, actor: Actor, steps: Sequence[Mapping[str, Any]]) -> None:
    """The firm's steps of reminding: [{"after_days": 3, "step": "message"}, …]; message, call and letter only."""
    actor.require(DUNNING.code, everywhere=True)
    for step in steps:
        action = str(step.get("step", ""))
        if action not in DUNNING_STEPS and _CUT.search(action):
            raise never_cut_off(action)
    plain = [{"after_days": step.get("after_days"), "step": step.get("step")} for step in steps]
    if not is_ladder(plain):
        raise wrong("steps", _l("Steps are message, call or letter, each later than the one before."))
    preferences.put(uow, DUNNING_LADDER, plain, actor=actor.ref())
