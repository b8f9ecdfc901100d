"""The list of old arrears (历史欠费) → rows: who owes what for which month, and what is wrong with a row. No database."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from saas.estate.importing.cells import Cell, as_name, as_text, room_number
from saas.estate.importing.workbook import Sheet, UnreadableFile, read_workbook

COLUMNS = {
    "room": ("房号", "房间号", "房屋", "room"),
    "name": ("业主", "业主姓名", "姓名", "owner"),
    "item": ("收费项目", "项目", "费用项目", "item"),
    "period": ("账期", "费用月份", "所属月份", "月份", "period"),
    "amount": ("欠费金额(元)", "欠费金额", "欠费", "金额(元)", "金额", "amount"),
    "remark": ("备注", "说明", "remark"),
}
REQUIRED = ("room", "item", "period", "amount")
_HEADER_ROWS = 15
_TOTALS = ("小计", "合计", "总计", "本页合计")
_PERIOD = re.compile(r"^(\d{4})[-./年]?(\d{1,2})(?:月份?)?(?:[-./]\d{1,2})?$")


@dataclass(frozen=True)
class Issue:
    """What is wrong with one cell; `action` as in the data README: reject, skip, warn."""

    row: int
    column: str
    code: str
    action: str
    raw: str = ""
    room: str = ""
    first_row: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class ArrearsRow:
    """One readable row. `place`: room number, building, unit as said; minor > 0."""

    number: int
    said_room: str
    place: tuple[str, str | None, str | None]
    name: str
    item: str
    month: date
    minor: int
    remark: str


@dataclass(frozen=True)
class ArrearsList:
    """What a file holds."""

    rows: tuple[ArrearsRow, ...]
    issues: tuple[Issue, ...]
    columns: dict[str, str]


def read_arrears(content: bytes) -> ArrearsList:
    """Read the first sheet that looks like such a list. Raises UnreadableFile."""
    for sheet in read_workbook(content):
        found = _header(sheet)
        if found:
            return _read(sheet, *found)
    raise UnreadableFile("columns_missing")


def month_end(month: date, months: int) -> date:
    """The first day after so many months."""
    year, following = divmod(month.year * 12 + month.month - 1 + months, 12)
    return date(year, following + 1, 1)


def day_in_month(month: date, day: int) -> date:
    """A day of a month, the last one where it has fewer."""
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def _header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    for number, cells in enumerate(sheet.rows[:_HEADER_ROWS]):
        words = [as_text(cell).replace(" ", "").replace("\n", "") for cell in cells]
        places = {
            name: next((words.index(word) for word in accepted if word in words), -1)
            for name, accepted in COLUMNS.items()
        }
        if all(places[name] >= 0 for name in REQUIRED):
            return number, {name: place for name, place in places.items() if place >= 0}
    return None


def _read(sheet: Sheet, header: int, places: dict[str, int]) -> ArrearsList:
    titles = {name: as_text(sheet.rows[header][place]).replace(" ", "") for name, place in places.items()}
    rows: list[ArrearsRow] = []
    issues: list[Issue] = []
    for number, cells in enumerate(sheet.rows[header + 1 :], header + 2):
        texts = [as_text(cell) for cell in cells]
        if not any(texts) or any(text.replace(" ", "") in _TOTALS for text in texts):
            continue
        taken = {name: cells[place] if place < len(cells) else None for name, place in places.items()}
        row = _row(number, taken, titles)
        if isinstance(row, Issue):
            issues.append(row)
        else:
            rows.append(row)
    return ArrearsList(tuple(rows), tuple(issues), titles)


def _row(number: int, cells: dict[str, Cell], titles: dict[str, str]) -> ArrearsRow | Issue:
    room, item = as_text(cells["room"]), as_name(cells["item"])

    def refused(column: str, code: str) -> Issue:
        cell = cells[column]
        raw = f"{cell:.2f}" if column == "amount" and isinstance(cell, float) else as_text(cell)
        return Issue(number, titles[column], code, "reject", raw, room)

    if not room:
        return refused("room", "room_missing")
    if not item:
        return refused("item", "item_missing")
    month = _month(cells["period"])
    if month is None:
        return refused("period", "period_not_a_month")
    minor = _minor(cells["amount"])
    if minor is None:
        return refused("amount", "amount_not_a_number")
    if minor <= 0:
        return refused("amount", "negative_amount" if minor else "zero_amount")
    name, remark = as_name(cells.get("name")), as_text(cells.get("remark"))
    return ArrearsRow(number, room, room_number(room), name, item, month, minor, remark)


def _month(cell: Cell) -> date | None:
    if isinstance(cell, date):
        return date(cell.year, cell.month, 1)
    found = _PERIOD.match(as_text(cell).replace(" ", ""))
    if not found or not 1 <= int(found.group(2)) <= 12 or not 1990 <= int(found.group(1)) <= 2100:
        return None
    return date(int(found.group(1)), int(found.group(2)), 1)


def _minor(cell: Cell) -> int | None:
    """Fen; None when it is no amount or has parts of a fen."""
    text = as_text(cell).replace(" ", "").replace(",", "").strip("¥￥元")
    try:
        exact = Decimal(text) * 100
    except InvalidOperation:
        return None
    if not exact.is_finite() or abs(exact) >= 10**13:
        return None
    # Excel keeps 210.25 as 210.24999999999997 now and then: that is no part of a fen.
    whole = exact.to_integral_value()
    return int(whole) if abs(exact - whole) < Decimal("0.0001") else None


def repeated(rows: Sequence[tuple[ArrearsRow, str]]) -> dict[int, Issue]:
    """Rows that say the same room, item and month again: skipped when the amount is the same, else refused."""
    first: dict[tuple[str, str, date], ArrearsRow] = {}
    found: dict[int, Issue] = {}
    for row, room in rows:
        before = first.setdefault((room, row.item, row.month), row)
        if before is row:
            continue
        same = before.minor == row.minor
        code, action = ("duplicate_row", "skip") if same else ("conflicting_row", "reject")
        found[row.number] = Issue(row.number, "", code, action, "", room, before.number)
    return found
