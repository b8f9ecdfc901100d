"""A list of readings as clerks keep it (GBK or UTF-8, CSV or Excel) -> rows with exact values. No database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from saas.estate.importing.cells import Cell, as_date, as_text, fold
from saas.estate.importing.workbook import Sheet, UnreadableFile, read_workbook

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("表号", "表具编号", "表编号", "水表号", "电表号", "meter", "meter number", "meter no"),
    "place": ("房号", "房间", "房屋", "位置", "安装位置", "room"),
    "kind": ("表类型", "类型", "表类别", "kind", "type"),
    "previous": ("上期读数", "上次读数", "起数", "起码", "上月读数", "previous"),
    "current": ("本期读数", "本次读数", "止数", "止码", "本月读数", "读数", "current", "reading"),
    "multiplier": ("倍率", "倍数", "multiplier"),
    "read_on": ("抄表日期", "抄表时间", "日期", "date"),
    "register": ("寄存器", "费率", "register"),
}
NEEDED = ("number", "current", "read_on")
KINDS: Mapping[str, str] = {
    "冷水表": "water", "水表": "water", "自来水表": "water", "自来水": "water", "水": "water", "water": "water",
    "热水表": "hot_water", "中水表": "water", "hot_water": "hot_water",
    "电表": "power", "电": "power", "power": "power", "electricity": "power",
    "燃气表": "gas", "气表": "gas", "煤气表": "gas", "gas": "gas",
    "热表": "heat", "热量表": "heat", "暖气表": "heat", "heat": "heat",
}  # fmt: skip
DIGITS = 5
_PERIOD = re.compile(r"(20\d{2})\s*[-_.年/]?\s*(0[1-9]|1[0-2]|[1-9](?=月|$|\D))")


@dataclass(frozen=True)
class FileRow:
    """A line of the list. `row` counts from 1, the header included; `problem` is a code that rejects it."""

    row: int
    number: str
    place: str
    kind: str
    previous: Decimal | None
    current: Decimal | None
    multiplier: Decimal | None
    read_on: date | None
    digits: int
    register: str
    raw: str
    problem: str | None = None
    column: str = ""

    def stored(self) -> dict[str, Any]:
        """As JSON keeps it until the list is applied."""
        return {
            name: value if value is None or isinstance(value, int) else str(value)
            for name, value in asdict(self).items()
        }


def row_of(stored: Mapping[str, Any]) -> FileRow:
    """The row that `stored` kept."""
    exact = {
        name: None if stored[name] is None else Decimal(stored[name])
        for name in ("previous", "current", "multiplier")
    }
    day = date.fromisoformat(stored["read_on"]) if stored["read_on"] else None
    return FileRow(**{**stored, **exact, "read_on": day})


def read_readings(content: bytes) -> list[FileRow]:
    """The rows of the first sheet with the columns that are needed. Raises UnreadableFile."""
    sheet, header, columns = _layout(read_workbook(content))
    found = []
    for number, cells in enumerate(sheet.rows[header + 1 :], header + 2):
        picked = {name: cells[at] if at < len(cells) else None for name, at in columns.items()}
        if any(as_text(cell) for cell in picked.values()):
            found.append(_row(number, picked))
    if not found:
        raise UnreadableFile("no_rows")
    return found


def period_in_name(file_name: str) -> date | None:
    """The month that a file's name tells: 抄表_2026-10.csv."""
    found = _PERIOD.search(file_name)
    return date(int(found.group(1)), int(found.group(2)), 1) if found else None


def _layout(sheets: Sequence[Sheet]) -> tuple[Sheet, int, dict[str, int]]:
    for sheet in sheets:
        for at, cells in enumerate(sheet.rows[:20]):
            columns = _columns(cells)
            if all(name in columns for name in NEEDED):
                return sheet, at, columns
    raise UnreadableFile("header_missing")


def _columns(cells: Sequence[Cell]) -> dict[str, int]:
    titles = [fold(str(cell)).replace(" ", "").lower() if cell is not None else "" for cell in cells]
    found = {}
    for name, words in COLUMNS.items():
        wanted = {word.replace(" ", "") for word in words}
        at = next((at for at, title in enumerate(titles) if re.sub(r"[(（].*", "", title) in wanted), None)
        if at is not None:
            found[name] = at
    return found


def _row(number: int, cells: Mapping[str, Cell]) -> FileRow:
    texts = {name: as_text(cell) for name, cell in cells.items()}
    problem, column = (None, "") if texts.get("number") else ("meter_number_missing", "number")
    amounts: dict[str, Decimal | None] = {}
    for name in ("previous", "current", "multiplier"):
        try:
            amounts[name] = _amount(texts.get(name, ""))
        except ValueError:
            amounts[name] = None
            problem, column = problem or f"{name}_invalid", column or name
    day = None
    with suppress(ValueError):
        day = as_date(cells.get("read_on"))
    if day is None:
        problem, column = problem or "date_invalid", column or "read_on"
    if amounts["multiplier"] is not None and amounts["multiplier"] <= 0:
        problem, column = problem or "multiplier_invalid", column or "multiplier"
    word = texts.get("kind", "").replace(" ", "").lower()
    kind = KINDS.get(word, "" if word else "unnamed")
    if not kind:
        problem, column = problem or "kind_unknown", column or "kind"
    digits = max([DIGITS, *(len(texts.get(name, "").split(".")[0]) for name in ("previous", "current"))])
    return FileRow(
        number, texts.get("number", ""), texts.get("place", ""), kind, amounts["previous"], amounts["current"],
        amounts["multiplier"], day, min(digits, 12), texts.get("register") or "total",
        texts.get(column or "current", ""), problem, column,
    )  # fmt: skip


def _amount(text: str) -> Decimal | None:
    plain = text.replace(",", "").replace(" ", "")
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite() or value < 0 or value >= 10**12 or value != round(value, 4):
        raise ValueError(text)
    return value
