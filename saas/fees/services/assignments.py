"""Assignments: single ones, those that rules make, and what a change of owner or tenant does to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select

from saas.core.actors import Actor
from saas.core.errors import NotFound, VersionConflict
from saas.estate.models import Community, Room
from saas.fees.debtors import debtor_spans
from saas.fees.errors import assignment_overlaps, billed_beyond, wrong
from saas.fees.models import BillLine, FeeAssignment, FeeItem, LineBalance
from saas.fees.models.setup import OBJECT_KINDS, PAYERS
from saas.fees.permissions import SETUP
from saas.fees.preferences import DEVELOPER_NAME
from saas.fees.queries.rooms import holders_of_rooms
from saas.fees.services.items import item_by_id
from saas.people.models import Person
from tenants import preferences
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Target:
    """What a charge hangs on. A room needs its id only; other objects bring key, community and perhaps a room."""

    kind: str
    id: UUID
    key: str = ""
    community_id: UUID | None = None
    room_id: UUID | None = None


def assign(
    uow: UnitOfWork,
    *,
    actor: Actor,
    item_id: UUID,
    target: Target,
    starts_on: date,
    ends_on: date | None = None,
    payer: str = "owner",
    person_id: UUID | None = None,
    debtor_name: str = "",
    price: Decimal | None = None,
    facts: Mapping[str, Any] | None = None,
) -> FeeAssignment:
    """One item on one object from a day on, with its debtor. `facts`: weight, coefficient, quantity, escalation …"""
    item = item_by_id(uow, item_id)
    if target.kind not in OBJECT_KINDS or payer not in PAYERS:
        raise wrong("object", _l("Choose one of the list."))
    if ends_on is not None and ends_on <= starts_on:
        raise wrong("ends_on", _l("The end must come after the beginning."))
    placed = place_of(uow, target)
    actor.require(SETUP.code, community_id=placed["community_id"], building_id=placed["building_id"])
    if item.community_id not in (None, placed["community_id"]):
        raise wrong("item_id", _l("This item belongs to another community."))
    if _overlapping(uow, item.id, target.id, starts_on, ends_on):
        raise assignment_overlaps()
    row = FeeAssignment(
        item_id=item.id, object_kind=target.kind, object_id=target.id, payer=payer, starts_on=starts_on,
        ends_on=ends_on, price=price, **placed, **debtor_of(uow, placed, payer, person_id, debtor_name, starts_on),
        **_known(facts or {}),
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    uow.audit("fees.assigned", actor=actor.ref(), subject=("fee_assignment", row.id))
    return row


def end_assignment(
    uow: UnitOfWork,
    *,
    actor: Actor,
    assignment_id: UUID,
    ends_on: date,
    reason: str = "",
    version: int | None = None,
) -> FeeAssignment:
    """The first day on which it no longer holds; not before what was billed."""
    row = assignment_by_id(uow, assignment_id, lock=True)
    actor.require(SETUP.code, community_id=row.community_id, building_id=row.building_id)
    if version is not None and row.version != version:
        raise VersionConflict()
    if ends_on < row.starts_on:
        raise wrong("ends_on", _l("The end must come after the beginning."))
    billed = billed_until(uow, [row.object_id], row.item_id).get(row.object_id)
    if billed is not None and ends_on < billed:
        raise billed_beyond()
    row.ends_on, row.ended_because = ends_on, reason.strip()[:200]
    uow.session.flush()
    uow.audit("fees.assignment_ended", actor=actor.ref(), subject=("fee_assignment", row.id))
    return row


def change_payer(
    uow: UnitOfWork,
    *,
    actor: Actor,
    assignment_id: UUID,
    from_on: date,
    person_id: UUID | None = None,
    debtor_name: str = "",
) -> FeeAssignment:
    """End the assignment and start the same with another debtor: old debt never moves, days are split."""
    old = end_assignment(uow, actor=actor, assignment_id=assignment_id, ends_on=from_on, reason="payer")
    placed = {
        "community_id": old.community_id, "building_id": old.building_id, "room_id": old.room_id,
        "object_key": old.object_key,
    }  # fmt: skip
    payer = "person" if person_id else "text"
    copied = (
        "item_id", "object_kind", "object_id", "weight", "coefficient", "household_size", "price",
        "escalation", "quantity", "attributes", "pool_key", "share_num", "share_den", "group_id",
    )  # fmt: skip
    row = FeeAssignment(
        payer=payer, starts_on=from_on, **placed, **{name: getattr(old, name) for name in copied},
        **debtor_of(uow, placed, payer, person_id, debtor_name, from_on),
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    uow.audit("fees.payer_changed", actor=actor.ref(), subject=("fee_assignment", row.id))
    return row


def assignment_by_id(uow: UnitOfWork, assignment_id: UUID, *, lock: bool = False) -> FeeAssignment:
    """Raises NotFound."""
    statement = select(FeeAssignment).where(FeeAssignment.id == assignment_id)
    row = uow.session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound()
    return row


def billed_until(uow: UnitOfWork, object_ids: list[UUID], item_id: UUID) -> dict[UUID, date]:
    """Object -> the end of what was billed of the item, void lines left out."""
    statement = (
        select(BillLine.object_id, func.max(BillLine.period_to))
        .join(FeeAssignment, FeeAssignment.id == BillLine.assignment_id)
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .where(
            FeeAssignment.item_id == item_id, FeeAssignment.object_id.in_(object_ids),
            BillLine.kind == "charge", LineBalance.state != "void",
        )
        .group_by(BillLine.object_id)
    )  # fmt: skip
    return {row[0]: row[1] for row in uow.session.execute(statement)}


def place_of(uow: UnitOfWork, target: Target) -> dict[str, Any]:
    """Key, community, building and room of a target. Raises NotFound."""
    room_id = target.id if target.kind == "room" else target.room_id
    room = uow.session.get(Room, room_id) if room_id else None
    if room_id and room is None:
        raise NotFound()
    community_id = room.community_id if room else target.community_id
    if community_id is None or uow.session.get(Community, community_id) is None:
        raise NotFound()
    key = room.key if room and target.kind == "room" else target.key.strip()[:80]
    if not key:
        raise wrong("object_key", _l("Please fill this in."))
    return {
        "object_key": key, "community_id": community_id, "building_id": room.building_id if room else None,
        "room_id": room_id,
    }  # fmt: skip


def debtor_of(
    uow: UnitOfWork, placed: Mapping[str, Any], payer: str, person_id: UUID | None, name: str, day: date
) -> dict[str, Any]:
    """Who owes: the person named, the name given, or the owner or tenant of the room on the first day."""
    if payer == "person" or person_id is not None:
        person = uow.session.get(Person, person_id) if person_id else None
        if person is None:
            raise wrong("person_id", _l("There is no such person."))
        return {"person_id": person.id, "debtor_name": name.strip()[:120] or person.name}
    if payer == "text":
        if not name.strip():
            raise wrong("debtor_name", _l("Please fill this in."))
        return {"person_id": None, "debtor_name": name.strip()[:120]}
    nobody = str(preferences.get(uow, DEVELOPER_NAME))
    room_id = placed["room_id"]
    holders = holders_of_rooms(uow, [room_id]).get(room_id, []) if room_id else []
    first = debtor_spans(holders, payer, False, day, None, nobody)[0].debtors[0]
    return {"person_id": first.person_id, "debtor_name": first.name}


FACTS = {"weight", "coefficient", "household_size", "escalation", "quantity", "attributes", "pool_key"}


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(facts) - FACTS)
    if unknown:
        raise wrong(unknown[0], _l("There is no such setting."))
    return {name: value for name, value in facts.items() if value is not None}


def _overlapping(
    uow: UnitOfWork, item_id: UUID, object_id: UUID, starts_on: date, ends_on: date | None
) -> UUID | None:
    """An assignment of the item to the object in these days. The item's row is locked, so that two clerks who
    assign at once come one after the other."""
    uow.session.execute(select(FeeItem.id).where(FeeItem.id == item_id).with_for_update(key_share=True))
    statement = select(FeeAssignment.id).where(
        FeeAssignment.item_id == item_id, FeeAssignment.object_id == object_id,
        or_(FeeAssignment.ends_on.is_(None), FeeAssignment.ends_on > starts_on),
        FeeAssignment.starts_on < (ends_on or date.max),
    )  # fmt: skip
    return uow.session.scalar(statement.limit(1))
