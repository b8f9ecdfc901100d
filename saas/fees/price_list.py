"""A firm's price list (收费标准) as proposals for fee items: cells of many spellings in, exact figures out. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pypinyin import lazy_pinyin

from saas.estate.importing.cells import Cell, as_date, as_text
from saas.estate.importing.workbook import Sheet

COLUMNS = {
    "name": ("项目", "收费项目", "名称"), "method": ("计费方式", "计算方式"), "price": ("单价", "标准", "收费标准"),
    "cycle": ("周期", "收费周期"), "timing": ("预付/后付", "付费方式"), "due": ("缴费截止日", "截止日"),
    "late": ("违约金日率", "违约金", "滞纳金"), "since": ("生效日期", "执行日期"),
}  # fmt: skip
CYCLES = {"月": 1, "季": 3, "半年": 6, "年": 12}
UNITS = {"area_built": "元/㎡/月", "area_inner": "元/㎡/月", "fixed": "元/户/月"}
_CODES = (
    (r"物业.*高层", "property_high_rise"), (r"物业.*商铺", "property_shop"), (r"物业", "property"), (r"电梯", "lift"),
    (r"公摊.*电", "shared_power"), (r"公摊.*水", "shared_water"), (r"水费", "water"), (r"电费", "power"),
    (r"车位.*管理", "parking_management"), (r"车位.*租", "parking_rent"), (r"装修.*押金", "decoration_deposit"),
)  # fmt: skip
_NUMBER = r"(\d+(?:\.\d+)?)"
_TIER = re.compile(rf"{_NUMBER}\s*[-~至]\s*{_NUMBER}\s*\D{{0,3}}?\s+{_NUMBER}")
_LAST_TIER = re.compile(rf"{_NUMBER}\s*\D{{0,3}}?以上\s*{_NUMBER}")
_PRICED_UNIT = re.compile(rf"{_NUMBER}\s*(元/[^\s，；：:;,起]+)")
_REMARK = re.compile(r"[（(]([^（）()]*)[）)]$")
_FLOOR = re.compile(r"(\d+)\s*[层楼]及?以上")


@dataclass(frozen=True)
class Proposal:
    """One tariff line: the item it belongs to and its price. `issues` say what could not be read."""

    row: int
    code: str
    name: str
    pricing: str
    price: Decimal | None
    unit: str
    cycle_months: int | None
    timing: str
    due_day: int | None
    due_text: str
    late_rate: Decimal | None
    starts_on: date | None
    last_day: date | None = None  # the day before the next price of the item
    tiers: tuple[tuple[Decimal | None, Decimal], ...] = ()
    basis: str = "area"
    meter_kind: str | None = None
    is_deposit: bool = False
    selector: dict[str, Any] = field(default_factory=dict)
    object_kind: str = "room"
    issues: tuple[str, ...] = ()


def read_price_list(sheets: Sequence[Sheet]) -> list[Proposal]:
    """The proposals of the first sheet that has the columns; none when no sheet has them."""
    for sheet in sheets:
        found = _header(sheet)
        if found is not None:
            header, columns = found
            rows = enumerate(sheet.rows[header:], header + 1)
            return _with_ends(
                [_proposal(number, row, columns) for number, row in rows if _is_priced(row, columns)]
            )
    return []


def _header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    for number, row in enumerate(sheet.rows[:20], 1):
        texts = [as_text(cell).replace(" ", "").replace("\n", "") for cell in row]
        columns = {
            name: next(index for index, text in enumerate(texts) if text in words)
            for name, words in COLUMNS.items()
            if any(text in words for text in texts)
        }
        if {"name", "price"} <= set(columns):
            return number, columns
    return None


def _is_priced(row: Sequence[Cell], columns: dict[str, int]) -> bool:
    return bool(_cell(row, columns, "name")) and bool(_cell(row, columns, "price"))


def _cell(row: Sequence[Cell], columns: dict[str, int], name: str) -> str:
    index = columns.get(name)
    return as_text(row[index]) if index is not None and index < len(row) else ""


def _proposal(number: int, row: Sequence[Cell], columns: dict[str, int]) -> Proposal:
    method, price_text = _cell(row, columns, "method"), _cell(row, columns, "price")
    # The name stays as the firm writes it, full-width brackets included.
    written = str(row[columns["name"]]).strip()
    name, remark = _name(written)
    pricing, basis = _pricing(method, name)
    tiers = _tiers(price_text)
    price, unit = _price(price_text)
    cycle = _cell(row, columns, "cycle")
    since, issues = _since(row, columns)
    if price is None:
        issues = (*issues, "price_unreadable")
    return Proposal(
        row=number, code=_code(written), name=name, pricing=pricing, price=price,
        unit=unit or _usual_unit(pricing, name), cycle_months=_cycle(cycle),
        timing="postpaid" if "后" in _cell(row, columns, "timing") else "prepaid",
        due_day=_due_day(_cell(row, columns, "due")), due_text=_cell(row, columns, "due"),
        late_rate=_late_rate(_cell(row, columns, "late")), starts_on=since, tiers=tiers, basis=basis,
        meter_kind=_meter_kind(name) if pricing in ("metered", "shared") else None,
        is_deposit="押金" in name or "保证金" in name, selector=_selector(name, remark),
        object_kind="parking" if "车位" in name else "room", issues=issues,
    )  # fmt: skip


def _name(written: str) -> tuple[str, str]:
    """The name; a remark in brackets that says how or for which floors it is charged is none of it."""
    found = _REMARK.search(written)
    remark = found.group(1) if found else ""
    if found and (_FLOOR.search(remark) or "阶梯" in remark):
        return written[: found.start()].strip(), remark
    return written, remark


def _pricing(method: str, name: str) -> tuple[str, str]:
    if "分摊" in method:
        basis = "household" if "户" in method else "inner_area" if "套内" in method else "area"
        return "shared", basis
    kinds = (
        ("套内", "area_inner"),
        ("面积", "area_built"),
        ("抄表", "metered"),
        ("用量", "metered"),
        ("一次", "one_off"),
    )
    return next((kind for word, kind in kinds if word in method), "fixed"), "area"


def _tiers(text: str) -> tuple[tuple[Decimal | None, Decimal], ...]:
    rungs: list[tuple[Decimal | None, Decimal]] = [
        (Decimal(found.group(2)), Decimal(found.group(3))) for found in _TIER.finditer(text)
    ]
    last = _LAST_TIER.search(text)
    return (*rungs, (None, Decimal(last.group(2)))) if rungs and last else tuple(rungs)


def _price(text: str) -> tuple[Decimal | None, str]:
    found = _PRICED_UNIT.search(text.replace("，", ",").replace("：", ":"))
    if found:
        return Decimal(found.group(1)), found.group(2)
    bare = re.fullmatch(rf"[¥￥]?{_NUMBER}元?", text.replace(",", "").strip())
    return (Decimal(bare.group(1)), "") if bare else (None, "")


def _usual_unit(pricing: str, name: str) -> str:
    return "元/个/月" if "车位" in name else UNITS.get(pricing, "")


def _cycle(text: str) -> int | None:
    if "半年" in text:
        return 6
    return next((months for word, months in CYCLES.items() if word in text), None)


def _due_day(text: str) -> int | None:
    found = re.search(r"(\d{1,2})\s*[日号]", text)
    return int(found.group(1)) if found and 1 <= int(found.group(1)) <= 31 else None


def _late_rate(text: str) -> Decimal | None:
    """0.05% · 0.5‰ · 万分之五 · 0.0005, all the same; None for none."""
    chinese = re.fullmatch(r"(万|千|百)分之([一二三四五六七八九十]|\d+(?:\.\d+)?)", text)
    if chinese:
        digits = "一二三四五六七八九十"
        part = chinese.group(2)
        value = Decimal(digits.index(part) + 1) if part in digits else Decimal(part)
        return value / {"万": 10000, "千": 1000, "百": 100}[chinese.group(1)]
    found = re.fullmatch(rf"{_NUMBER}\s*([%‰]?)", text)
    if not found:
        return None
    return Decimal(found.group(1)) / {"%": 100, "‰": 1000, "": 1}[found.group(2)]


def _since(row: Sequence[Cell], columns: dict[str, int]) -> tuple[date | None, tuple[str, ...]]:
    index = columns.get("since")
    try:
        found = as_date(row[index]) if index is not None and index < len(row) else None
    except ValueError:
        return None, ("date_unreadable",)
    return found, () if found else ("date_missing",)


def _meter_kind(name: str) -> str:
    words = (("热水", "hot_water"), ("水", "water"), ("电", "power"), ("气", "gas"), ("暖", "heat"))
    return next((kind for word, kind in words if word in name), "power")


def _selector(name: str, remark: str) -> dict[str, Any]:
    """Which rooms the words mean; shown to be confirmed."""
    found: dict[str, Any] = {}
    floor = _FLOOR.search(remark)
    if floor:
        found["floor_from"] = int(floor.group(1))
    if "商铺" in name + remark:
        found["kinds"] = ["shop"]
    elif "高层" in name + remark or "电梯" in name:
        found["kinds"] = ["residential"]
    return found


def _code(written: str) -> str:
    known = next((code for pattern, code in _CODES if re.search(pattern, written)), None)
    if known:
        return known
    letters = "".join(part for part in lazy_pinyin(written) if part.isascii() and part.isalnum())
    return letters.lower()[:40] or "item"


def _with_ends(proposals: list[Proposal]) -> list[Proposal]:
    """A price ends the day before the next one of the same item."""
    found = []
    for one in proposals:
        later = [each.starts_on for each in proposals if each.code == one.code and each.starts_on]
        following = min((day for day in later if one.starts_on and day > one.starts_on), default=None)
        found.append(replace(one, last_day=following - timedelta(days=1)) if following else one)
    return found
