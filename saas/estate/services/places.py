"""Communities, buildings and rooms made and changed by hand, and notes on rooms."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.core.actors import Actor
from saas.core.errors import NotFound, VersionConflict
from saas.estate.codes import ROOM_KINDS, ROOM_STATUSES
from saas.estate.errors import Taken, wrong
from saas.estate.importing.cells import building_key, floor_of_room, fold, room_key, unit_key
from saas.estate.importing.names import building_name, natural, room_sort_key
from saas.estate.models import Building, Community, Room, RoomNote, Unit
from saas.estate.permissions import PLACE_EDIT, ROOM_BROWSE
from saas.estate.queries.places import parse_calendar
from saas.people.names import pinyin_keys
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

DEFAULT_CALENDAR: dict[str, Any] = {"week": [[["08:30", "18:00"]]] * 7, "exceptions": {}}
MAX_NOTE = 500


def create_community(uow: UnitOfWork, *, actor: Actor, values: Mapping[str, Any]) -> Community:
    """A new community; needs the permission for the whole firm."""
    actor.require(PLACE_EDIT.code, everywhere=True)
    community = make_community(uow, **values)
    _flush(uow, "name")
    uow.audit("estate.community_created", actor=actor.ref(), subject=("community", community.id))
    return community


def make_community(uow: UnitOfWork, *, name: str, **values: Any) -> Community:
    """The row alone; the caller has checked the permission."""
    clean = _name(name)
    _check_community(values)
    community = Community(
        id=new_id(), name=clean, name_pinyin=pinyin_keys(clean), **{"calendar": DEFAULT_CALENDAR, **values}
    )
    uow.session.add(community)
    return community


def update_community(
    uow: UnitOfWork, *, actor: Actor, community_id: UUID, version: int | None, values: Mapping[str, Any]
) -> Community:
    """Change what is named in `values`. Raises VersionConflict when someone else was faster."""
    actor.require(PLACE_EDIT.code, community_id=community_id)
    community: Community = _get(uow, Community, community_id)
    _check_version(community, version)
    changes = dict(values)
    _check_community(changes)
    if "name" in changes:
        changes["name"] = _name(changes["name"])
        changes["name_pinyin"] = pinyin_keys(changes["name"])
    _change(community, changes)
    _flush(uow, "name")
    uow.audit(
        "estate.community_changed",
        actor=actor.ref(),
        subject=("community", community.id),
        fields=sorted(values),
    )
    return community


def create_building(
    uow: UnitOfWork, *, actor: Actor, community_id: UUID, values: Mapping[str, Any]
) -> Building:
    """A new building: `key` as written ('3号楼' is '3')."""
    actor.require(PLACE_EDIT.code, community_id=community_id)
    _get(uow, Community, community_id)
    written = _name(str(values.get("key", "")), "key")
    key = building_key(written)
    building = Building(
        community_id=community_id, key=key, sort_key=natural(key),
        name=str(values.get("name") or building_name(key, written)), lat=values.get("lat"), lng=values.get("lng"),
    )  # fmt: skip
    uow.session.add(building)
    _flush(uow, "key")
    uow.audit("estate.building_created", actor=actor.ref(), subject=("building", building.id))
    return building


def update_building(
    uow: UnitOfWork, *, actor: Actor, building_id: UUID, version: int | None, values: Mapping[str, Any]
) -> Building:
    """Change name or map point."""
    building: Building = _get(uow, Building, building_id)
    actor.require(PLACE_EDIT.code, community_id=building.community_id, building_id=building_id)
    _check_version(building, version)
    _change(building, {name: value for name, value in values.items() if name in ("name", "lat", "lng")})
    _flush(uow, "name")
    uow.audit(
        "estate.building_changed", actor=actor.ref(), subject=("building", building.id), fields=sorted(values)
    )
    return building


def create_room(uow: UnitOfWork, *, actor: Actor, building_id: UUID, values: Mapping[str, Any]) -> Room:
    """A new room; its unit is made when it is the first one there."""
    building: Building = _get(uow, Building, building_id)
    actor.require(PLACE_EDIT.code, community_id=building.community_id, building_id=building_id)
    given = dict(values)
    number = _name(str(given.pop("number", "")), "number").upper()
    unit_text = fold(str(given.pop("unit", None) or ""))
    unit = unit_key(unit_text) if unit_text else None
    _check_room(given)
    floor = given.pop("floor", None)
    floor = floor_of_room(number) if floor is None else floor
    room = Room(
        community_id=building.community_id, building_id=building.id,
        unit_id=_unit_id(uow, building.id, unit) if unit else None, key=room_key(building.key, unit, number),
        sort_key=room_sort_key(building.key, unit, floor, number), number=number, floor=floor, **given,
    )  # fmt: skip
    _check_areas(room.built_area, room.inner_area)
    uow.session.add(room)
    _flush(uow, "number")
    uow.audit("estate.room_created", actor=actor.ref(), subject=("room", room.id))
    return room


def update_room(
    uow: UnitOfWork, *, actor: Actor, room_id: UUID, version: int | None, values: Mapping[str, Any]
) -> Room:
    """Change facts of a room; its place stays."""
    room: Room = _get(uow, Room, room_id)
    actor.require(PLACE_EDIT.code, community_id=room.community_id, building_id=room.building_id)
    _check_version(room, version)
    _check_room(values)
    _check_areas(values.get("built_area", room.built_area), values.get("inner_area", room.inner_area))
    _change(room, values)
    _flush(uow, "number")
    uow.audit("estate.room_changed", actor=actor.ref(), subject=("room", room.id), fields=sorted(values))
    return room


def add_note(uow: UnitOfWork, *, actor: Actor, room_id: UUID, text: str) -> RoomNote:
    """Write something down about a room for all colleagues."""
    room: Room = _get(uow, Room, room_id)
    actor.require(ROOM_BROWSE.code, community_id=room.community_id, building_id=room.building_id)
    if not text.strip():
        raise wrong("text", _l("Please fill this in."))
    note = RoomNote(
        room_id=room_id, text=text.strip()[:MAX_NOTE], author_id=actor.user_id, author_name=actor.name,
        created_at=utcnow(),
    )  # fmt: skip
    uow.session.add(note)
    uow.audit("estate.note_added", actor=actor.ref(), subject=("room", room_id))
    return note


def _unit_id(uow: UnitOfWork, building_id: UUID, key: str) -> UUID:
    known = uow.session.scalar(select(Unit.id).where(Unit.building_id == building_id, Unit.key == key))
    if known is not None:
        return known
    unit = Unit(building_id=building_id, key=key)
    uow.session.add(unit)
    uow.session.flush()
    return unit.id


def _get(uow: UnitOfWork, model: type[Any], row_id: UUID) -> Any:
    row = uow.session.get(model, row_id)
    if row is None:
        raise NotFound()
    return row


def _check_version(row: Any, version: int | None) -> None:
    if version is not None and row.version != version:
        raise VersionConflict()


def _change(row: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _flush(uow: UnitOfWork, field: str) -> None:
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise Taken(field) from error


def _name(text: str, field: str = "name") -> str:
    clean = fold(text)[:60]
    if not clean:
        raise wrong(field, _l("Please fill this in."))
    return clean


def _check_community(values: Mapping[str, Any]) -> None:
    if "time_zone" in values:
        try:
            ZoneInfo(values["time_zone"])
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise wrong(
                "time_zone", _l("There is no such time zone. In China it is Asia/Shanghai.")
            ) from error
    if "calendar" in values:
        try:
            parsed = parse_calendar("UTC", values["calendar"])
        except (ValueError, TypeError, AttributeError) as error:
            raise wrong("calendar", _l("Write working hours as 08:30 to 18:00.")) from error
        if len(parsed.week) != 7:
            raise wrong("calendar", _l("A week has seven days, Monday first."))


def _check_room(values: Mapping[str, Any]) -> None:
    if values.get("kind", "residential") not in ROOM_KINDS:
        raise wrong("kind", _l("Choose one of the kinds."))
    if values.get("status", "unknown") not in ROOM_STATUSES:
        raise wrong("status", _l("Choose one of the states."))
    handover = values.get("handover_on")
    if isinstance(handover, date) and not 1949 <= handover.year <= 2100:
        raise wrong("handover_on", _l("This date cannot be right."))


def _check_areas(built: Decimal | None, inner: Decimal | None) -> None:
    if built is not None and inner is not None and inner > built:
        raise wrong("inner_area", _l("The inner area cannot exceed the built area."))
