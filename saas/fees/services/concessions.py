"""Discounts on lines to come: asked for with a reason and proof, decided by a second person, ended or expired."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.estate.models import Room
from saas.estate.queries import community_of
from saas.fees.errors import already_decided, second_person_needed, wrong
from saas.fees.models import Concession, FeeAssignment
from saas.fees.permissions import CONCEDE, CONCEDE_APPROVE
from saas.fees.services.items import item_by_id
from tenants.clock import utcnow
from tenants.unit_of_work import UnitOfWork

KINDS = ("rate", "amount", "free_months", "vacancy", "early")
FACTS = {
    "name", "value", "amount_minor", "cap_minor", "early_days", "priority", "is_exclusive", "starts_on",
    "ends_on", "reason", "proof_key",
}  # fmt: skip


def request_discount(
    uow: UnitOfWork,
    *,
    actor: Actor,
    kind: str,
    item_id: UUID | None = None,
    assignment_id: UUID | None = None,
    room_id: UUID | None = None,
    community_id: UUID | None = None,
    **facts: Any,
) -> Concession:
    """Ask for a discount. It changes nothing until a second person approves it."""
    place = _place(uow, assignment_id, room_id, community_id)
    if place["community_id"] is None:
        actor.require(CONCEDE.code, everywhere=True)
    else:
        actor.require(CONCEDE.code, community_id=place["community_id"], building_id=place["building_id"])
    if item_id is not None:
        item_by_id(uow, item_id)
    _check(kind, facts)
    row = Concession(
        kind=kind, item_id=item_id, assignment_id=assignment_id, room_id=room_id,
        community_id=place["community_id"], requested_by=actor.user_id, requested_by_name=actor.name, **facts,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    uow.audit(
        "fees.discount_requested", actor=actor.ref(), subject=("concession", row.id), details={"kind": kind}
    )
    return row


def decide_discount(
    uow: UnitOfWork, *, actor: Actor, concession_id: UUID, approve: bool, note: str = ""
) -> Concession:
    """Approve or reject; never by the one who asked."""
    row = _held(uow, actor, concession_id, CONCEDE_APPROVE.code)
    if row.state != "requested":
        raise already_decided()
    if row.requested_by is not None and row.requested_by == actor.user_id:
        raise second_person_needed()
    if approve and row.kind == "vacancy" and row.proof_key is None:
        raise wrong("proof_key", _l("Attach the proof first."))
    row.state = "approved" if approve else "rejected"
    row.decided_by, row.decided_by_name, row.decided_at = actor.user_id, actor.name, utcnow()
    row.decision_note = note.strip()[:200]
    uow.session.flush()
    uow.audit(
        "fees.discount_decided",
        actor=actor.ref(),
        subject=("concession", row.id),
        details={"state": row.state},
    )
    return row


def end_discount(uow: UnitOfWork, *, actor: Actor, concession_id: UUID, ends_on: date) -> Concession:
    """The first day on which it no longer holds."""
    row = _held(uow, actor, concession_id, CONCEDE_APPROVE.code)
    if row.starts_on is not None and ends_on <= row.starts_on:
        row.state = "ended"
    else:
        row.ends_on = ends_on
    uow.session.flush()
    uow.audit("fees.discount_ended", actor=actor.ref(), subject=("concession", row.id))
    return row


def _held(uow: UnitOfWork, actor: Actor, concession_id: UUID, permission: str) -> Concession:
    row = uow.session.scalar(select(Concession).where(Concession.id == concession_id).with_for_update())
    if row is None or row.kind not in KINDS:
        raise NotFound()
    if row.community_id is None:
        actor.require(permission, everywhere=True)
    else:
        actor.require(permission, community_id=row.community_id)
    return row


def _place(
    uow: UnitOfWork, assignment_id: UUID | None, room_id: UUID | None, community_id: UUID | None
) -> dict[str, UUID | None]:
    found: Any = None
    if community_id is not None:
        community_of(uow, community_id)
    if room_id is not None and uow.session.get(Room, room_id) is None:
        raise NotFound()
    if assignment_id is not None:
        found = uow.session.get(FeeAssignment, assignment_id)
    elif room_id is not None:
        found = uow.session.get(Room, room_id)
    else:
        return {"community_id": community_id, "building_id": None}
    if found is None:
        raise NotFound()
    return {"community_id": found.community_id, "building_id": found.building_id}


def _check(kind: str, facts: Mapping[str, Any]) -> None:
    if kind not in KINDS:
        raise wrong("kind", _l("Choose one of the list."))
    unknown = sorted(set(facts) - FACTS)
    if unknown:
        raise wrong(unknown[0], _l("There is no such setting."))
    if not str(facts.get("reason", "")).strip():
        raise wrong("reason", _l("Say why."))
    value, amount = facts.get("value"), facts.get("amount_minor")
    if kind in ("rate", "vacancy", "early") and not (value is not None and 0 < Decimal(value) <= 1):
        raise wrong("value", _l("Write the part taken off as a fraction, such as 0.1 for 10 %."))
    if kind == "free_months" and not (value is not None and 1 <= Decimal(value) <= 120):
        raise wrong("value", _l("Write how many months are free."))
    if kind == "amount" and not (amount is not None and amount > 0):
        raise wrong("amount_minor", _l("Enter the amount taken off each bill."))
