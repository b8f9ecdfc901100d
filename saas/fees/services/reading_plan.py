"""What a list of readings would do: meters found or new, swaps, and each reading's verdict before it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.estate.importing.cells import building_key, fold, room_number, unit_key
from saas.estate.models import Building, Room, Unit
from saas.fees.models import Meter
from saas.fees.preferences import READING_ALLOWANCE
from saas.fees.services import reading_judgement as judging
from saas.fees.services.reading_file import FileRow
from saas.fees.services.reading_judgement import Seen, Series, counted, peers_usual
from saas.fees.services.reading_series import load_series
from tenants import clock, preferences
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

CODES = {
    "missing": "reading_missing", "negative": "reading_below_previous", "implausible": "reading_suspicious",
    "duplicate": "reading_duplicate", "future": "reading_future", "before_installation": "before_installation",
    "after_removal": "after_removal", "out_of_register": "out_of_register",
    "unknown_register": "unknown_register",
}  # fmt: skip
Peers = dict[tuple[str, Decimal], Fraction | None]


@dataclass
class Planned:
    """A row with what becomes of it: action accept, hold, skip or reject."""

    row: FileRow
    action: str = "accept"
    meter_id: UUID | None = None
    room_id: UUID | None = None
    building_id: UUID | None = None
    pool_key: str | None = None
    is_new: bool = False
    usage: Decimal | None = None
    swapped_by: FileRow | None = None  # the row of the meter that took this one's place


@dataclass
class Plan:
    """All rows, what is worth saying about them, and what is usual among them."""

    rows: list[Planned]
    issues: list[dict[str, Any]] = field(default_factory=list)
    peers: Peers = field(default_factory=dict)

    def totals(self) -> dict[str, Any]:
        """Counts, and the usage by kind of meter as it would be billed."""
        used: dict[str, Decimal] = {}
        for each in self.rows:
            if each.action == "accept" and each.usage is not None:
                used[each.row.kind] = used.get(each.row.kind, Decimal(0)) + each.usage
        actions = [each.action for each in self.rows]
        return {
            "rows": len(self.rows),
            "accepted": actions.count("accept"),
            "held": actions.count("hold"),
            "skipped": actions.count("skip"),
            "rejected": actions.count("reject"),
            "new_meters": len({each.row.number for each in self.rows if each.is_new}),
            "swaps": sum(1 for each in self.rows if each.swapped_by),
            "zero_use": sum(1 for each in self.rows if each.action == "accept" and each.usage == 0),
            "usage": {kind: _plain(amount) for kind, amount in sorted(used.items())},
        }


def make_plan(uow: UnitOfWork, community_id: UUID, rows: Sequence[FileRow]) -> Plan:
    """Look at every row as applying would."""
    planned = [Planned(row) for row in rows]
    plan = Plan(planned, peers=_peers(rows))
    known = _known_meters(uow, rows)
    places = Places(uow, community_id)
    first: dict[tuple[Any, ...], int] = {}
    for each in planned:
        _place(each, plan, places, known, first, community_id)
    _find_swaps(plan)
    _judge(uow, plan, known)
    plan.issues.sort(key=lambda issue: issue["row"])
    return plan


class Places:
    """Rooms of a community by the ways they are written, and its entrances for meters of pools."""

    def __init__(self, uow: UnitOfWork, community_id: UUID) -> None:
        rooms = select(Room.id, Room.building_id, Room.key, Room.number).where(
            Room.community_id == community_id
        )
        self._keys: dict[str, tuple[UUID, UUID]] = {}
        self._numbers: dict[str, list[tuple[UUID, UUID]]] = {}
        for room_id, building_id, key, number in uow.session.execute(rows_of(rooms)):
            self._keys[key.upper()] = (room_id, building_id)
            self._numbers.setdefault(number.upper(), []).append((room_id, building_id))
        buildings = select(Building.key, Building.id).where(Building.community_id == community_id)
        self._buildings: dict[str, UUID] = {row.key: row.id for row in uow.session.execute(buildings)}
        units = (
            select(Building.key, Unit.key)
            .join(Building, Building.id == Unit.building_id)
            .where(Building.community_id == community_id)
        )
        self._units = {tuple(row) for row in uow.session.execute(units)}

    def room(self, text: str) -> tuple[UUID, UUID] | None:
        """(room, building) by '1-1-101', '1栋1单元101室', '商铺S101' or a number that only one room has."""
        number, building, unit = room_number(fold(text))
        if building:
            return self._keys.get("-".join(part for part in (building, unit, number) if part))
        found = self._numbers.get(number, [])
        return found[0] if len(found) == 1 else None

    def pool(self, text: str) -> tuple[str, UUID | None] | None:
        """(pool, building) of a meter that belongs to no room: '1-1-公共照明' is of the pool 1-1."""
        parts = fold(text).split("-")
        building = building_key(parts[0])
        if building not in self._buildings:
            return ("all", None) if parts[0] and not any(c.isdigit() for c in text) else None
        if len(parts) > 2 and (building, unit_key(parts[1])) in self._units:
            return f"{building}-{unit_key(parts[1])}", self._buildings[building]
        if len(parts) == 2 and not parts[1].isdigit():
            return building, self._buildings[building]
        return None


def rows_of(statement: Any) -> Any:
    """Plain tuples, read once."""
    return statement.execution_options(yield_per=2_000)


def _known_meters(uow: UnitOfWork, rows: Sequence[FileRow]) -> dict[str, Meter]:
    numbers = {row.number for row in rows if row.number}
    return {
        meter.number: meter for meter in uow.session.scalars(select(Meter).where(Meter.number.in_(numbers)))
    }


def _place(
    each: Planned,
    plan: Plan,
    places: Places,
    known: dict[str, Meter],
    first: dict[tuple[Any, ...], int],
    community_id: UUID,
) -> None:
    row = each.row
    if row.problem:
        _say(plan, each, "reject", row.problem, row.column)
        return
    same = (row.number, row.register, row.read_on, row.current)
    if same in first:
        _say(plan, each, "skip", "duplicate_row", "", first_row=first[same])
        return
    first[same] = row.row
    meter = known.get(row.number)
    if meter is not None:
        _note_known(each, plan, meter, community_id)
        return
    room = places.room(row.place)
    pool = None if room else places.pool(row.place)
    if room is None and pool is None:
        _say(plan, each, "reject", "room_unknown", "place", raw=row.place)
    elif row.kind == "unnamed":
        _say(plan, each, "reject", "kind_unknown", "kind")
    elif room:
        each.room_id, each.building_id, each.is_new = *room, True
    elif pool:
        each.pool_key, each.building_id, each.is_new = *pool, True


def _note_known(each: Planned, plan: Plan, meter: Meter, community_id: UUID) -> None:
    if meter.community_id != community_id:
        _say(plan, each, "reject", "meter_elsewhere", "number")
        return
    each.meter_id, each.room_id, each.pool_key = meter.id, meter.room_id, meter.pool_key
    if each.row.multiplier is not None and each.row.multiplier != meter.multiplier:
        _say(plan, each, None, "multiplier_differs", "multiplier", kept=_plain(meter.multiplier))


def _find_swaps(plan: Plan) -> None:
    """Two new numbers of one kind in one room, the second beginning at 0: the first was taken out."""
    last: dict[tuple[Any, ...], Planned] = {}
    for each in plan.rows:
        if each.action != "accept" or each.room_id is None:
            continue
        key = (each.room_id, each.row.kind, each.row.register)
        before = last.get(key)
        fresh = each.is_new and not each.row.previous
        if before and fresh and before.row.number != each.row.number and not before.swapped_by:
            before.swapped_by = each.row
        last[key] = each


def _judge(uow: UnitOfWork, plan: Plan, known: dict[str, Meter]) -> None:
    series = _series(uow, plan, known)
    today = clock.business_date(uow.tenant.time_zone)
    alive = [each for each in plan.rows if each.action == "accept"]
    for each in sorted(alive, key=lambda one: (one.row.read_on or date.min, one.row.row)):
        row = each.row
        own = series[row.number, row.register]
        assert row.read_on is not None
        before = own.value_before(row.read_on)
        if any((old.read_on, old.value) == (row.read_on, row.current) for old in own.accepted):
            _say(plan, each, "skip", "reading_known", "")
            continue
        if before is not None and row.previous is not None and before != row.previous:
            _say(plan, each, None, "previous_differs", "previous", kept=_plain(before))
        verdict = own.judge(Seen(new_id(), row.current, row.read_on), today)
        each.usage = verdict.usage
        if verdict.state == "held":
            likely = {"likely": _plain(verdict.likely)} if verdict.likely is not None else {}
            _say(plan, each, "hold", CODES[verdict.reason or ""], "current", **likely)
        elif verdict.rolled_over:
            _say(plan, each, "accept", "rollover", "current", consumption=_plain(verdict.usage))
    _say_swaps(plan)


def _say_swaps(plan: Plan) -> None:
    by_row = {each.row.row: each for each in plan.rows}
    for each in [one for one in plan.rows if one.swapped_by]:
        assert each.swapped_by is not None
        other = by_row[each.swapped_by.row]
        both = (each.usage or Decimal(0)) + (other.usage or Decimal(0))
        rows = [each.row.row, other.row.row]
        _say(plan, each, None, "meter_swap", "current", rows=rows, consumption=_plain(both), raw="")
        plan.issues[-1]["action"] = "accept"


def _series(uow: UnitOfWork, plan: Plan, known: dict[str, Meter]) -> dict[tuple[str, str], Series]:
    alive = [each.row for each in plan.rows if each.action == "accept"]
    wanted = {(known[row.number].id, row.register) for row in alive if row.number in known}
    loaded = load_series(uow, wanted, plan.peers)
    allowance = Fraction(int(preferences.get(uow, READING_ALLOWANCE)))
    found: dict[tuple[str, str], Series] = {}
    for row in alive:
        if row.number in known:
            found[row.number, row.register] = loaded[known[row.number].id, row.register]
        elif (row.number, row.register) not in found:
            multiplier = row.multiplier or Decimal(1)
            initial = {} if row.previous is None else {row.register: str(row.previous)}
            meter = judging.Meter(
                new_id(), row.kind, row.digits, multiplier, (row.register,), initial=initial
            )
            peers = plan.peers.get((row.kind, multiplier))
            found[row.number, row.register] = Series(meter, row.register, [], peers, allowance)
    return found


def _peers(rows: Sequence[FileRow]) -> Peers:
    used: dict[tuple[str, Decimal], list[Fraction]] = {}
    for row in rows:
        if row.problem is None and row.previous is not None and row.current is not None:
            usage = counted(row.previous, row.current, row.digits)
            if usage is not None:
                used.setdefault((row.kind, row.multiplier or Decimal(1)), []).append(usage)
    return {kin: peers_usual(usages) for kin, usages in used.items()}


def _say(plan: Plan, each: Planned, action: str | None, code: str, column: str, **more: Any) -> None:
    if action:
        each.action = action
    issue = {"row": each.row.row, "column": column, "code": code, "action": action or "warn"}
    plan.issues.append({**issue, "raw": each.row.raw, "place": each.row.place, **more})


def _plain(value: Decimal | None) -> str | None:
    if value is None:
        return None
    return format(value.normalize(), "f") if value == value.to_integral_value() else str(value.normalize())
