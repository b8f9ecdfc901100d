"""Which row is the header, and which column means what: guessed by the words that firms use."""

import re
from dataclasses import dataclass

from saas.estate.importing.cells import Cell, as_text
from saas.estate.importing.workbook import Sheet, UnreadableFile

# field -> words of its header, most telling first. An exact word wins over a contained one.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "building": ("楼栋", "楼号", "栋号", "幢号", "楼栋号", "楼幢", "楼宇", "栋", "幢", "building", "block"),
    "unit": ("单元", "单元号", "unit", "entrance"),
    "floor": ("楼层", "层", "所在层", "层数", "floor"),
    "room": (
        "房号",
        "房间号",
        "室号",
        "房屋编号",
        "房屋",
        "门牌号",
        "户号",
        "房间",
        "room",
        "room no",
        "flat",
    ),
    "built_area": ("建筑面积", "建面", "产权面积", "面积", "built area", "gross area", "area"),
    "inner_area": ("套内面积", "套内建筑面积", "使用面积", "实用面积", "inner area", "net area"),
    "status": ("房屋状态", "房态", "入住状态", "使用状态", "居住状态", "状态", "status"),
    "kind": ("房屋类型", "房屋性质", "用途", "业态", "物业类型", "kind", "use"),
    "owner_name": (
        "业主姓名",
        "业主",
        "产权人",
        "业主名称",
        "户主",
        "户主姓名",
        "姓名",
        "owner",
        "owner name",
    ),
    "owner_phone": (
        "联系电话",
        "业主电话",
        "手机",
        "手机号",
        "手机号码",
        "电话",
        "联系方式",
        "phone",
        "mobile",
        "owner phone",
    ),
    "id_kind": ("证件类型", "证件名称", "id type"),
    "id_number": ("证件号码", "证件号", "身份证号", "身份证号码", "身份证", "id number", "id"),
    "share": ("份额", "产权份额", "占比", "share"),
    "handover_on": ("交房日期", "交付日期", "收房日期", "交房时间", "收楼日期", "handover", "handover date"),
    "tenant_name": ("租户姓名", "租户", "承租人", "租客", "租客姓名", "tenant", "tenant name"),
    "tenant_phone": ("租户电话", "租客电话", "承租人电话", "租户手机", "tenant phone"),
    "note": ("备注", "说明", "note", "notes", "remark"),
}
FIELDS = tuple(SYNONYMS)
REQUIRED = ("room",)
HEADER_SEARCH_ROWS = 25

_BRACKETS = re.compile(r"[（(\[【].*?[)）\]】]")
_TITLE_TAIL = re.compile(
    r"(房屋|业主|住户|房产|房间|物业|商户|信息|及|和|与|台账|清单|名册|名单|登记|表|明细|一览|汇总|档案)+$"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the list stands in its sheet. `header_row` counts from 1; mapping: field -> column from 0."""

    sheet: str
    header_row: int
    mapping: dict[str, int]
    headers: tuple[str, ...]

    def title(self, field: str) -> str:
        """The firm's own name of the column, in one line; empty when the list has none."""
        column = self.mapping.get(field)
        return self.headers[column] if column is not None and column < len(self.headers) else ""


def header_text(value: Cell) -> str:
    """'建筑面积\\n(㎡)' -> '建筑面积(㎡)'."""
    return as_text(value).replace("（", "(").replace("）", ")").replace("\n", "").replace(" (", "(")


def guess_field(header: str) -> str | None:
    """The field that a header names, if any."""
    word = _BRACKETS.sub("", header).replace(" ", "").replace("*", "").lower()
    if not word:
        return None
    for field, words in SYNONYMS.items():
        if word in (known.replace(" ", "") for known in words):
            return field
    for prefix, tail_fields in (
        ("租", ("tenant_phone", "tenant_name")),
        ("业主", ("owner_phone", "owner_name")),
    ):
        if word.startswith(prefix):
            return tail_fields[0] if re.search(r"电话|手机|联系", word) else tail_fields[1]
    best = [
        (len(known), field)
        for field, words in SYNONYMS.items()
        for known in words
        if len(known) > 1 and known in word
    ]
    return max(best)[1] if best else None


def guess_mapping(row: list[Cell]) -> dict[str, int]:
    """field -> column for a header row; the first column of two equal names wins."""
    mapping: dict[str, int] = {}
    for column, value in enumerate(row):
        field = guess_field(header_text(value))
        if field and field not in mapping:
            mapping[field] = column
    return mapping


def layout_at(sheet: Sheet, header_row: int, mapping: dict[str, int] | None = None) -> Layout:
    """The layout with a header row and, where given, a mapping that a person has chosen."""
    if not 1 <= header_row <= len(sheet.rows):
        raise UnreadableFile("header_missing")
    row = sheet.rows[header_row - 1]
    chosen = guess_mapping(row) if mapping is None else mapping
    usable = {
        field: column for field, column in chosen.items() if field in SYNONYMS and 0 <= column < len(row)
    }
    return Layout(sheet.name, header_row, usable, tuple(header_text(value) for value in row))


def guess_layout(sheets: list[Sheet]) -> tuple[Sheet, Layout]:
    """The sheet and header row that look most like a list of rooms. Raises UnreadableFile('header_missing')."""
    best: tuple[int, Sheet, int] | None = None
    for sheet in sheets:
        for number, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS], start=1):
            if all(isinstance(value, str) or value is None for value in row):
                score = len(guess_mapping(row))
                if best is None or score > best[0]:
                    best = (score, sheet, number)
    if best is None or best[0] < 2:
        raise UnreadableFile("header_missing")
    return best[1], layout_at(best[1], best[2])


def guess_community(sheet: Sheet, header_row: int) -> str:
    """'锦绣花园房屋及业主信息台账（2026年）' above the header -> '锦绣花园'; empty when nothing is told."""
    for row in sheet.rows[: header_row - 1]:
        for value in row[:3]:
            title = _BRACKETS.sub("", as_text(value)).split(" ")[0]
            name = _TITLE_TAIL.sub("", re.sub(r"\d{4}年.*$", "", title))
            if 2 <= len(name) <= 20 and name != title and "：" not in name and ":" not in name:
                return name
    return ""
