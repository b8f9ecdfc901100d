"""A report as an Excel book: exact amounts as numbers, titles, totals, frozen header."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from flask_babel import gettext as _

from saas.fees.reports.results import Column, Report

WIDTHS = {"text": 22, "money": 15, "number": 10, "percent": 10, "date": 12}


def to_excel(report: Report) -> bytes:
    """The book. Texts are written as texts: a name that begins with = is no formula."""
    out = BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(str(report.title)[:31])
    formats = {
        "money": book.add_format({"num_format": "#,##0.00"}), "number": book.add_format({"num_format": "0"}),
        "percent": book.add_format({"num_format": "0.0%"}), "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "text": book.add_format(),
    }  # fmt: skip
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.write_string(0, 0, str(report.title), book.add_format({"bold": True, "font_size": 14}))
    sheet.write_string(1, 0, f"{report.wanted.start} – {report.wanted.end}")
    for at, column in enumerate(report.columns):
        sheet.set_column(at, at, WIDTHS[column.kind])
        sheet.write_string(3, at, str(column.title), bold)
    sheet.freeze_panes(4, 1)
    for number, row in enumerate(report.rows, 4):
        for at, column in enumerate(report.columns):
            _write(sheet, number, at, column, row.cells.get(column.key), formats)
    last = 4 + len(report.rows)
    sheet.write_string(last, 0, _("Total"), bold)
    for at, column in enumerate(report.columns[1:], 1):
        if column.key in report.totals:
            _write(sheet, last, at, column, report.totals[column.key], formats)
    if report.note:
        sheet.write_string(last + 2, 0, str(report.note))
    book.close()
    return out.getvalue()


def _write(sheet: Any, row: int, at: int, column: Column, value: Any, formats: dict[str, Any]) -> None:
    shape = formats[column.kind]
    if value is None:
        sheet.write_blank(row, at, None, shape)
    elif column.kind == "money":
        sheet.write_number(row, at, Decimal(value).scaleb(-2), shape)
    elif column.kind == "number":
        sheet.write_number(row, at, value, shape)
    elif column.kind == "percent":
        sheet.write_number(row, at, value / 100, shape)
    elif column.kind == "date" and not isinstance(value, str):
        sheet.write_datetime(row, at, value, shape)
    else:
        sheet.write_string(row, at, str(value), formats["text"])
