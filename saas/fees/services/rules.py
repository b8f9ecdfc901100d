"""Rules: "all rooms of buildings 1–3", "floor 2 and above". A rule keeps the assignments of its rooms right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.fees.debtors import Debtor, Holder, Span, debtor_spans
from saas.fees.errors import wrong
from saas.fees.models import AssignmentRule, BillLine, Concession, FeeAssignment, FeeItem
from saas.fees.permissions import SETUP
from saas.fees.preferences import DEVELOPER_NAME
from saas.fees.queries.rooms import RoomFacts, holders_of_rooms, rooms_of_selector
from saas.fees.services.assignments import billed_until
from saas.fees.services.items import item_by_id
from tenants import preferences
from tenants.bulk import copy_rows
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

SELECTORS = {
    "community_id", "building_keys", "unit_keys", "floor_from", "floor_to", "kinds", "statuses", "room_ids",
    "pool_by",
}  # fmt: skip


SLICE = 10_000


@dataclass
class Synced:
    """What a rule did, or would do: rooms covered, assignments made, changed and ended, rooms left to others."""

    rooms: int = 0
    made: int = 0
    changed: int = 0
    ended: int = 0
    taken: list[str] = field(default_factory=list)


def create_rule(
    uow: UnitOfWork,
    *,
    actor: Actor,
    item_id: UUID,
    selector: Mapping[str, Any],
    starts_on: date,
    ends_on: date | None = None,
    payer: str = "owner",
    is_split_by_share: bool = False,
    name: str = "",
) -> tuple[AssignmentRule, Synced]:
    """A rule, applied at once."""
    item = item_by_id(uow, item_id)
    _require(actor, selector)
    _check(item, selector, payer, starts_on, ends_on)
    rule = AssignmentRule(
        item_id=item.id, name=name.strip()[:120], selector=_plain(selector), payer=payer,
        is_split_by_share=is_split_by_share, starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip
    uow.session.add(rule)
    uow.session.flush()
    synced = sync_rule(uow, rule)
    uow.audit(
        "fees.rule_created", actor=actor.ref(), subject=("assignment_rule", rule.id),
        details={"rooms": synced.rooms, "made": synced.made},
    )  # fmt: skip
    return rule, synced


def end_rule(uow: UnitOfWork, *, actor: Actor, rule_id: UUID, ends_on: date) -> tuple[AssignmentRule, Synced]:
    """From this day on the rule covers nothing; what was billed beyond stays."""
    rule = _rule(uow, rule_id)
    _require(actor, rule.selector)
    rule.ends_on = max(ends_on, rule.starts_on)
    uow.session.flush()
    uow.audit("fees.rule_ended", actor=actor.ref(), subject=("assignment_rule", rule.id))
    return rule, sync_rule(uow, rule)


def sync_rules_of_room(uow: UnitOfWork, room_id: UUID) -> None:
    """After somebody came or went: end and start the assignments of one room."""
    for rule in uow.session.scalars(select(AssignmentRule).where(AssignmentRule.is_active)):
        sync_rule(uow, rule, only=[room_id])


def sync_all_rules(uow: UnitOfWork, community_id: UUID | None = None) -> Synced:
    """All rules again, such as after an import of rooms and owners."""
    total = Synced()
    for rule in uow.session.scalars(
        select(AssignmentRule).where(AssignmentRule.is_active).order_by(AssignmentRule.id)
    ):
        of = rule.selector.get("community_id")
        if community_id is None or of is None or str(community_id) == of:
            done = sync_rule(uow, rule)
            total.rooms, total.made = total.rooms + done.rooms, total.made + done.made
            total.changed, total.ended = total.changed + done.changed, total.ended + done.ended
    return total


def sync_rule(uow: UnitOfWork, rule: AssignmentRule, *, only: Sequence[UUID] = ()) -> Synced:
    """Make the rule's assignments what they should be; days that were billed never change their debtor.

    The rule's row is locked: two at once come one after the other.
    """
    uow.session.execute(select(AssignmentRule.id).where(AssignmentRule.id == rule.id).with_for_update())
    uow.session.flush()
    selector = dict(rule.selector)
    covered = rooms_of_selector(uow, selector)
    known = _assignments_of_rule(uow, rule.id)
    rooms = {room.id: room for room in covered}
    if only:
        rooms = {room_id: room for room_id, room in rooms.items() if room_id in set(only)}
        known = {room_id: rows for room_id, rows in known.items() if room_id in set(only)}
    touched = list(dict.fromkeys([*rooms, *known]))
    synced = Synced(rooms=len(rooms))
    for first in range(0, len(touched), SLICE):
        _sync_slice(uow, rule, touched[first : first + SLICE], rooms, known, synced)
    return synced


def _sync_slice(
    uow: UnitOfWork,
    rule: AssignmentRule,
    touched: Sequence[UUID],
    rooms: Mapping[UUID, RoomFacts],
    known: Mapping[UUID, list[list[FeeAssignment]]],
    synced: Synced,
) -> None:
    """So many rooms as one statement takes parameters for."""
    taken = _taken_by_others(uow, rule, touched)
    billed = billed_until(uow, list(touched), rule.item_id)
    holders = holders_of_rooms(uow, touched)
    nobody = str(preferences.get(uow, DEVELOPER_NAME))
    pool_by, fresh = str(rule.selector.get("pool_by") or "unit"), list[dict[str, Any]]()
    gone: list[FeeAssignment] = []
    for room_id in touched:
        room = rooms.get(room_id)
        if room is not None and room_id in taken:
            synced.taken.append(room.key)
            continue
        frozen = max(billed.get(room_id, rule.starts_on), rule.starts_on)
        spans = _wanted(rule, holders.get(room_id, []), frozen, nobody) if room is not None else []
        left = _keep_or_end(known.get(room_id, []), spans, frozen, synced, gone)
        if room is not None:
            fresh += [row for span in left for row in _rows(rule, room, span, pool_by)]
    _remove(uow, gone, synced)
    uow.session.flush()
    copy_rows(uow, FeeAssignment, fresh)
    synced.made += len(fresh)


def _wanted(rule: AssignmentRule, holders: Sequence[Holder], frozen: date, nobody: str) -> list[Span]:
    if not rule.is_active or (rule.ends_on is not None and frozen >= rule.ends_on):
        return []
    return debtor_spans(holders, rule.payer, rule.is_split_by_share, frozen, rule.ends_on, nobody)


def _keep_or_end(
    groups: Sequence[list[FeeAssignment]],
    spans: Sequence[Span],
    frozen: date,
    synced: Synced,
    gone: list[FeeAssignment],
) -> list[Span]:
    """Hold what stands against what is wanted; answers the spans that nobody covers yet, and adds to `gone`."""
    left = list(spans)
    for rows in groups:
        first = rows[0]
        reaches = first.ends_on is None or first.ends_on >= frozen
        span = next(
            (
                span for span in left
                if span.key == _key(rows)
                and (first.starts_on == span.start or (span.start == frozen and first.starts_on < frozen and reaches))
            ),
            None,
        )  # fmt: skip
        if span is not None:
            left.remove(span)
            _carry_on(rows, span, synced)
        elif first.starts_on >= frozen:
            gone += rows
        elif reaches and first.ends_on != frozen:
            for row in rows:
                row.ends_on, row.ended_because = frozen, "payer"
            synced.ended += len(rows)
    return left


def _remove(uow: UnitOfWork, rows: Sequence[FeeAssignment], synced: Synced) -> None:
    """Delete; what a bill (void by now) or a discount names stays on file and holds for no day."""
    named = set[UUID]()
    for first in range(0, len(rows), SLICE):
        ids = [row.id for row in rows[first : first + SLICE]]
        for naming in (BillLine.assignment_id, Concession.assignment_id):
            named |= {each for each in uow.session.scalars(select(naming).where(naming.in_(ids))) if each}
    for row in rows:
        if row.id not in named:
            uow.session.delete(row)
        elif row.ends_on == row.starts_on:
            continue
        else:
            row.ends_on, row.ended_because = row.starts_on, "rule"
        synced.ended += 1


def _carry_on(rows: Sequence[FeeAssignment], span: Span, synced: Synced) -> None:
    for row, debtor in zip(rows, span.debtors, strict=True):
        if row.ends_on != span.end or row.debtor_name != debtor.name:
            row.ends_on, row.debtor_name = span.end, debtor.name
            synced.changed += 1


def _key(rows: Sequence[FeeAssignment]) -> tuple[Any, ...]:
    return tuple(
        Debtor(row.person_id, row.debtor_name, Fraction(row.share_num, row.share_den)).key for row in rows
    )


def _rows(rule: AssignmentRule, room: RoomFacts, span: Span, pool_by: str) -> list[dict[str, Any]]:
    now, group = utcnow(), new_id() if len(span.debtors) > 1 else None
    return [
        {
            "id": new_id(), "item_id": rule.item_id, "rule_id": rule.id, "object_kind": "room",
            "object_id": room.id, "object_key": room.key, "community_id": room.community_id,
            "building_id": room.building_id, "room_id": room.id, "payer": rule.payer,
            "person_id": debtor.person_id, "debtor_name": debtor.name, "share_num": debtor.share.numerator,
            "share_den": debtor.share.denominator, "group_id": group, "weight": Decimal(1),
            "coefficient": Decimal(1), "household_size": None, "price": None, "escalation": {},
            "quantity": Decimal(1), "attributes": {}, "pool_key": room.pool_key(pool_by),
            "starts_on": span.start, "ends_on": span.end, "ended_because": "", "version": 1,
            "created_at": now, "updated_at": now,
        }
        for debtor in span.debtors
    ]  # fmt: skip


def _assignments_of_rule(uow: UnitOfWork, rule_id: UUID) -> dict[UUID, list[list[FeeAssignment]]]:
    """Room -> the rule's assignments, co-owners of one share group together, oldest first."""
    statement = (
        select(FeeAssignment)
        .where(FeeAssignment.rule_id == rule_id)
        .order_by(FeeAssignment.object_id, FeeAssignment.starts_on, FeeAssignment.id)
    )
    found: dict[UUID, dict[UUID, list[FeeAssignment]]] = {}
    for row in uow.session.scalars(statement):
        found.setdefault(row.object_id, {}).setdefault(row.group_id or row.id, []).append(row)
    return {room_id: list(groups.values()) for room_id, groups in found.items()}


def _taken_by_others(uow: UnitOfWork, rule: AssignmentRule, room_ids: Sequence[UUID]) -> set[UUID]:
    """Rooms to which the item is assigned singly or by another rule in the rule's days."""
    statement = select(FeeAssignment.object_id).where(
        FeeAssignment.item_id == rule.item_id, FeeAssignment.object_id.in_(room_ids),
        FeeAssignment.rule_id.is_distinct_from(rule.id),
        or_(FeeAssignment.ends_on.is_(None), FeeAssignment.ends_on > rule.starts_on),
        FeeAssignment.starts_on < (rule.ends_on or date.max),
    )  # fmt: skip
    return set(uow.session.scalars(statement))


def _require(actor: Actor, selector: Mapping[str, Any]) -> None:
    community_id = selector.get("community_id")
    if community_id:
        actor.require(SETUP.code, community_id=UUID(str(community_id)))
    else:
        actor.require(SETUP.code, everywhere=True)


def _check(
    item: FeeItem, selector: Mapping[str, Any], payer: str, starts_on: date, ends_on: date | None
) -> None:
    unknown = sorted(set(selector) - SELECTORS)
    if unknown:
        raise wrong("selector", _l("There is no such condition."))
    if payer not in ("owner", "tenant"):
        raise wrong("payer", _l("Choose one of the list."))
    if ends_on is not None and ends_on <= starts_on:
        raise wrong("ends_on", _l("The end must come after the beginning."))
    if item.community_id is not None and str(selector.get("community_id") or "") != str(item.community_id):
        raise wrong("selector", _l("This item belongs to one community; limit the rule to it."))


def _plain(selector: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value)
        if isinstance(value, UUID)
        else [str(each) for each in value]
        if isinstance(value, (list, tuple))
        else value
        for name, value in selector.items()
        if value not in (None, [], "")
    }


def _rule(uow: UnitOfWork, rule_id: UUID) -> AssignmentRule:
    rule = uow.session.scalar(select(AssignmentRule).where(AssignmentRule.id == rule_id).with_for_update())
    if rule is None:
        raise NotFound()
    return rule
