"""Bytes of an uploaded file -> rows of cells. Everything that is no list of ours ends in an UnreadableFile."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass

import python_calamine

from saas.estate.importing.cells import Cell

MAX_BYTES = 10 * 1024 * 1024
MAX_EXPANDED = 200 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 104

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# calamine allocates the whole rectangle around the filled cells: one cell in XFD1048576 would take the memory
# of the machine. So a filled cell far outside is looked for in the text before it is parsed.
_FAR_CELL = re.compile(rb'<c\b[^>]*?\br="(?:[D-Z][A-Z]|[A-Z]{3})\d+"[^>]*[^/]>')
_FAR_ROW = re.compile(rb'<c\b[^>]*?\br="[A-Z]+\d{6,}"[^>]*[^/]>')
_ENCODINGS = ("utf-8-sig", "gb18030")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


class UnreadableFile(Exception):
    """The file cannot be read as a list; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; rows[0] is row 1. Vertically merged cells hold their value in each row."""

    name: str
    rows: list[list[Cell]]


def read_workbook(content: bytes) -> list[Sheet]:
    """All sheets that hold anything, largest problem first refused. Raises UnreadableFile."""
    if len(content) > MAX_BYTES:
        raise UnreadableFile("file_too_large")
    if not content.strip():
        raise UnreadableFile("file_empty")
    if content.startswith(_ZIP):
        _refuse_bombs(content)
        sheets = _read_calamine(content)
    elif content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise UnreadableFile("file_protected")
        sheets = _read_calamine(content)
    else:
        sheets = [_read_text(content)]
    sheets = [sheet for sheet in sheets if any(_filled(row) for row in sheet.rows)]
    if not sheets:
        raise UnreadableFile("file_empty")
    return sheets


def _filled(row: list[Cell]) -> bool:
    return any(value is not None and str(value).strip() for value in row)


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAX_EXPANDED or len(entries) > 2_000:
                raise UnreadableFile("file_too_large")
            if any(entry.flag_bits & 1 for entry in entries):
                raise UnreadableFile("file_protected")
            for entry in entries:
                if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                    text = _inflate(archive, entry)
                    if _FAR_CELL.search(text):
                        raise UnreadableFile("too_many_columns")
                    if _FAR_ROW.search(text):
                        raise UnreadableFile("too_many_rows")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise UnreadableFile("file_damaged") from error


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The entry, but never more than the limit: the size in the directory may be a lie."""
    with archive.open(entry) as stream:
        text = stream.read(MAX_EXPANDED + 1)
    if len(text) > MAX_EXPANDED:
        raise UnreadableFile("file_too_large")
    return text


def _read_calamine(content: bytes) -> list[Sheet]:
    try:
        with python_calamine.load_workbook(io.BytesIO(content)) as book:
            return [_sheet(book.get_sheet_by_name(name)) for name in book.sheet_names]
    except python_calamine.PasswordError as error:
        raise UnreadableFile("file_protected") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableFile("not_a_workbook") from error


def _sheet(sheet: python_calamine.CalamineSheet) -> Sheet:
    if sheet.total_height > MAX_ROWS:
        raise UnreadableFile("too_many_rows")
    if sheet.total_width > MAX_COLUMNS:
        raise UnreadableFile("too_many_columns")
    rows: list[list[Cell]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or ():
        if bottom > top and top < len(rows) and left < len(rows[top]):
            for number in range(top + 1, min(bottom + 1, len(rows))):
                rows[number][left] = rows[top][left]
    return Sheet(sheet.name, rows)


def _read_text(content: bytes) -> Sheet:
    """A CSV, or the tab-separated text that many programs save under the name .xls."""
    text = _decode(content)
    head = text[:4_000].lstrip().lower()
    if head.startswith(("<", "{", "%pdf")) or _CONTROL.search(text):
        raise UnreadableFile("not_a_workbook")
    delimiter = max(",\t;", key=text[:4_000].count)
    if delimiter not in text[:4_000]:
        raise UnreadableFile("not_a_workbook")
    try:
        rows: list[list[Cell]] = [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    except csv.Error as error:
        raise UnreadableFile("not_a_workbook") from error
    if len(rows) > MAX_ROWS:
        raise UnreadableFile("too_many_rows")
    return Sheet("", rows)


def _decode(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        candidates: tuple[str, ...] = ("utf-16",)
    elif b"\x00" in content[:1_000]:
        raise UnreadableFile("not_a_workbook")
    else:
        candidates = _ENCODINGS
    for encoding in candidates:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("wrong_encoding")
