"""Opening arrears: upload and look, apply once. Each row becomes a line of kind `opening` against the opening account."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select

from saas.core.actors import Actor
from saas.core.errors import Conflict
from saas.estate.codes import OWNING_ROLES
from saas.estate.importing.cells import name_key
from saas.estate.importing.workbook import UnreadableFile
from saas.estate.models import Community, Occupancy, Room
from saas.estate.queries.places import community_of
from saas.fees.errors import import_not_found, unreadable_list
from saas.fees.models import BillLine, BillLinePart, FeeAssignment, FeeImport, FeeItem, LineBalance
from saas.fees.permissions import ADJUST
from saas.fees.services.ledger import post, posting_date, transfers_for_lines
from saas.fees.services.opening_arrears_rows import (
    ArrearsRow,
    Issue,
    day_in_month,
    month_end,
    read_arrears,
    repeated,
)
from saas.people.models import Person
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

KIND = "arrears"
_BATCH = 500


@dataclass(frozen=True)
class Known:
    """What the database knows of a community, looked up once."""

    rooms: dict[str, Room]
    by_number: dict[str, list[Room]]
    owners: dict[UUID, list[tuple[UUID, str]]]
    items: dict[str, list[FeeItem]]
    assigned: set[tuple[UUID, UUID]] = field(default_factory=set)
    opened: set[tuple[UUID, UUID, date]] = field(default_factory=set)


def upload_arrears(
    uow: UnitOfWork, *, actor: Actor, community_id: UUID, file_name: str, content: bytes
) -> FeeImport:
    """Read a list and say what it would open; nothing is owed yet. The same file again gives the same import."""
    actor.require(ADJUST.code, community_id=community_id)
    community_of(uow, community_id)
    digest = sha256(content).hexdigest()
    before = uow.session.scalar(
        select(FeeImport).where(
            FeeImport.kind == KIND, FeeImport.file_hash == digest, FeeImport.community_id == community_id,
            FeeImport.state != "abandoned",
        )
    )  # fmt: skip
    if before is not None:
        return before
    try:
        read = read_arrears(content)
    except UnreadableFile as error:
        raise unreadable_list(error.code) from error
    rows, issues = _planned(_known(uow, community_id), read.rows, read.columns)
    issues = sorted([*issues, *read.issues], key=lambda issue: issue.row)
    batch = FeeImport(
        kind=KIND, community_id=community_id, file_name=PurePosixPath(file_name.replace("\\", "/")).name[:200],
        file_hash=digest, rows=rows, issues=[issue.as_json() for issue in issues], totals=_totals(rows),
        uploaded_by=actor.user_id, uploaded_by_name=actor.name,
    )  # fmt: skip
    uow.session.add(batch)
    uow.session.flush()
    uow.audit("fees.arrears_uploaded", actor=actor.ref(), subject=("fee_import", batch.id))
    return batch


def apply_arrears(uow: UnitOfWork, *, actor: Actor, import_id: UUID) -> FeeImport:
    """Open the lines of a preview, all in this transaction; again changes nothing.

    What another list opened meanwhile for the same room, item and month is left as it is. Late fees count from now on.
    """
    batch = arrears_import(uow, actor=actor, import_id=import_id, lock=True)
    if batch.state == "applied":
        return batch
    if batch.state != "preview" or batch.community_id is None:
        raise Conflict(_l("This list was given up."), code="import_over", state=batch.state)
    # One list of a community at a time: the second one sees what the first one opened.
    uow.session.execute(
        select(Community.id).where(Community.id == batch.community_id).with_for_update(key_share=True)
    )
    known = _known(uow, batch.community_id)
    day = posting_date(uow)
    items = _items_for(uow, known, batch.rows)
    lines = [line for row in batch.rows if (line := _line(row, batch, items, known, day, actor)) is not None]
    for start in range(0, len(lines), _BATCH):
        _store(uow, lines[start : start + _BATCH], day, actor)
    batch.state, batch.applied_at = "applied", utcnow()
    batch.totals = batch.totals | {
        "opened": len(lines), "opened_minor": sum(line.amount_minor for line in lines)
    }  # fmt: skip
    uow.audit("fees.arrears_applied", actor=actor.ref(), subject=("fee_import", batch.id),
              details={"lines": len(lines), "amount_minor": batch.totals["opened_minor"]})  # fmt: skip
    return batch


def abandon_arrears(uow: UnitOfWork, *, actor: Actor, import_id: UUID) -> FeeImport:
    """Give up a preview."""
    batch = arrears_import(uow, actor=actor, import_id=import_id, lock=True)
    if batch.state != "preview":
        raise Conflict(_l("This list was applied already."), code="import_over", state=batch.state)
    batch.state = "abandoned"
    uow.audit("fees.arrears_abandoned", actor=actor.ref(), subject=("fee_import", batch.id))
    return batch


def arrears_import(uow: UnitOfWork, *, actor: Actor, import_id: UUID, lock: bool = False) -> FeeImport:
    """One list within the actor's scope. Raises NotFound."""
    wanted = select(FeeImport).where(FeeImport.id == import_id, FeeImport.kind == KIND)
    batch = uow.session.scalar(wanted.with_for_update() if lock else wanted)
    actor.require(ADJUST.code)
    if batch is None or not actor.may(ADJUST.code, community_id=batch.community_id):
        raise import_not_found()
    return batch


def _known(uow: UnitOfWork, community_id: UUID) -> Known:
    rooms = uow.session.scalars(select(Room).where(Room.community_id == community_id)).all()
    by_number: dict[str, list[Room]] = {}
    for room in rooms:
        by_number.setdefault(room.number, []).append(room)
    owners: dict[UUID, list[tuple[UUID, str]]] = {}
    held = (
        select(Occupancy.room_id, Person.id, Person.name)
        .join(Person, Person.id == Occupancy.person_id)
        .join(Room, Room.id == Occupancy.room_id)
        .where(Room.community_id == community_id, Occupancy.role.in_(OWNING_ROLES))
        .order_by(Occupancy.ends_on.is_not(None), Occupancy.created_at, Occupancy.id)
    )
    for room_id, person_id, name in uow.session.execute(held):
        owners.setdefault(room_id, []).append((person_id, name))
    items: dict[str, list[FeeItem]] = {}
    in_use = select(FeeItem).where((FeeItem.community_id == community_id) | FeeItem.community_id.is_(None))
    for item in uow.session.scalars(in_use.order_by(FeeItem.id)):
        items.setdefault(_base(item.name), []).append(item)
    assigned = select(FeeAssignment.room_id, FeeAssignment.item_id).where(
        FeeAssignment.community_id == community_id, FeeAssignment.room_id.is_not(None)
    )
    opened = select(BillLine.room_id, BillLine.item_id, BillLine.period_from).where(
        BillLine.community_id == community_id, BillLine.kind == "opening"
    )
    return Known(
        {room.key: room for room in rooms}, by_number, owners, items,
        {(row[0], row[1]) for row in uow.session.execute(assigned) if row[0] is not None},
        {(row[0], row[1], row[2]) for row in uow.session.execute(opened) if row[0] is not None},
    )  # fmt: skip


def _base(name: str) -> str:
    """物业费（高层） and 物业费(商铺) are both 物业费 to whoever kept the old list."""
    return name.replace("(", "（").partition("（")[0].strip()


def _room(known: Known, row: ArrearsRow) -> Room | None:
    number, building, unit = row.place
    if building is not None:
        return known.rooms.get("-".join(part for part in (building, unit, number) if part))
    alike = known.by_number.get(number, [])
    return alike[0] if len(alike) == 1 else None


def _planned(
    known: Known, rows: tuple[ArrearsRow, ...], columns: dict[str, str]
) -> tuple[list[dict[str, Any]], list[Issue]]:
    placed: list[tuple[ArrearsRow, Room]] = []
    issues: list[Issue] = []
    for row in rows:
        room = _room(known, row)
        if room is None:
            issues.append(Issue(row.number, columns["room"], "room_unknown", "reject", row.said_room))
        else:
            placed.append((row, room))
    again = repeated([(row, room.key) for row, room in placed])
    issues += again.values()
    planned = []
    for row, room in placed:
        if row.number in again:
            continue
        item = _item(known, row.item, room)
        if item is not None and (room.id, item.id, row.month) in known.opened:
            issues.append(Issue(row.number, "", "already_open", "skip", "", room.key))
            continue
        planned.append(_plan(known, row, room, item))
    return planned, issues


def _plan(known: Known, row: ArrearsRow, room: Room, item: FeeItem | None) -> dict[str, Any]:
    people = known.owners.get(room.id, [])
    person = next((held for held in people if name_key(held[1]) == name_key(row.name)), None)
    if person is None and not row.name and people:
        person = people[0]
    months = item.cycle_months if item else 1
    return {
        "row": row.number, "room_id": str(room.id), "room": room.key, "building_id": str(room.building_id),
        "item": row.item, "item_id": str(item.id) if item else None, "from": row.month.isoformat(),
        "to": month_end(row.month, months).isoformat(), "minor": row.minor,
        "person_id": str(person[0]) if person else None, "debtor": person[1] if person else row.name or room.key,
        "remark": row.remark[:200],
    }  # fmt: skip


def _item(known: Known, name: str, room: Room) -> FeeItem | None:
    """The item of that name; of several kinds the one assigned to the room, else the one whose name fits a shop or not."""
    alike = known.items.get(_base(name), [])
    exact = [item for item in alike if item.name == name]
    if exact:
        return exact[0]
    assigned = [item for item in alike if (room.id, item.id) in known.assigned]
    fitting = [item for item in alike if ("商" in item.name) == (room.kind == "shop")]
    return next(iter([*assigned, *fitting]), None)


def _totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    by_item: Counter[str] = Counter()
    by_month: Counter[str] = Counter()
    for row in rows:
        by_item[row["item"]] += row["minor"]
        by_month[row["from"][:7]] += row["minor"]
    return {
        "lines": len(rows), "rooms": len({row["room_id"] for row in rows}), "amount_minor": sum(by_item.values()),
        "by_item": dict(by_item), "by_month": dict(by_month),
        "new_items": sorted({row["item"] for row in rows if row["item_id"] is None}),
    }  # fmt: skip


def _items_for(uow: UnitOfWork, known: Known, rows: list[dict[str, Any]]) -> dict[str, FeeItem]:
    """Row's item name or id → item; names that no item has get one of their own, for old debt only."""
    found = {str(item.id): item for alike in known.items.values() for item in alike}
    for name in sorted({row["item"] for row in rows if row["item_id"] is None}):
        same = [item for item in known.items.get(_base(name), []) if item.name == name]
        item = same[0] if same else None
        if item is None:
            item = FeeItem(
                id=new_id(),
                code=f"opening-{new_id().hex[-8:]}",
                name=name,
                pricing="one_off",
                is_active=False,
            )
            uow.session.add(item)
        found[name] = item
    uow.session.flush()
    return found


def _line(
    row: dict[str, Any], batch: FeeImport, items: dict[str, FeeItem], known: Known, day: date, actor: Actor
) -> BillLine | None:
    item = items[row["item_id"] or row["item"]]
    room_id, start, end = UUID(row["room_id"]), date.fromisoformat(row["from"]), date.fromisoformat(row["to"])
    if (room_id, item.id, start) in known.opened:
        return None
    known.opened.add((room_id, item.id, start))
    return BillLine(
        id=new_id(), run_id=None, kind="opening", sequence=0, assignment_id=None, item_id=item.id, object_kind="room",
        object_id=room_id, object_key=row["room"], community_id=batch.community_id,
        building_id=UUID(row["building_id"]), room_id=room_id,
        person_id=UUID(row["person_id"]) if row["person_id"] else None, debtor_name=row["debtor"], period_from=start,
        period_to=end, issue_on=day, due_on=_due(item, start, end), amount_minor=row["minor"], tax_rate=Decimal(0),
        priority=item.priority, corrects_id=None, concession_id=None, reason=row["remark"],
        explanation={"import_id": str(batch.id), "row": row["row"]}, issued_at=utcnow(), issued_by=actor.user_id,
    )  # fmt: skip


def _due(item: FeeItem, start: date, end: date) -> date:
    """When it had been due: in the first month of what is prepaid, in the month after what is postpaid."""
    month = start if item.timing == "prepaid" else end
    return day_in_month(month, item.due_day) if item.due_day else month + timedelta(days=item.due_days)


def _store(uow: UnitOfWork, lines: list[BillLine], day: date, actor: Actor) -> None:
    columns = [column.key for column in BillLine.__mapper__.column_attrs]
    now = utcnow()
    uow.session.execute(insert(BillLine), [{name: getattr(line, name) for name in columns} for line in lines])
    uow.session.execute(
        insert(BillLinePart),
        [
            {
                "line_id": line.id, "position": 0, "label": "opening", "quantity": "1", "unit": "", "price": "",
                "starts_on": line.period_from, "ends_on": line.period_to, "months": "", "detail": {},
                "amount_minor": line.amount_minor,
            }
            for line in lines
        ],
    )  # fmt: skip
    uow.session.execute(
        insert(LineBalance),
        [
            {
                "line_id": line.id, "community_id": line.community_id, "room_id": line.room_id,
                "person_id": line.person_id, "item_id": line.item_id, "due_on": line.due_on, "priority": line.priority,
                "amount_minor": line.amount_minor, "open_minor": line.amount_minor, "state": "open",
                "late_charged_to": day, "is_disputed": False, "void_reason": "", "changed_at": now,
            }
            for line in lines
        ],
    )  # fmt: skip
    post(uow, transfers_for_lines(lines, day, actor_id=actor.user_id))
