"""What may be done with places and those who live there."""

from flask_babel import lazy_gettext as _l

from saas.core.permissions import Permission

PLACE_VIEW = Permission(
    "estate.place_view",
    _l("See communities, buildings and rooms"),
    default_roles=("front_desk", "technician", "resident"),
)
ROOM_BROWSE = Permission(
    "estate.room_browse",
    _l("Open the pages of rooms, with people, notes and history"),
    default_roles=("front_desk",),
)
PLACE_EDIT = Permission(
    "estate.place_edit", _l("Add and change communities, buildings and rooms"), default_roles=("front_desk",)
)
OCCUPANCY_EDIT = Permission(
    "estate.occupancy_edit", _l("Enter who owns or lives in a room"), default_roles=("front_desk",)
)
IMPORT = Permission(
    "estate.import", _l("Import lists of rooms and owners, and undo it"), default_roles=("front_desk",)
)
LABEL_PRINT = Permission(
    "estate.label_print", _l("Print QR labels and letters"), default_roles=("front_desk",)
)

ALL = (PLACE_VIEW, ROOM_BROWSE, PLACE_EDIT, OCCUPANCY_EDIT, IMPORT, LABEL_PRINT)
