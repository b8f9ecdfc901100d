"""Files that are no list of ours end in a clear code and never in a crash or a full memory."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from saas.estate.importing.headers import guess_layout
from saas.estate.importing.roster import data_rows, read_roster
from saas.estate.importing.workbook import MAX_BYTES, UnreadableFile, read_workbook

BOOK = Path(__file__).parents[3] / "ops" / "demo" / "jinxiu" / "房屋业主台账.xlsx"


def book_of(fill: Callable) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    fill(book.add_worksheet("台账"))
    book.close()
    return buffer.getvalue()


def with_entry(content: bytes, name: str, text: bytes) -> bytes:
    """The same workbook with one entry replaced."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            new.writestr(entry.filename, text if entry.filename == name else old.read(entry))
    return buffer.getvalue()


def code_of(content: bytes) -> str:
    with pytest.raises(UnreadableFile) as refused:
        read_workbook(content)
    return refused.value.code


def test_empty():
    assert code_of(b"") == "file_empty"
    assert code_of(b"  \n") == "file_empty"
    assert code_of(book_of(lambda sheet: None)) == "file_empty"


def test_too_large():
    assert code_of(b"x" * (MAX_BYTES + 1)) == "file_too_large"


def test_zip_bomb():
    content = BOOK.read_bytes()
    bomb = with_entry(content, "xl/styles.xml", b"<a>" + b" " * 250_000_000)
    assert len(bomb) < MAX_BYTES
    assert code_of(bomb) == "file_too_large"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [(1_048_575, 16_383, "too_many_columns"), (900_000, 2, "too_many_rows"), (0, 300, "too_many_columns")],
)
def test_one_cell_far_away_does_not_take_the_memory(row, column, code):
    def fill(sheet):
        sheet.write(0, 0, "房号")
        sheet.write(row, column, "x")

    assert code_of(book_of(fill)) == code


def test_no_workbook():
    assert code_of(b"%PDF-1.7 something, else") == "not_a_workbook"
    assert code_of(b"<html><table><tr><td>a,b</td></tr></table></html>") == "not_a_workbook"
    assert code_of(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") == "not_a_workbook"
    assert code_of(b"just some words") == "not_a_workbook"
    assert code_of(b"PK\x03\x04 broken") == "file_damaged"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert code_of(buffer.getvalue()) == "not_a_workbook"


def test_protected():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500 + "EncryptedPackage".encode("utf-16-le")
    assert code_of(ole) == "file_protected"


def test_wrong_encoding():
    assert code_of("楼栋,房号\n1,101".encode("utf-16")[:-1]) == "wrong_encoding"


def test_a_list_without_header():
    content = book_of(lambda sheet: [sheet.write_row(n, 0, [n, n + 1, n + 2]) for n in range(5)])
    with pytest.raises(UnreadableFile) as refused:
        guess_layout(read_workbook(content))
    assert refused.value.code == "header_missing"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_text_that_is_called_xls(encoding, delimiter):
    lines = [["楼栋", "单元", "房号", "业主", "手机"], ["3号楼", "2单元", "1203", "周慧敏", "19900000617"]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    sheet, layout = guess_layout(read_workbook(text.encode(encoding)))
    roster = read_roster(list(data_rows(sheet.rows, layout)), layout)
    assert list(roster.rooms) == ["3-2-1203"]
    assert (roster.people[0].name, roster.people[0].phones) == ("周慧敏", ("19900000617",))


def test_a_formula_is_read_as_its_value_and_never_as_a_command():
    def fill(sheet):
        sheet.write_row(0, 0, ["楼栋", "单元", "房号", "建筑面积", "业主"])
        sheet.write_row(1, 0, [1, 1, 101])
        sheet.write_formula(1, 3, "=80+9.47", None, 89.47)
        sheet.write_string(1, 4, '=HYPERLINK("http://x.invalid","王芳")')

    sheet, layout = guess_layout(read_workbook(book_of(fill)))
    roster = read_roster(list(data_rows(sheet.rows, layout)), layout)
    assert str(roster.rooms["1-1-101"].built_area) == "89.47"
    assert roster.people[0].name.startswith("=HYPERLINK")
