"""The file of rows with issues: the firm's own columns, and what is wrong in words."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import xlsxwriter
from flask_babel import gettext as _

from saas.core.actors import Actor
from saas.estate.errors import NotNow
from saas.estate.importing.cells import as_text
from saas.estate.queries.imports import rows_with_issues
from saas.estate.services.import_rows import cells_of
from saas.estate.services.imports import batch_of
from tenants.unit_of_work import UnitOfWork


def issues_book(
    uow: UnitOfWork, *, actor: Actor, batch_id: UUID, words: Callable[[dict[str, Any]], str]
) -> bytes:
    """An .xlsx with row number, words and the cells as they came. Every cell is text: nothing is computed."""
    batch = batch_of(uow, actor=actor, batch_id=batch_id)
    if batch.state not in ("preview", "applying", "applied"):
        raise NotNow(batch.state)
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    sheet = book.add_worksheet(_("Rows to correct"))
    bold, red = book.add_format({"bold": True}), book.add_format({"bg_color": "#FDEAE7"})
    for column, title in enumerate([_("Row"), _("What is wrong, what to do"), *batch.headers]):
        sheet.write_string(0, column, title, bold)
    sheet.set_column(1, 1, 60)
    for line, row in enumerate(rows_with_issues(uow, batch.id), start=1):
        sheet.write_number(line, 0, row.number)
        sheet.write_string(line, 1, " ".join(words(issue) for issue in row.issues))
        marked = {batch.mapping.get(issue["field"]) for issue in row.issues}
        for column, value in enumerate(cells_of(uow, row)):
            sheet.write_string(line, column + 2, as_text(value), red if column in marked else None)
    sheet.freeze_panes(1, 2)
    book.close()
    uow.audit("estate.list_issues_downloaded", actor=actor.ref(), subject=("import_batch", batch.id))
    return buffer.getvalue()
