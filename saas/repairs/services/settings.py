"""What a firm sets about its repairs: service levels per category and urgency, how orders are dispatched."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy.dialects.postgresql import insert

from saas.core.actors import Actor
from saas.core.errors import InvalidInput
from saas.repairs.catalogue import CATEGORIES, DISPATCH_MODES, URGENCIES
from saas.repairs.levels import Level
from saas.repairs.models import ServiceLevel
from saas.repairs.permissions import LEVELS
from saas.repairs.preferences import mode_name
from tenants import clock, preferences
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

LONGEST_MINUTES = 60 * 24 * 90


def set_level(uow: UnitOfWork, *, actor: Actor, level: Level) -> Level:
    """Set the promised minutes of one category and urgency; orders that come in from now on are measured by it."""
    actor.require(LEVELS.code, everywhere=True)
    _check(level)
    now = clock.utcnow()
    values = {
        "respond_minutes": level.respond, "arrive_minutes": level.arrive, "finish_minutes": level.finish,
        "is_round_the_clock": level.round_the_clock, "updated_at": now,
    }  # fmt: skip
    uow.session.execute(
        insert(ServiceLevel)
        .values(id=new_id(), category=level.category, urgency=level.urgency, created_at=now, **values)
        .on_conflict_do_update(index_elements=["category", "urgency"], set_=values)
    )
    details = {"category": level.category, "urgency": level.urgency}
    uow.audit(
        "repairs.set_level", actor=actor.ref(), subject=("tenant", uow.tenant.id),
        fields=("respond", "arrive", "finish", "round_the_clock"), details=details,
    )  # fmt: skip
    return level


def set_mode(uow: UnitOfWork, *, actor: Actor, category: str, mode: str) -> None:
    """Say how orders of a category are dispatched from now on: auto, grab or manual."""
    actor.require(LEVELS.code, everywhere=True)
    if category not in CATEGORIES or mode not in DISPATCH_MODES:
        raise InvalidInput(fields={"mode": [_l("Choose from the list.")]})
    preferences.put(uow, mode_name(category), mode, actor=actor.ref())


def _check(level: Level) -> None:
    wrong = {}
    if level.category not in CATEGORIES:
        wrong["category"] = [_l("Choose a category.")]
    if level.urgency not in URGENCIES:
        wrong["urgency"] = [_l("Choose how urgent it is.")]
    if not 0 < level.respond <= level.arrive <= level.finish <= LONGEST_MINUTES:
        wrong["finish"] = [_l("Responding comes before arriving, and arriving before finishing.")]
    if wrong:
        raise InvalidInput(fields=wrong)
