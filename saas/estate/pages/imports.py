"""Importing a list: upload, point out columns, preview with repairs in place, apply, undo."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.core.errors import DomainError
from saas.estate.errors import AlreadyImported, file_message
from saas.estate.importing.headers import FIELDS
from saas.estate.models import ImportBatch
from saas.estate.pages.blueprint import blueprint
from saas.estate.pages.forms import id_of
from saas.estate.permissions import IMPORT
from saas.estate.queries import rooms as queries
from saas.estate.queries.imports import recent_imports, rows_of
from saas.estate.services.import_report import issues_book
from saas.estate.services.import_undo import undo_list
from saas.estate.services.imports import (
    KEEP,
    abandon,
    batch_of,
    choose_columns,
    repair,
    request_apply,
    upload_list,
)
from saas.estate.words import FIELD_WORDS, STATUS_WORDS, issue_words
from saas.web.auth import access, current_actor
from saas.web.render import page, say
from saas.web.work import work
from tenants.clock import utcnow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABS = ("issues", "new", "update", "same", "skip", "reject", "all")
UNREPAIRABLE = ("duplicate_row", "other_owner_on_file", "area_rounded")


@blueprint.get("/imports/new")
@access(IMPORT.code)
def import_new() -> Response:
    """Choose a file and where it belongs."""
    return _upload_page()


def _upload_page(status: int = 200, error: DomainError | None = None) -> Response:
    actor = current_actor()
    with work(read_only=True) as uow:
        communities, _more = queries.list_communities(uow, actor=actor, limit=200)
        recent = recent_imports(uow, actor=actor)
    known = error.params.get("batch_id") if isinstance(error, AlreadyImported) else None
    return page(
        "estate/import_new.html", status, communities=[(each.id, each.name) for each in communities], recent=recent, form=request.form,
        errors=error.fields if error else {}, message=str(error) if error and not error.fields else None,
        known=known, can_undo=can_undo,
    )  # fmt: skip


@blueprint.post("/imports/new")
@access(IMPORT.code)
def import_upload() -> Response:
    """Take the file; reading goes on in the background."""
    upload = request.files.get("file")
    try:
        with work() as uow:
            batch_id = upload_list(
                uow, actor=current_actor(), file_name=upload.filename or "" if upload else "",
                content=upload.read() if upload else b"", community_id=id_of(request.form.get("community_id")),
                community_name=request.form.get("community_name", ""), again="again" in request.form,
            ).id  # fmt: skip
    except DomainError as error:
        return _upload_page(error.status, error)
    return redirect(url_for("estate.import_page", import_id=batch_id))


@blueprint.get("/imports/<uuid:import_id>")
@access(IMPORT.code)
def import_page(import_id: UUID) -> Response:
    """Where the import stands: reading, preview, done."""
    return _import_page(import_id)


def _import_page(import_id: UUID, status: int = 200, **extra: Any) -> Response:
    show = request.args.get("show", "issues")
    show = show if show in TABS else "issues"
    with work(read_only=True) as uow:
        batch = batch_of(uow, actor=current_actor(), batch_id=import_id)
        if batch.state == "mapping":
            return redirect(url_for("estate.import_columns", import_id=import_id))
        rows, next_cursor = rows_of(uow, batch.id, show=show, cursor=request.args.get("cursor"))
        recent = recent_imports(uow, actor=current_actor(), limit=4)
    return page(
        "estate/import.html", status, batch=batch, rows=rows, next_cursor=next_cursor, show=show, recent=recent,
        error=file_message(batch.error_code), words=issue_words, fields=FIELD_WORDS, statuses=STATUS_WORDS,
        repair_row=request.args.get("row", type=int), unrepairable=UNREPAIRABLE, can_undo=can_undo, **extra,
    )  # fmt: skip


def can_undo(batch: ImportBatch) -> bool:
    """Whether the time for undo is not over."""
    return batch.state == "applied" and batch.applied_at is not None and batch.applied_at + KEEP > utcnow()


@blueprint.get("/imports/<uuid:import_id>/columns")
@access(IMPORT.code)
def import_columns(import_id: UUID) -> Response:
    """Which row holds the names of the columns, and which column means what."""
    return _columns_page(import_id)


def _columns_page(import_id: UUID, status: int = 200, errors: Any = None) -> Response:
    with work(read_only=True) as uow:
        batch = batch_of(uow, actor=current_actor(), batch_id=import_id)
    return page(
        "estate/import_columns.html", status, batch=batch, fields=[(name, FIELD_WORDS[name]) for name in FIELDS],
        error=file_message(batch.error_code), errors=errors or {}, column_letter=column_letter,
    )  # fmt: skip


def column_letter(column: int) -> str:
    """0 -> A, 26 -> AA, as Excel names its columns."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@blueprint.post("/imports/<uuid:import_id>/columns")
@access(IMPORT.code)
def import_columns_send(import_id: UUID) -> Response:
    """Read the file again as pointed out."""
    columns = {name: request.form.get(f"column_{name}", "") for name in FIELDS}
    mapping = {name: int(column) for name, column in columns.items() if column.isdecimal()}
    header_row = request.form.get("header_row", "")
    try:
        with work() as uow:
            choose_columns(
                uow, actor=current_actor(), batch_id=import_id, mapping=mapping,
                header_row=int(header_row) if header_row.isdecimal() else 0,
                community_name=request.form.get("community_name", ""),
            )  # fmt: skip
    except DomainError as error:
        return _columns_page(import_id, error.status, error.fields)
    return redirect(url_for("estate.import_page", import_id=import_id))


@blueprint.post("/imports/<uuid:import_id>/cells")
@access(IMPORT.code)
def import_repair(import_id: UUID) -> Response:
    """A better value for one cell."""
    number = request.form.get("row", "")
    with work() as uow:
        repair(
            uow, actor=current_actor(), batch_id=import_id, number=int(number) if number.isdecimal() else 0,
            field=request.form.get("field", ""), value=request.form.get("value", ""),
        )  # fmt: skip
    say(_("Row %(number)s is corrected.", number=number))
    return redirect(url_for("estate.import_page", import_id=import_id))


@blueprint.post("/imports/<uuid:import_id>/apply")
@access(IMPORT.code)
def import_apply(import_id: UUID) -> Response:
    """Import; it goes on in the background."""
    try:
        with work() as uow:
            request_apply(
                uow,
                actor=current_actor(),
                batch_id=import_id,
                community_name=request.form.get("community_name", ""),
            )
    except DomainError as error:
        return _import_page(import_id, error.status, errors=error.fields, message=str(error))
    return redirect(url_for("estate.import_page", import_id=import_id))


@blueprint.post("/imports/<uuid:import_id>/undo")
@access(IMPORT.code)
def import_undo(import_id: UUID) -> Response:
    """Take it back as a whole."""
    try:
        with work() as uow:
            undo_list(uow, actor=current_actor(), batch_id=import_id)
    except DomainError as error:
        return _import_page(import_id, error.status, message=str(error))
    say(_("The import is undone. Everything is as it was before."))
    return redirect(url_for("estate.import_new"))


@blueprint.post("/imports/<uuid:import_id>/abandon")
@access(IMPORT.code)
def import_abandon(import_id: UUID) -> Response:
    """Give the list up before it is imported."""
    with work() as uow:
        abandon(uow, actor=current_actor(), batch_id=import_id)
    say(_("Given up. Nothing was imported."))
    return redirect(url_for("estate.import_new"))


@blueprint.get("/imports/<uuid:import_id>/issues.xlsx")
@access(IMPORT.code)
def import_issues(import_id: UUID) -> Response:
    """The rows with issues as a file to correct and import again."""
    with work() as uow:
        content = issues_book(uow, actor=current_actor(), batch_id=import_id, words=issue_words)
    answer = Response(content, mimetype=XLSX)
    answer.headers["Content-Disposition"] = "attachment; filename=rows-to-correct.xlsx"
    answer.headers["Cache-Control"] = "no-store"
    return answer
