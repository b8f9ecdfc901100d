"""Refusals of estate, with their codes and what to do about them."""

from typing import Any

from flask_babel import lazy_gettext as _l

from saas.core.errors import Conflict, InvalidInput

FILE_MESSAGES = {
    "file_too_large": _l(
        "The file is too large (over 10 MB, or far more once unpacked). Split it by building."
    ),
    "file_empty": _l("There is nothing in this file. Check that you saved it, then choose it again."),
    "file_protected": _l(
        "The file is protected by a password. Remove the password in Excel, save, and try again."
    ),
    "file_damaged": _l(
        "The file is damaged. Open it in Excel, save it under a new name and choose that one."
    ),
    "not_a_workbook": _l(
        "This is not an Excel file. Open the list in Excel and save it as .xlsx, then choose it again."
    ),
    "wrong_encoding": _l(
        "The characters of this file cannot be read. Save it in Excel as .xlsx and try again."
    ),
    "too_many_rows": _l(
        "The list has more than 50,000 rows. Split it by building and import one after the other."
    ),
    "too_many_columns": _l(
        "Something stands far to the right of the list. Delete those columns and save again."
    ),
    "header_missing": _l(
        "No row with column names was found. Point to it: which row holds 楼栋, 房号, 业主?"
    ),
    "room_column_missing": _l("Tell us which column holds the room number. Without it no room can be made."),
    "no_rows": _l("Below the column names there is no row with data."),
    "job_failed": _l("Reading stopped because of a fault on our side. Nothing was imported; try again."),
}


def file_message(code: str | None) -> Any:
    """What is wrong with a file, in words; empty for none."""
    return FILE_MESSAGES.get(code, FILE_MESSAGES["job_failed"]) if code else ""


class FileRefused(InvalidInput):
    """The upload cannot be read as a list."""

    def __init__(self, code: str) -> None:
        super().__init__(file_message(code), code=code, fields={"file": [file_message(code)]})


class AlreadyImported(Conflict):
    """The very same file was imported before; `batch_id` leads to it."""

    def __init__(self, batch_id: str) -> None:
        text = _l(
            "This very file was imported before. Open that import, or say that you want to import it again."
        )
        super().__init__(text, code="already_imported", batch_id=batch_id)


class NotNow(Conflict):
    """The import is not in a state in which this can be done."""

    def __init__(self, state: str) -> None:
        text = _l("This import cannot do that now. Look at its present state.")
        super().__init__(text, code="import_state", state=state)


class ImportInUse(Conflict):
    """What the import made has been changed or is needed by something since."""

    def __init__(self, rooms: str) -> None:
        text = _l(
            "This import cannot be undone: later work depends on it (%(rooms)s). Change those rooms one by one instead."
        )
        super().__init__(text, code="import_in_use", rooms=rooms)


class Taken(Conflict):
    """A community, building or room of this name exists already."""

    def __init__(self, field: str) -> None:
        text = _l("There is one with this name already. Open it, or choose another name.")
        super().__init__(text, code="name_taken", field=field)
        self.fields = {field: [text]}


class OccupancyExists(Conflict):
    """The person is in the room in this role already."""

    def __init__(self) -> None:
        super().__init__(_l("This person is in this room in this role already."), code="occupancy_exists")


def wrong(field: str, message: Any) -> InvalidInput:
    """One wrong field, said at that field."""
    return InvalidInput(fields={field: [message]})
