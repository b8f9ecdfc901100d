"""The list of rooms and owners: rows of cells -> rooms, persons, links and issues."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from saas.estate.importing import cells
from saas.estate.importing.cells import Cell
from saas.estate.importing.headers import Layout
from saas.estate.importing.identity import People, PersonFacts
from saas.people.id_numbers import BadIdNumber, read_id_number
from saas.people.phones import split_phones

REJECT, SKIP, FLAG, WARN = "reject", "skip", "flag", "warn"

STATUSES: dict[str, tuple[str, ...]] = {
    "occupied": ("已入住", "入住", "自住", "居住", "occupied"),
    "rented": ("出租", "已出租", "租赁", "rented", "let"),
    "vacant": ("空置", "空房", "未入住", "闲置", "vacant", "empty"),
    "unsold": ("未售", "未售出", "待售", "unsold"),
    "decorating": ("装修中", "装修", "正在装修", "decorating"),
}
KINDS: dict[str, tuple[str, ...]] = {
    "residential": ("住宅", "公寓", "住房", "residential"),
    "shop": ("商铺", "商业", "店面", "门面", "底商", "shop"),
    "storage": ("储藏室", "储藏间", "地下室", "杂物间", "仓库", "storage"),
    "office": ("办公", "写字楼", "办公室", "office"),
}
_STATUS_OF = {word: code for code, words in STATUSES.items() for word in words}
_KIND_OF = {word: code for code, words in KINDS.items() for word in words}
_TOTAL = re.compile(r"^(合计|总计|小计|共计|total)", re.IGNORECASE)
_SHARE = re.compile(r"^(\d+(?:\.\d+)?)%?$")
_ROOM_FIELDS = ("built_area", "inner_area", "status")
_PLACE_FIELDS = frozenset({"building", "unit", "floor"})


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to tell about a row. `field` is ours, `column` the firm's own header."""

    row: int
    field: str
    column: str
    code: str
    action: str
    raw: str = ""
    first_row: int | None = None


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """One room as the list tells it."""

    building: str
    building_name: str
    unit: str | None
    number: str
    floor: int | None
    kind: str
    status: str
    built_area: Decimal | None
    inner_area: Decimal | None
    handover_on: date | None
    note: str

    @property
    def key(self) -> str:
        """'1-1-101'."""
        return cells.room_key(self.building, self.unit, self.number)


@dataclass(frozen=True, slots=True)
class Link:
    """A person lives in or owns a room; `person` is an index into Roster.people."""

    row: int
    room: str
    person: int
    role: str
    share: Fraction | None
    starts_on: date | None


@dataclass(slots=True)
class Row:
    """What one row of the sheet says after reading; `outcome` is 'room', 'owner', 'skip' or 'reject'."""

    number: int
    outcome: str
    room: str = ""
    owner: PersonFacts | None = None
    tenant: PersonFacts | None = None
    issues: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class Roster:
    """The whole list, read."""

    layout: Layout
    rows: list[Row]
    rooms: dict[str, RoomFacts]
    people: list[PersonFacts]
    links: list[Link]

    @property
    def issues(self) -> list[Issue]:
        """All issues in the order of the rows."""
        return [issue for row in self.rows for issue in row.issues]


@dataclass(slots=True)
class _Place:
    """Where the previous row stood: blank place columns mean the same."""

    building: str = ""
    building_name: str = ""
    unit: str | None = None
    floor: int | None = None
    number: str = ""


@dataclass(slots=True)
class _Reading:
    row: Row
    facts: RoomFacts | None
    share: Fraction | None = None
    starts_on: date | None = None


def data_rows(rows: list[list[Cell]], layout: Layout) -> Iterator[tuple[int, list[Cell]]]:
    """(row number, cells) of the rows that hold data: no title, total, signature or empty row."""
    columns = sorted(layout.mapping.values())
    telling = [column for name, column in layout.mapping.items() if name not in _PLACE_FIELDS]
    for number, row in enumerate(rows[layout.header_row :], start=layout.header_row + 1):
        if not any(cells.as_text(row[column]) for column in telling if column < len(row)):
            continue
        first = next((text for value in row[: columns[-1] + 1] if (text := cells.as_text(value))), "")
        if not _TOTAL.match(first):
            yield number, row


def read_roster(rows: list[tuple[int, list[Cell]]], layout: Layout) -> Roster:
    """Read the data rows of one list."""
    reader = _RowReader(layout)
    readings = [reader.read(number, row) for number, row in rows]
    rooms: dict[str, RoomFacts] = {}
    for reading in readings:
        if reading.facts:
            rooms.setdefault(reading.facts.key, reading.facts)
    people, links = _link(readings, rooms, layout)
    return Roster(layout, [reading.row for reading in readings], rooms, people, links)


def _link(
    readings: list[_Reading], rooms: dict[str, RoomFacts], layout: Layout
) -> tuple[list[PersonFacts], list[Link]]:
    """Join rows to persons (sound documents first) and persons to rooms."""
    people = People()
    for reading in readings:
        if reading.row.outcome != REJECT and reading.row.owner and reading.row.owner.id_number:
            people.place(reading.row.owner)
    links: list[Link] = []
    owners: dict[str, dict[int, int]] = {}
    first_rows: dict[str, int] = {}
    for reading in readings:
        row = reading.row
        if row.outcome == REJECT:
            continue
        seen = owners.setdefault(row.room, {})
        repeated = row.room in first_rows
        first_rows.setdefault(row.room, row.number)
        owner = people.place(row.owner) if row.owner else None
        if repeated and (owner is None or owner in seen):
            row.outcome = SKIP
            first = seen.get(owner, first_rows[row.room]) if owner is not None else first_rows[row.room]
            row.issues = [Issue(row.number, "", "", "duplicate_row", SKIP, first_row=first)]
            continue
        if owner is not None:
            role = "owner" if not seen else "co_owner"
            starts_on = reading.starts_on or rooms[row.room].handover_on
            links.append(Link(row.number, row.room, owner, role, reading.share, starts_on))
            seen[owner] = row.number
        if row.tenant and not repeated:
            links.append(Link(row.number, row.room, people.place(row.tenant), "tenant", None, None))
        row.outcome = "owner" if repeated else "room"
    _check_shares(readings, links, layout)
    return people.facts, links


def _check_shares(readings: list[_Reading], links: list[Link], layout: Layout) -> None:
    """Shares of one room that are given must add up to the whole; else they are all left out and listed."""
    by_room: dict[str, list[int]] = {}
    for index, link in enumerate(links):
        if link.share is not None:
            by_room.setdefault(link.room, []).append(index)
    rows = {reading.row.number: reading.row for reading in readings} if by_room else {}
    for indexes in by_room.values():
        total = sum((links[index].share or Fraction(0) for index in indexes), Fraction(0))
        if total == 1:
            continue
        for index in indexes:
            link = links[index]
            raw = f"{float(total * 100):g}%"
            issue = Issue(link.row, "share", layout.title("share"), "share_not_whole", FLAG, raw)
            rows[link.row].issues.append(issue)
            links[index] = replace(link, share=None)


class _RowReader:
    """Reads rows in order; remembers where the last one stood."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.columns = layout.mapping
        self.place = _Place()
        self.number = 0
        self.cells: list[Cell] = []
        self.issues: list[Issue] = []

    def read(self, number: int, row: list[Cell]) -> _Reading:
        self.number, self.cells, self.issues = number, row, []
        place = self._read_place()
        built, inner = self._read_areas()
        handover = self._read_date("handover_on")
        owner = self._read_owner()
        tenant = self._read_tenant()
        result = Row(number, "room", "", owner, tenant, self.issues)
        if place is None:
            result.outcome = REJECT
            result.issues = [issue for issue in self.issues if issue.action == REJECT]
            return _Reading(result, None)
        continued = not any(cells.as_text(self._cell(name)) for name in _ROOM_FIELDS)
        status = "unknown" if continued else self._read_status(tenant)
        facts = RoomFacts(
            place.building,
            place.building_name,
            place.unit,
            place.number,
            place.floor,
            self._read_kind(place),
            status,
            built,
            inner,
            handover,
            cells.as_text(self._cell("note"))[:500],
        )
        result.room = facts.key
        return _Reading(result, facts, self._read_share(), handover)

    def _cell(self, name: str) -> Cell:
        column = self.columns.get(name)
        return self.cells[column] if column is not None and column < len(self.cells) else None

    def _issue(self, name: str, code: str, action: str, raw: str = "") -> None:
        self.issues.append(Issue(self.number, name, self.layout.title(name), code, action, raw[:100]))

    def _read_place(self) -> _Place | None:
        """Where the row stands; None (with an issue) when nobody could tell."""
        number, said_building, said_unit = cells.room_number(cells.as_text(self._cell("room")))
        building_text = cells.as_text(self._cell("building"))
        building = (
            cells.building_key(building_text) if building_text else said_building or self.place.building
        )
        same = building == self.place.building
        unit_text = cells.as_text(self._cell("unit"))
        unit: str | None = None
        if unit_text:
            unit = cells.unit_key(unit_text)
        elif said_building:
            unit = said_unit
        elif same and not self._says_nothing("unit"):
            unit = self.place.unit
        name = building_text or (self.place.building_name if same else "")
        if not number and self._same_as_above(building, unit):
            return self.place
        floor = self._read_floor(number)
        if not number:
            self._issue("room", "room_number_missing", REJECT)
        elif not building:
            self._issue("building", "building_missing", REJECT)
        elif said_building and (said_building != building or (said_unit and unit and said_unit != unit)):
            self._issue("room", "room_number_conflict", REJECT, cells.as_text(self._cell("room")))
        place = _Place(building, name, unit, floor, number)
        if any(issue.action == REJECT for issue in self.issues):
            self.place = replace(place, number="")
            return None
        self.place = place
        return place

    def _says_nothing(self, name: str) -> bool:
        """A written '/' or 无 is a statement; an empty cell is not."""
        value = self._cell(name)
        return isinstance(value, str) and bool(value.strip()) and not cells.as_text(value)

    def _same_as_above(self, building: str, unit: str | None) -> bool:
        blank = not any(cells.as_text(self._cell(name)) for name in _ROOM_FIELDS)
        here = (building, unit) == (self.place.building, self.place.unit)
        return blank and here and bool(self.place.number) and bool(cells.as_text(self._cell("owner_name")))

    def _read_floor(self, number: str) -> int | None:
        text = cells.as_text(self._cell("floor"))
        if not text:
            return cells.floor_of_room(number)
        try:
            return cells.floor_number(text)
        except ValueError:
            self._issue("floor", "floor_invalid", FLAG, text)
            return cells.floor_of_room(number)

    def _read_areas(self) -> tuple[Decimal | None, Decimal | None]:
        built, inner = self._read_area("built_area"), self._read_area("inner_area")
        if built is not None and inner is not None and inner > built:
            self._issue("inner_area", "inner_area_exceeds_gross", FLAG, str(inner))
            inner = None
        return built, inner

    def _read_area(self, name: str) -> Decimal | None:
        value = self._cell(name)
        try:
            area, was_rounded = cells.as_area(value)
        except ValueError:
            self._issue(name, "area_invalid", FLAG, cells.as_text(value))
            return None
        if was_rounded:
            self._issue(name, "area_rounded", WARN, cells.as_text(value))
        return area

    def _read_date(self, name: str) -> date | None:
        value = self._cell(name)
        try:
            return cells.as_date(value)
        except ValueError:
            self._issue(name, "date_invalid", FLAG, cells.as_text(value))
            return None

    def _read_status(self, tenant: PersonFacts | None) -> str:
        text = cells.as_text(self._cell("status"))
        status = _STATUS_OF.get(text.lower(), "unknown")
        if text and status == "unknown":
            self._issue("status", "status_unknown", FLAG, text)
        if status == "rented" and tenant is None and "tenant_name" in self.columns:
            self._issue("tenant_name", "tenant_missing", FLAG)
        return status

    def _read_kind(self, place: _Place) -> str:
        told = _KIND_OF.get(cells.as_text(self._cell("kind")).lower())
        if told:
            return told
        if place.floor is not None and place.floor < 0:
            return "storage"
        shop = (
            re.match(r"^S\d*$", place.building) or "商" in place.building_name or "铺" in place.building_name
        )
        return "shop" if shop else "residential"

    def _read_phones(self, name: str) -> tuple[str, ...]:
        phones, broken = split_phones(self._cell(name))
        if broken:
            self._issue(name, "phone_invalid", FLAG, " ".join(broken))
        return tuple(phones)

    def _read_owner(self) -> PersonFacts | None:
        name = cells.as_name(self._cell("owner_name"))[:100]
        if not name:
            return None
        phones = self._read_phones("owner_phone")
        found = read_id_number(self._cell("id_number"))
        if isinstance(found, BadIdNumber):
            self._issue("id_number", found.code, FLAG, cells.as_text(self._cell("id_number")))
            found = None
        id_kind, id_number = (found.kind, found.text) if found else (None, None)
        return PersonFacts(name, phones, id_kind, id_number)

    def _read_tenant(self) -> PersonFacts | None:
        name = cells.as_name(self._cell("tenant_name"))[:100]
        return PersonFacts(name, self._read_phones("tenant_phone")) if name else None

    def _read_share(self) -> Fraction | None:
        value = self._cell("share")
        text = cells.as_text(value).replace(" ", "")
        if not text:
            return None
        found = _SHARE.match(text)
        share = Fraction(found.group(1)) if found else None
        if found and share is not None and (text.endswith("%") or share > 1):
            share /= 100
        elif "/" in text and not found:
            top, _, bottom = text.partition("/")
            share = (
                Fraction(int(top), int(bottom))
                if top.isdigit() and bottom.isdigit() and int(bottom)
                else None
            )
        if share is None or not 0 < share <= 1:
            self._issue("share", "share_invalid", FLAG, text)
            return None
        return share
