"""Imports of lists of rooms and owners: upload, look, apply, undo."""

from typing import Any
from uuid import UUID

from saas.estate.errors import file_message
from saas.estate.models import ImportBatch
from saas.estate.permissions import IMPORT
from saas.estate.queries.imports import issues_of, recent_imports
from saas.estate.schemas import (
    ImportApplySchema,
    ImportDetailSchema,
    ImportFormSchema,
    ImportSchema,
    ImportUploadSchema,
)
from saas.estate.services.import_undo import undo_list
from saas.estate.services.imports import batch_of, request_apply, upload_list
from saas.estate.words import issue_words
from saas.web.api import API_PREFIX, Blueprint, listing_of
from saas.web.auth import access, current_actor
from saas.web.work import work

blp = Blueprint("estate_imports_api", __name__, url_prefix=API_PREFIX, description="Imports of lists")


def import_view(batch: ImportBatch) -> dict[str, Any]:
    """An import with its error in words."""
    names = (
        "id", "state", "file_name", "community_id", "community_name", "sheet", "header_row", "mapping",
        "headers", "totals", "error_code", "created_at", "applied_at",
    )  # fmt: skip
    view = {name: getattr(batch, name) for name in names}
    return view | {"error": str(file_message(batch.error_code)) or None}


@blp.get("/imports")
@blp.response(200, listing_of(ImportSchema))
@access(IMPORT.code)
def imports_list() -> dict[str, Any]:
    """The last fifty imports, newest first."""
    with work(read_only=True) as uow:
        found = recent_imports(uow, actor=current_actor(), limit=50)
        return {"items": [import_view(batch) for batch in found], "next_cursor": None}


@blp.post("/imports")
@blp.arguments(ImportFormSchema, location="form")
@blp.arguments(ImportUploadSchema, location="files")
@blp.response(202, ImportSchema)
@blp.alt_response(409, description="this very file was imported before; send again=true to import it again")
@access(IMPORT.code)
def imports_upload(form: dict[str, Any], files: dict[str, Any]) -> Any:
    """Upload a list; it is read in the background, then its state is preview, mapping or failed."""
    upload = files["file"]
    with work() as uow:
        batch = upload_list(
            uow, actor=current_actor(), file_name=upload.filename or "", content=upload.read(), **form
        )
        return import_view(batch)


@blp.get("/imports/<uuid:import_id>")
@blp.response(200, ImportDetailSchema)
@access(IMPORT.code)
def imports_get(import_id: UUID) -> Any:
    """An import with totals and issues."""
    with work(read_only=True) as uow:
        batch = batch_of(uow, actor=current_actor(), batch_id=import_id)
        issues = [{**issue, "message": issue_words(issue)} for issue in issues_of(uow, batch.id)]
        return import_view(batch) | {"issues": issues}


@blp.post("/imports/<uuid:import_id>/apply")
@blp.arguments(ImportApplySchema)
@blp.response(202, ImportSchema)
@blp.alt_response(409, description="the import is not in a state to be applied")
@access(IMPORT.code)
def imports_apply(data: dict[str, Any], import_id: UUID) -> Any:
    """Import the rows without a reject; asking twice imports once."""
    with work() as uow:
        return import_view(request_apply(uow, actor=current_actor(), batch_id=import_id, **data))


@blp.post("/imports/<uuid:import_id>/undo")
@blp.response(200, ImportSchema)
@blp.alt_response(409, description="later work depends on what the import made")
@access(IMPORT.code)
def imports_undo(import_id: UUID) -> Any:
    """Take the whole import back, within seven days and while nothing depends on it."""
    with work() as uow:
        return import_view(undo_list(uow, actor=current_actor(), batch_id=import_id))
