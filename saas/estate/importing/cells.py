"""What single cells of a Chinese property list mean: text, dates, areas, phones, building and room names."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

Cell = str | float | int | bool | date | datetime | time | timedelta | None

BLANKS = frozenset({"", "/", "//", "无", "-", "--", "—", "——", "暂无", "none", "n/a"})
CENT = Decimal("0.01")
EXCEL_EPOCH = date(1899, 12, 30)
CHINESE_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")}

_SPACES = re.compile(r"\s+")
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_AREA = re.compile(r"^([+-]?[\d,]+(?:\.\d+)?)(?:m2|m²|㎡|平米|平方米|平方|平)?$", re.IGNORECASE)
_DATE = re.compile(r"^(\d{4})[.\-/年](\d{1,2})[.\-/月](\d{1,2})日?(?:[ T].*)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_BUILDING_NUMBER = re.compile(r"^0*(\d{1,4})(?:栋|幢|座|号楼|号|楼|#)?$")
_BUILDING_LETTER = re.compile(r"^([A-Z]{1,2}\d{0,3})(?:栋|幢|座|号楼|楼|区|#)?(.*)$")
_BUILDING_TAIL = re.compile(r"(?:栋|幢|座|号楼|楼)$")
_UNIT = re.compile(r"^0*([A-Z]|\d{1,3})(?:单元|门|梯)?$")
_FLOOR = re.compile(r"^([+-]?\d{1,3})(?:层|楼|f)?$", re.IGNORECASE)
_BASEMENT = re.compile(r"^(?:b|负|地下)(\d{1,2})(?:层|楼|f)?$", re.IGNORECASE)
_ROOM_TAIL = re.compile(r"[室号房户]$")
_ROOM_REFERENCE = re.compile(
    r"^(?P<building>[A-Z0-9一二三四五六七八九十]+?)(?:栋|幢|座|号楼|楼|#|-)"
    r"(?:(?P<unit>[A-Z0-9一二三四五六七八九十]+?)(?:单元|门|-))?(?P<room>[A-Z]?\d+[A-Z]?)[室号房户]?$"
)
_SHOP_REFERENCE = re.compile(r"^商铺([A-Z]\d+)$")


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Half-width, single spaces, trimmed; the square metre sign stays one sign."""
    folded = unicodedata.normalize("NFKC", text.replace("㎡", "\ue000")).replace("\ue000", "㎡")
    return _SPACES.sub(" ", folded).strip()


def as_text(value: Cell) -> str:
    """The cell as a person would read it; an empty text for each way of writing 'nothing'."""
    if value is None:
        return ""
    if isinstance(value, str):
        folded = fold(value)
        return "" if folded.lower() in BLANKS else folded
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def as_name(value: Cell) -> str:
    """A name without the blanks that clerks put between two characters."""
    return _BETWEEN_HAN.sub("", as_text(value))


def name_key(name: str) -> str:
    """The form under which two spellings of one name are equal."""
    return _SPACES.sub("", fold(name)).casefold()


def as_area(value: Cell) -> tuple[Decimal | None, bool]:
    """Square metres with two decimals, and whether the cell held more of them. Raises ValueError."""
    text = as_text(value)
    if not text:
        return None, False
    found = _AREA.match(text.replace(" ", ""))
    if not found:
        raise ValueError(text)
    try:
        exact = Decimal(found.group(1).replace(",", ""))
    except InvalidOperation as error:
        raise ValueError(text) from error
    if exact <= 0 or exact >= 100_000_000:
        raise ValueError(text)
    rounded = exact.quantize(CENT, ROUND_HALF_UP)
    # Excel stores 88.5 as 88.49999999999999 now and then: that is no third decimal.
    return rounded, abs(exact - rounded) > Decimal("0.000001")


def as_date(value: Cell) -> date | None:
    """A calendar date from a date cell, a day number or one of the written forms. Raises ValueError."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 20_000 <= value <= 80_000:
        return EXCEL_EPOCH + timedelta(days=int(value))
    text = as_text(value)
    if not text:
        return None
    found = _DATE.match(text) or _COMPACT_DATE.match(text)
    if not found:
        raise ValueError(text)
    year, month, day = (int(part) for part in found.groups()[:3])
    return date(year, month, day)


def chinese_number(text: str) -> str:
    """'十二' -> '12'; anything else unchanged."""
    if not text or any(c not in CHINESE_DIGITS and c != "十" for c in text):
        return text
    if "十" in text:
        tens, _, ones = text.partition("十")
        return str((CHINESE_DIGITS.get(tens, 1)) * 10 + CHINESE_DIGITS.get(ones, 0))
    return "".join(str(CHINESE_DIGITS[c]) for c in text)


@lru_cache(maxsize=5_000)
def building_key(text: str) -> str:
    """'1栋', '1号楼', '01' -> '1'; 'S1商业街' -> 'S1'; 'A座' -> 'A'; other names stay."""
    name = text.replace(" ", "").upper()
    body = _BUILDING_TAIL.sub("", name)
    name = chinese_number(body) if chinese_number(body) != body else name
    if found := _BUILDING_NUMBER.match(name):
        return found.group(1)
    if found := _BUILDING_LETTER.match(name):
        return found.group(1)
    return body.replace("-", "")[:20]


@lru_cache(maxsize=1_000)
def unit_key(text: str) -> str:
    """'1单元', '01', '一单元' -> '1'; other names stay."""
    name = text.replace(" ", "").upper()
    name = chinese_number(name.removesuffix("单元"))
    found = _UNIT.match(name)
    return found.group(1) if found else name.replace("-", "")[:20]


@lru_cache(maxsize=1_000)
def floor_number(text: str) -> int:
    """'7层', '-1', 'B1', '负一层' -> an int. Raises ValueError."""
    name = text.replace(" ", "")
    if found := _FLOOR.match(name):
        return int(found.group(1))
    tail = name.rstrip("层楼")
    if found := _BASEMENT.match(tail[:1] + chinese_number(tail[1:]) if tail else name):
        return -int(found.group(1))
    if (number := chinese_number(tail)) != tail:
        return int(number)
    raise ValueError(text)


def room_number(text: str) -> tuple[str, str | None, str | None]:
    """(room, building, unit): '101室' -> ('101', None, None); '1-1-101' and '1栋1单元101室' name all three."""
    name = text.replace(" ", "").upper()
    if found := _SHOP_REFERENCE.match(name):
        return found.group(1), None, None
    if found := _ROOM_REFERENCE.match(name):
        unit = found.group("unit")
        return found.group("room"), building_key(found.group("building")), unit_key(unit) if unit else None
    return _ROOM_TAIL.sub("", name)[:20], None, None


def floor_of_room(number: str) -> int | None:
    """The floor that a room number tells: '1203' -> 12, 'S101' -> 1; None when it tells nothing."""
    digits = re.sub(r"\D", "", number)
    return int(digits[:-2]) if 3 <= len(digits) <= 4 else None


def room_key(building: str, unit: str | None, number: str) -> str:
    """'1-1-101', or 'S1-S101' where there is no unit."""
    return "-".join(part for part in (building, unit, number) if part)
