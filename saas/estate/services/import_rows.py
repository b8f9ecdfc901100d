"""The stored rows of a list: cells kept encrypted, what is shown kept masked."""

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from saas.estate.importing.cells import Cell
from saas.estate.importing.headers import Layout
from saas.estate.importing.identity import PersonFacts
from saas.estate.importing.roster import Issue, Row
from saas.estate.models import ImportBatch, ImportRow
from saas.estate.services.import_plan import Plan
from saas.people.id_numbers import mask_id_number
from saas.people.phones import mask_phone
from tenants.bulk import copy_rows
from tenants.fields import decrypt_field, encrypt_field
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

_TABLE, _COLUMN = "import_row", "cells"
_PHONES = frozenset({"owner_phone", "tenant_phone"})


def seal_file(uow: UnitOfWork, batch_id: UUID, content: bytes) -> bytes:
    """The uploaded file as it is kept."""
    text = base64.b64encode(content).decode()
    return encrypt_field(uow, text, table="import_batch", column="file", row_id=batch_id)


def open_file(uow: UnitOfWork, batch_id: UUID, sealed: bytes) -> bytes:
    """The uploaded file as it came."""
    return base64.b64decode(decrypt_field(uow, sealed, table="import_batch", column="file", row_id=batch_id))


def layout_of(batch: ImportBatch) -> Layout:
    """The layout that the batch was read with."""
    mapping = {name: int(column) for name, column in batch.mapping.items()}
    return Layout(batch.sheet, batch.header_row or 1, mapping, tuple(batch.headers))


def store_rows(uow: UnitOfWork, batch_id: UUID, cells: Sequence[tuple[int, list[Cell]]], plan: Plan) -> None:
    """Replace the rows of a batch."""
    uow.session.execute(delete(ImportRow).where(ImportRow.batch_id == batch_id))
    raw = dict(cells)
    values = []
    for row in plan.roster.rows:
        row_id = new_id()
        text = pack(raw[row.number])
        values.append(
            {
                "id": row_id,
                "batch_id": batch_id,
                "number": row.number,
                "cells_enc": encrypt_field(uow, text, table=_TABLE, column=_COLUMN, row_id=row_id),
                "fixed": [],
                "made": {},
                **_told(plan, row),
            }
        )
    copy_rows(uow, ImportRow, values)


def load_rows(uow: UnitOfWork, batch_id: UUID) -> list[tuple[int, list[Cell]]]:
    """The cells of a batch, repaired ones included."""
    statement = (
        select(ImportRow.id, ImportRow.number, ImportRow.cells_enc)
        .where(ImportRow.batch_id == batch_id)
        .order_by(ImportRow.number)
    )
    return [
        (number, unpack(decrypt_field(uow, sealed or b"", table=_TABLE, column=_COLUMN, row_id=row_id)))
        for row_id, number, sealed in uow.session.execute(statement)
    ]


def cells_of(uow: UnitOfWork, row: ImportRow) -> list[Cell]:
    """The cells of one row; none once they are forgotten."""
    if row.cells_enc is None:
        return []
    return unpack(decrypt_field(uow, row.cells_enc, table=_TABLE, column=_COLUMN, row_id=row.id))


def repair_cell(uow: UnitOfWork, row: ImportRow, column: int, field: str, value: str) -> None:
    """Write a better value over one cell of a stored row."""
    cells = cells_of(uow, row)
    cells += [None] * (column + 1 - len(cells))
    cells[column] = value
    row.cells_enc = encrypt_field(uow, pack(cells), table=_TABLE, column=_COLUMN, row_id=row.id)
    row.fixed = sorted({*row.fixed, field})
    uow.session.flush()


def refresh_rows(uow: UnitOfWork, batch_id: UUID, plan: Plan) -> None:
    """Write what is told about the rows again where it changed."""
    statement = select(
        ImportRow.id, ImportRow.number, ImportRow.outcome, ImportRow.issues, ImportRow.shown
    ).where(ImportRow.batch_id == batch_id)
    stored = {
        number: (row_id, outcome, issues, shown)
        for row_id, number, outcome, issues, shown in uow.session.execute(statement)
    }
    changed = []
    for row in plan.roster.rows:
        told = _told(plan, row)
        row_id, *before = stored[row.number]
        if before != [told["outcome"], told["issues"], told["shown"]]:
            changed.append({"row_id": row_id, **{f"new_{name}": value for name, value in told.items()}})
    if changed:
        table = ImportRow.__table__
        uow.session.connection().execute(
            update(table)  # type: ignore[arg-type]
            .where(table.c.id == bindparam("row_id"))
            .values(
                outcome=bindparam("new_outcome"), issues=bindparam("new_issues"), shown=bindparam("new_shown")
            ),
            changed,
        )


def pack(cells: Sequence[Cell]) -> str:
    """Cells as JSON; dates keep their kind."""
    return json.dumps([_mark(value) for value in cells], ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> list[Cell]:
    """The other way round."""
    return [_unmark(value) for value in json.loads(text)]


def _mark(value: Cell) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, (time, timedelta)):
        return str(value)
    return value


def _unmark(value: Any) -> Cell:
    if isinstance(value, dict):
        return date.fromisoformat(value["d"]) if "d" in value else datetime.fromisoformat(value["t"])
    return value


def _told(plan: Plan, row: Row) -> dict[str, Any]:
    facts = plan.roster.rooms.get(row.room)
    person: PersonFacts | None = row.owner
    return {
        "outcome": plan.outcomes[row.number],
        "issues": [_issue(issue) for issue in row.issues],
        "shown": {
            "room": row.room,
            "area": str(facts.built_area) if facts and facts.built_area is not None else "",
            "status": facts.status if facts else "",
            "owner": person.name if person else "",
            "phone": mask_phone(person.phones[0]) if person and person.phones else "",
            "tenant": row.tenant.name if row.tenant else "",
        },
    }


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "field": issue.field,
        "column": issue.column,
        "code": issue.code,
        "action": issue.action,
        "raw": masked(issue.field, issue.raw),
        "first_row": issue.first_row,
    }


def masked(field: str, raw: str) -> str:
    """What may be shown of a wrong value."""
    if field in _PHONES and len(raw) > 6:
        return mask_phone(raw)
    if field == "id_number" and len(raw) > 8:
        return mask_id_number(raw)
    return raw
