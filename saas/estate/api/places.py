"""Communities, buildings, rooms and occupancies."""

from typing import Any
from uuid import UUID

from flask import request
from flask_babel import lazy_gettext as _l

from saas.estate.errors import wrong
from saas.estate.permissions import OCCUPANCY_EDIT, PLACE_EDIT, PLACE_VIEW
from saas.estate.queries import rooms as queries
from saas.estate.schemas import (
    BuildingChangeSchema,
    BuildingListArgs,
    BuildingNewSchema,
    BuildingSchema,
    CommunityChangeSchema,
    CommunityNewSchema,
    CommunitySchema,
    OccupancyEndSchema,
    OccupancyListArgs,
    OccupancyNewSchema,
    OccupancySchema,
    RoomChangeSchema,
    RoomListArgs,
    RoomNewSchema,
    RoomSchema,
)  # fmt: skip
from saas.estate.services import occupancies, places
from saas.people.phones import split_phones
from saas.people.services.persons import PersonDraft
from saas.web.api import API_PREFIX, Blueprint, CursorArgs, listing_of
from saas.web.auth import access, current_actor
from saas.web.work import work

blp = Blueprint("estate_api", __name__, url_prefix=API_PREFIX, description="Communities, buildings and rooms")


def expected_version() -> int | None:
    """The version of `If-Match: "3"`; None when the caller does not ask."""
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _listing(page: tuple[list[Any], str | None]) -> dict[str, Any]:
    return {"items": page[0], "next_cursor": page[1]}


@blp.get("/communities")
@blp.arguments(CursorArgs, location="query")
@blp.response(200, listing_of(CommunitySchema))
@access(PLACE_VIEW.code)
def communities_list(args: dict[str, Any]) -> dict[str, Any]:
    """Communities by name."""
    with work(read_only=True) as uow:
        return _listing(queries.list_communities(uow, actor=current_actor(), **args))


@blp.post("/communities")
@blp.arguments(CommunityNewSchema)
@blp.response(201, CommunitySchema)
@blp.alt_response(409, description="a community of this name exists")
@access(PLACE_EDIT.code)
def communities_create(data: dict[str, Any]) -> Any:
    """Add a community."""
    with work() as uow:
        return places.create_community(uow, actor=current_actor(), values=data)


@blp.get("/communities/<uuid:community_id>")
@blp.response(200, CommunitySchema)
@access(PLACE_VIEW.code)
def communities_get(community_id: UUID) -> Any:
    """One community."""
    with work(read_only=True) as uow:
        return queries.get_community(uow, actor=current_actor(), community_id=community_id)


@blp.patch("/communities/<uuid:community_id>")
@blp.arguments(CommunityChangeSchema)
@blp.response(200, CommunitySchema)
@blp.alt_response(409, description="changed by someone else since the version in If-Match")
@access(PLACE_EDIT.code)
def communities_change(data: dict[str, Any], community_id: UUID) -> Any:
    """Change a community; send If-Match with the version you have."""
    with work() as uow:
        queries.get_community(uow, actor=current_actor(), community_id=community_id)
        return places.update_community(
            uow, actor=current_actor(), community_id=community_id, version=expected_version(), values=data
        )


@blp.get("/buildings")
@blp.arguments(BuildingListArgs, location="query")
@blp.response(200, listing_of(BuildingSchema))
@access(PLACE_VIEW.code)
def buildings_list(args: dict[str, Any]) -> dict[str, Any]:
    """Buildings in the order of people: 2 before 10."""
    with work(read_only=True) as uow:
        return _listing(queries.list_buildings(uow, actor=current_actor(), **args))


@blp.post("/buildings")
@blp.arguments(BuildingNewSchema)
@blp.response(201, BuildingSchema)
@blp.alt_response(409, description="the community has this building")
@access(PLACE_EDIT.code)
def buildings_create(data: dict[str, Any]) -> Any:
    """Add a building."""
    with work() as uow:
        community_id = data.pop("community_id")
        queries.get_community(uow, actor=current_actor(), community_id=community_id)
        return places.create_building(uow, actor=current_actor(), community_id=community_id, values=data)


@blp.get("/buildings/<uuid:building_id>")
@blp.response(200, BuildingSchema)
@access(PLACE_VIEW.code)
def buildings_get(building_id: UUID) -> Any:
    """One building."""
    with work(read_only=True) as uow:
        return queries.get_building(uow, actor=current_actor(), building_id=building_id)


@blp.patch("/buildings/<uuid:building_id>")
@blp.arguments(BuildingChangeSchema)
@blp.response(200, BuildingSchema)
@blp.alt_response(409, description="changed by someone else since the version in If-Match")
@access(PLACE_EDIT.code)
def buildings_change(data: dict[str, Any], building_id: UUID) -> Any:
    """Change a building's name or map point."""
    with work() as uow:
        queries.get_building(uow, actor=current_actor(), building_id=building_id)
        return places.update_building(
            uow, actor=current_actor(), building_id=building_id, version=expected_version(), values=data
        )


@blp.get("/rooms")
@blp.arguments(RoomListArgs, location="query")
@blp.response(200, listing_of(RoomSchema))
@access(PLACE_VIEW.code)
def rooms_list(args: dict[str, Any]) -> dict[str, Any]:
    """Rooms by building, unit, floor and number."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    with work(read_only=True) as uow:
        wanted = queries.RoomFilter(**args)
        return _listing(
            queries.list_rooms(uow, actor=current_actor(), wanted=wanted, cursor=cursor, limit=limit)
        )


@blp.post("/rooms")
@blp.arguments(RoomNewSchema)
@blp.response(201, RoomSchema)
@blp.alt_response(409, description="the community has this room")
@access(PLACE_EDIT.code)
def rooms_create(data: dict[str, Any]) -> Any:
    """Add a room."""
    with work() as uow:
        building_id = data.pop("building_id")
        queries.get_building(uow, actor=current_actor(), building_id=building_id)
        room = places.create_room(uow, actor=current_actor(), building_id=building_id, values=data)
        return queries.get_room(uow, actor=current_actor(), room_id=room.id)


@blp.get("/rooms/<uuid:room_id>")
@blp.response(200, RoomSchema)
@access(PLACE_VIEW.code)
def rooms_get(room_id: UUID) -> Any:
    """One room."""
    with work(read_only=True) as uow:
        return queries.get_room(uow, actor=current_actor(), room_id=room_id)


@blp.patch("/rooms/<uuid:room_id>")
@blp.arguments(RoomChangeSchema)
@blp.response(200, RoomSchema)
@blp.alt_response(409, description="changed by someone else since the version in If-Match")
@access(PLACE_EDIT.code)
def rooms_change(data: dict[str, Any], room_id: UUID) -> Any:
    """Change facts of a room."""
    with work() as uow:
        queries.get_room(uow, actor=current_actor(), room_id=room_id)
        places.update_room(
            uow, actor=current_actor(), room_id=room_id, version=expected_version(), values=data
        )
        return queries.get_room(uow, actor=current_actor(), room_id=room_id)


@blp.get("/occupancies")
@blp.arguments(OccupancyListArgs, location="query")
@blp.response(200, listing_of(OccupancySchema))
@access(PLACE_VIEW.code)
def occupancies_list(args: dict[str, Any]) -> dict[str, Any]:
    """Who is or was where; residents see their own."""
    with work(read_only=True) as uow:
        return _listing(queries.list_occupancies(uow, actor=current_actor(), **args))


@blp.post("/occupancies")
@blp.arguments(OccupancyNewSchema)
@blp.response(201, OccupancySchema)
@blp.alt_response(409, description="the person is in the room in this role")
@access(OCCUPANCY_EDIT.code)
def occupancies_create(data: dict[str, Any]) -> Any:
    """Enter a person into a room; a known person of this name and phone is taken, else a new one is made."""
    with work() as uow:
        actor = current_actor()
        queries.get_room(uow, actor=actor, room_id=data["room_id"])
        made = occupancies.start_occupancy(
            uow, actor=actor, room_id=data["room_id"], role=data["role"], person_id=data["person_id"],
            person=draft_of(data["name"], data["phones"]), share=occupancies.parse_share(data["share"]),
            starts_on=data["starts_on"],
        )  # fmt: skip
        return queries.get_occupancy(uow, actor=actor, occupancy_id=made.id)


@blp.get("/occupancies/<uuid:occupancy_id>")
@blp.response(200, OccupancySchema)
@access(PLACE_VIEW.code)
def occupancies_get(occupancy_id: UUID) -> Any:
    """One occupancy."""
    with work(read_only=True) as uow:
        return queries.get_occupancy(uow, actor=current_actor(), occupancy_id=occupancy_id)


@blp.patch("/occupancies/<uuid:occupancy_id>")
@blp.arguments(OccupancyEndSchema)
@blp.response(200, OccupancySchema)
@blp.alt_response(409, description="changed by someone else since the version in If-Match")
@access(OCCUPANCY_EDIT.code)
def occupancies_end(data: dict[str, Any], occupancy_id: UUID) -> Any:
    """End an occupancy; it stays as history."""
    with work() as uow:
        actor = current_actor()
        queries.get_occupancy(uow, actor=actor, occupancy_id=occupancy_id)
        occupancies.end_occupancy(
            uow, actor=actor, occupancy_id=occupancy_id, ends_on=data["ends_on"], version=expected_version()
        )
        return queries.get_occupancy(uow, actor=actor, occupancy_id=occupancy_id)


def draft_of(name: str, phones: list[str]) -> PersonDraft | None:
    """A person from form fields; a phone that is none is said at its field."""
    if not name.strip():
        return None
    sound, broken = split_phones("/".join(phones))
    if broken:
        raise wrong("phones", _l("This is no phone number. A mobile has 11 digits."))
    return PersonDraft(name, tuple(sound))
