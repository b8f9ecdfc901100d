"""How the audit list calls the acts on places, occupancies and imports."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

AUDIT_TITLES: dict[str, Any] = {
    "estate.community_created": _l("Community added"),
    "estate.community_changed": _l("Community changed"),
    "estate.building_created": _l("Building added"),
    "estate.building_changed": _l("Building changed"),
    "estate.room_created": _l("Room added"),
    "estate.room_changed": _l("Room changed"),
    "estate.note_added": _l("Note added to a room"),
    "estate.occupancy_started": _l("Somebody moved in"),
    "estate.occupancy_ended": _l("Somebody moved out"),
    "estate.list_uploaded": _l("List uploaded"),
    "estate.list_columns_chosen": _l("Columns of a list chosen"),
    "estate.list_cell_repaired": _l("Cell of a list repaired"),
    "estate.list_issues_downloaded": _l("Errors of a list downloaded"),
    "estate.list_abandoned": _l("List given up"),
    "estate.import_requested": _l("Import started"),
    "estate.list_imported": _l("List imported"),
    "estate.import_undone": _l("Import undone"),
}
