"""The way of a list: upload, read, correct columns and cells, apply, undo, give up."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.estate.errors import AlreadyImported, FileRefused, NotNow, wrong
from saas.estate.events import RoomsImported
from saas.estate.importing.headers import (
    FIELDS,
    REQUIRED,
    Layout,
    guess_community,
    guess_layout,
    layout_at,
)
from saas.estate.importing.roster import data_rows, read_roster
from saas.estate.importing.workbook import Sheet, UnreadableFile, read_workbook
from saas.estate.models import Community, ImportBatch, ImportRow
from saas.estate.permissions import IMPORT
from saas.estate.services.import_apply import write_plan
from saas.estate.services.import_plan import Plan, make_plan
from saas.estate.services.import_rows import (
    layout_of,
    load_rows,
    open_file,
    refresh_rows,
    repair_cell,
    seal_file,
    store_rows,
)
from saas.estate.services.places import make_community
from tenants.clock import utcnow
from tenants.jobs import start_job
from tenants.unit_of_work import UnitOfWork

READ_JOB, APPLY_JOB = "estate.read_import", "estate.apply_import"
KEEP = timedelta(days=7)  # an applied list can be undone this long; then its cells are forgotten
FORGET = "estate.forget_import"
MAX_UPLOAD = 10 * 1024 * 1024


def upload_list(
    uow: UnitOfWork,
    *,
    actor: Actor,
    file_name: str,
    content: bytes,
    community_id: UUID | None = None,
    community_name: str = "",
    again: bool = False,
) -> ImportBatch:
    """Keep the file and queue its reading. Raises FileRefused, AlreadyImported (with the batch's id)."""
    _may(actor, community_id)
    if len(content) > MAX_UPLOAD:
        raise FileRefused("file_too_large")
    if not content.strip():
        raise FileRefused("file_empty")
    if community_id is not None and uow.session.get(Community, community_id) is None:
        raise NotFound()
    digest = hashlib.sha256(content).hexdigest()
    known = _imported_before(uow, digest, community_id)
    if known is not None and not again:
        raise AlreadyImported(str(known))
    batch = ImportBatch(
        file_name=_plain_name(file_name), file_hash=digest, file_size=len(content), community_id=community_id,
        community_name=community_name.strip()[:60], uploaded_by=actor.user_id, uploaded_by_name=actor.name,
    )  # fmt: skip
    uow.session.add(batch)
    uow.session.flush()
    batch.file_enc = seal_file(uow, batch.id, content)
    uow.session.flush()
    start_job(uow, READ_JOB, args={"batch_id": str(batch.id)}, job_key=str(batch.id))
    uow.wake(FORGET, str(batch.id), utcnow() + KEEP)
    uow.audit("estate.list_uploaded", actor=actor.ref(), subject=("import_batch", batch.id))
    return batch


def _may(actor: Actor, community_id: UUID | None) -> None:
    if community_id is None:
        actor.require(IMPORT.code, everywhere=True)
    else:
        actor.require(IMPORT.code, community_id=community_id)


def _plain_name(file_name: str) -> str:
    """The last part of a path, shortened; it is shown, never opened."""
    return file_name.replace("\\", "/").rsplit("/", 1)[-1].strip()[:120] or "list"


def _imported_before(uow: UnitOfWork, digest: str, community_id: UUID | None) -> UUID | None:
    statement = select(ImportBatch.id).where(
        ImportBatch.file_hash == digest, ImportBatch.state.in_(("applying", "applied"))
    )
    if community_id is not None:
        statement = statement.where(ImportBatch.community_id == community_id)
    return uow.session.scalar(statement.order_by(ImportBatch.created_at.desc()).limit(1))


def batch_of(uow: UnitOfWork, *, actor: Actor, batch_id: UUID, lock: bool = False) -> ImportBatch:
    """The batch, within the actor's scope. Raises NotFound."""
    statement = select(ImportBatch).where(ImportBatch.id == batch_id)
    batch = uow.session.scalar(statement.with_for_update() if lock else statement)
    scope = actor.scope(IMPORT.code)
    if batch is None or not (
        scope.everything or (batch.community_id and batch.community_id in scope.communities)
    ):
        raise NotFound()
    return batch


def read_list(
    content: bytes, header_row: int | None, mapping: dict[str, int] | None, sheet: str = ""
) -> tuple[Sheet, Layout]:
    """The sheet and its layout: guessed, or as a person has pointed it out. Raises UnreadableFile."""
    sheets = read_workbook(content)
    if header_row is None:
        return guess_layout(sheets)
    chosen = next((each for each in sheets if each.name == sheet), sheets[0])
    return chosen, layout_at(chosen, header_row, mapping)


def take_in(uow: UnitOfWork, batch_id: UUID) -> None:
    """Read the stored file into rows and a preview; the worker's part of an upload."""
    batch = _locked(uow, batch_id)
    if batch is None or batch.state not in ("uploaded", "mapping") or batch.file_enc is None:
        return
    content = open_file(uow, batch.id, batch.file_enc)
    chosen = {name: int(column) for name, column in batch.mapping.items()} or None
    try:
        sheet, layout = read_list(content, batch.header_row, chosen, batch.sheet)
    except UnreadableFile as error:
        batch.state, batch.error_code = "failed", error.code
        if error.code == "header_missing":
            batch.state = "mapping"
        return
    batch.sheet, batch.header_row, batch.mapping = layout.sheet, layout.header_row, dict(layout.mapping)
    batch.headers = list(layout.headers)
    missing = [name for name in REQUIRED if name not in layout.mapping]
    rows = list(data_rows(sheet.rows, layout)) if not missing else []
    if missing or not rows:
        batch.state, batch.error_code = "mapping", "room_column_missing" if missing else "no_rows"
        return
    if batch.community_id is None:
        _find_community(uow, batch, guess_community(sheet, layout.header_row))
    plan = make_plan(uow, read_roster(rows, layout), batch.community_id)
    store_rows(uow, batch.id, rows, plan)
    batch.totals = plan.totals()
    batch.state, batch.error_code = "preview", None


def _locked(uow: UnitOfWork, batch_id: UUID) -> ImportBatch | None:
    return uow.session.scalar(select(ImportBatch).where(ImportBatch.id == batch_id).with_for_update())


def _find_community(uow: UnitOfWork, batch: ImportBatch, guessed: str) -> None:
    """A list without a named community goes by its title; one of that name on file is meant."""
    batch.community_name = batch.community_name or guessed
    if batch.community_name:
        known = select(Community.id).where(Community.name == batch.community_name)
        batch.community_id = uow.session.scalar(known)


def choose_columns(
    uow: UnitOfWork,
    *,
    actor: Actor,
    batch_id: UUID,
    header_row: int,
    mapping: Mapping[str, int],
    community_name: str = "",
) -> ImportBatch:
    """Point out the header row and the columns; the file is read again."""
    batch = _editable(uow, actor, batch_id, "mapping", "preview")
    unknown = [name for name in mapping if name not in FIELDS]
    if unknown:
        raise wrong(unknown[0], _l("There is no such column."))
    if "room" not in mapping:
        raise wrong("room", _l("Tell us which column holds the room number. Without it no room can be made."))
    if header_row < 1:
        raise wrong("header_row", _l("Rows count from 1."))
    batch.header_row, batch.mapping, batch.state = header_row, dict(mapping), "uploaded"
    if community_name.strip() and batch.community_id is None:
        batch.community_name = community_name.strip()[:60]
    start_job(uow, READ_JOB, args={"batch_id": str(batch.id)}, job_key=str(batch.id))
    uow.audit("estate.list_columns_chosen", actor=actor.ref(), subject=("import_batch", batch.id))
    return batch


def _editable(uow: UnitOfWork, actor: Actor, batch_id: UUID, *states: str) -> ImportBatch:
    batch = batch_of(uow, actor=actor, batch_id=batch_id, lock=True)
    if batch.state not in states:
        raise NotNow(batch.state)
    return batch


def repair(
    uow: UnitOfWork, *, actor: Actor, batch_id: UUID, number: int, field: str, value: str
) -> ImportBatch:
    """Write a better value into one cell and look at the whole list again."""
    batch = _editable(uow, actor, batch_id, "preview")
    column = batch.mapping.get(field)
    if column is None:
        raise wrong("field", _l("The list has no such column."))
    row = uow.session.scalar(
        select(ImportRow).where(ImportRow.batch_id == batch.id, ImportRow.number == number)
    )
    if row is None:
        raise NotFound()
    repair_cell(uow, row, int(column), field, value.strip()[:200])
    plan = _plan_again(uow, batch)
    refresh_rows(uow, batch.id, plan)
    batch.totals = plan.totals()
    uow.audit(
        "estate.list_cell_repaired", actor=actor.ref(), subject=("import_batch", batch.id), fields=[field],
        details={"row": number},
    )  # fmt: skip
    return batch


def _plan_again(uow: UnitOfWork, batch: ImportBatch) -> Plan:
    return make_plan(uow, read_roster(load_rows(uow, batch.id), layout_of(batch)), batch.community_id)


def request_apply(uow: UnitOfWork, *, actor: Actor, batch_id: UUID, community_name: str = "") -> ImportBatch:
    """Queue the import; asking again while it runs or after it ran changes nothing."""
    batch = batch_of(uow, actor=actor, batch_id=batch_id, lock=True)
    if batch.state in ("applying", "applied"):
        return batch
    if batch.state != "preview":
        raise NotNow(batch.state)
    if batch.community_id is None:
        batch.community_name = community_name.strip()[:60] or batch.community_name
        if not batch.community_name:
            raise wrong("community_name", _l("Give the community a name, such as 锦绣花园."))
    batch.state = "applying"
    start_job(uow, APPLY_JOB, args={"batch_id": str(batch.id)}, job_key=str(batch.id))
    uow.audit("estate.import_requested", actor=actor.ref(), subject=("import_batch", batch.id))
    return batch


def apply_list(uow: UnitOfWork, batch_id: UUID) -> dict[str, Any] | None:
    """Write the whole list in this transaction; None when there is nothing to do.

    The row lock lets a second worker wait and then find the list applied; the lock on the community keeps two
    lists of one community apart. A worker that dies leaves nothing, and the next run starts from the beginning.
    """
    batch = _locked(uow, batch_id)
    if batch is None or batch.state != "applying":
        return None
    made_community = _community_of_batch(uow, batch)
    if batch.community_id is None:
        return None
    plan = _plan_again(uow, batch)
    totals = plan.totals()
    made = write_plan(uow, plan, batch.community_id)
    made["community"] = str(batch.community_id) if made_community else None
    refreshed = {key: value for key, value in totals.items() if key != "rows"}
    batch.totals = {**batch.totals, **refreshed}
    batch.made, batch.file_enc = made, None
    batch.state, batch.applied_at = "applied", utcnow()
    uow.audit(
        "estate.list_imported", actor=None, subject=("import_batch", batch.id),
        details={name: totals[name] for name in ("rooms_new", "rooms_changed", "people_new", "occupancies_new")},
    )  # fmt: skip
    uow.emit(RoomsImported(batch.id, batch.community_id))
    uow.wake(FORGET, str(batch.id), utcnow() + KEEP)
    return totals


def _community_of_batch(uow: UnitOfWork, batch: ImportBatch) -> bool:
    """Find or make the community and lock it; whether it was made."""
    made = False
    if batch.community_id is None:
        known = uow.session.scalar(select(Community.id).where(Community.name == batch.community_name))
        batch.community_id = known or make_community(uow, name=batch.community_name).id
        made = known is None
        uow.session.flush()
    lock = select(Community.id).where(Community.id == batch.community_id).with_for_update(key_share=True)
    uow.session.execute(lock)
    return made


def fail_list(uow: UnitOfWork, batch_id: UUID) -> None:
    """The job gave up: back to the preview if there is one."""
    batch = _locked(uow, batch_id)
    if batch is not None and batch.state in ("uploaded", "applying"):
        batch.error_code = "job_failed"
        batch.state = "preview" if batch.state == "applying" else "failed"


def abandon(uow: UnitOfWork, *, actor: Actor, batch_id: UUID) -> ImportBatch:
    """Give a list up that was not imported; its rows and file are forgotten at once."""
    batch = _editable(uow, actor, batch_id, "uploaded", "mapping", "preview", "failed")
    batch.state = "abandoned"
    forget(uow, batch.id)
    uow.audit("estate.list_abandoned", actor=actor.ref(), subject=("import_batch", batch.id))
    return batch


def forget(uow: UnitOfWork, batch_id: UUID) -> None:
    """Drop what the list said of persons: file and cells. What it made stays."""
    uow.session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(file_enc=None))
    state = uow.session.scalar(select(ImportBatch.state).where(ImportBatch.id == batch_id))
    rows = ImportRow.batch_id == batch_id
    if state in ("applied", "undone"):
        uow.session.execute(update(ImportRow).where(rows).values(cells_enc=None))
    else:
        uow.session.execute(delete(ImportRow).where(rows))
