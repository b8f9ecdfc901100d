"""Rooms: list, building grid, one room with its people and its past."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from saas.core.cards import cards_for
from saas.core.errors import DomainError
from saas.estate.codes import OCCUPANCY_ROLES, ROOM_KINDS, ROOM_STATUSES
from saas.estate.pages.blueprint import blueprint
from saas.estate.pages.forms import building_form, date_of, id_of, occupancy_form, room_form, room_values
from saas.estate.permissions import OCCUPANCY_EDIT, PLACE_EDIT, ROOM_BROWSE
from saas.estate.queries import rooms as queries
from saas.estate.queries.places import room_place
from saas.estate.services import occupancies, places
from saas.estate.words import KIND_WORDS, MOMENT_ICONS, MOMENT_WORDS, ROLE_WORDS, STATUS_ICONS, STATUS_WORDS
from saas.web.auth import access, current_actor
from saas.web.render import page, say
from saas.web.work import work

WORDS: dict[str, Any] = {
    "statuses": STATUS_WORDS,
    "status_icons": STATUS_ICONS,
    "kinds": KIND_WORDS,
    "roles": ROLE_WORDS,
    "moment_words": MOMENT_WORDS,
    "moment_icons": MOMENT_ICONS,
}


@blueprint.get("/rooms")
@access(ROOM_BROWSE.code)
def rooms() -> Response:
    """The list with its filters in the address; it is also where the search box leads."""
    actor, args = current_actor(), request.args
    wanted = queries.RoomFilter(
        community_id=id_of(args.get("community")),
        building_id=id_of(args.get("building")),
        kind=args.get("kind") if args.get("kind") in ROOM_KINDS else None,
        status=args.get("status") if args.get("status") in ROOM_STATUSES else None,
        q=args.get("q", "")[:60],
    )
    with work(read_only=True) as uow:
        communities, _more = queries.list_communities(uow, actor=actor, limit=200)
        chosen = wanted.community_id or (communities[0].id if len(communities) == 1 else None)
        buildings = (
            queries.list_buildings(uow, actor=actor, community_id=chosen, limit=200)[0] if chosen else []
        )
        found, next_cursor = queries.list_rooms(uow, actor=actor, wanted=wanted, cursor=args.get("cursor"))
        counts = queries.status_counts(uow, actor=actor, wanted=wanted)
    names = {community.id: community.name for community in communities}
    return page(
        "estate/rooms.html", rooms=found, next_cursor=next_cursor, counts=counts, wanted=wanted, names=names,
        communities=communities, buildings=buildings, **WORDS,
    )  # fmt: skip


@blueprint.get("/buildings/<uuid:building_id>")
@access(ROOM_BROWSE.code)
def building(building_id: UUID) -> Response:
    """All rooms of a building, floor by floor."""
    actor = current_actor()
    with work(read_only=True) as uow:
        shown = queries.get_building(uow, actor=actor, building_id=building_id)
        community = queries.get_community(uow, actor=actor, community_id=shown.community_id)
        found = queries.building_rooms(uow, actor=actor, building_id=building_id)
    return page(
        "estate/building.html",
        building=shown,
        community=community,
        floors=_floors(found),
        rooms=found,
        **WORDS,
    )


def _floors(rooms: list[queries.RoomRow]) -> list[tuple[int | None, list[queries.RoomRow]]]:
    """Top floor first, as a house stands; rooms without a floor last."""
    floors: dict[int | None, list[queries.RoomRow]] = {}
    for room in rooms:
        floors.setdefault(room.floor, []).append(room)
    return sorted(floors.items(), key=lambda each: -1000 if each[0] is None else each[0], reverse=True)


@blueprint.get("/communities/<uuid:community_id>/buildings/new")
@access(PLACE_EDIT.code)
def building_new(community_id: UUID) -> Response:
    """The form of a building."""
    return _building_form(community_id, {}, {})


@blueprint.post("/communities/<uuid:community_id>/buildings/new")
@access(PLACE_EDIT.code)
def building_create(community_id: UUID) -> Response:
    """Add a building."""
    values = building_form(request.form)
    try:
        with work() as uow:
            queries.get_community(uow, actor=current_actor(), community_id=community_id)
            made = places.create_building(
                uow, actor=current_actor(), community_id=community_id, values=values
            )
            building_id = made.id
    except DomainError as error:
        return _building_form(community_id, request.form, error.fields, error.status)
    return redirect(url_for("estate.building", building_id=building_id))


def _building_form(community_id: UUID, form: Any, errors: Any, status: int = 200) -> Response:
    with work(read_only=True) as uow:
        community = queries.get_community(uow, actor=current_actor(), community_id=community_id)
    return page("estate/building_form.html", status, community=community, form=form, errors=errors)


@blueprint.get("/buildings/<uuid:building_id>/rooms/new")
@access(PLACE_EDIT.code)
def room_new(building_id: UUID) -> Response:
    """The form of a room."""
    return _room_form(building_id, None, {"kind": "residential", "status": "unknown"}, {})


@blueprint.post("/buildings/<uuid:building_id>/rooms/new")
@access(PLACE_EDIT.code)
def room_create(building_id: UUID) -> Response:
    """Add a room."""
    try:
        values = room_form(request.form)
        with work() as uow:
            queries.get_building(uow, actor=current_actor(), building_id=building_id)
            room_id = places.create_room(
                uow, actor=current_actor(), building_id=building_id, values=values
            ).id
    except DomainError as error:
        return _room_form(building_id, None, request.form, error.fields, error.status)
    return redirect(url_for("estate.room", room_id=room_id))


@blueprint.get("/rooms/<uuid:room_id>/edit")
@access(PLACE_EDIT.code)
def room_edit(room_id: UUID) -> Response:
    """The form with the room's facts."""
    with work(read_only=True) as uow:
        room = queries.get_room(uow, actor=current_actor(), room_id=room_id)
    return _room_form(room.building_id, room, room_values(room), {})


@blueprint.post("/rooms/<uuid:room_id>/edit")
@access(PLACE_EDIT.code)
def room_change(room_id: UUID) -> Response:
    """Change facts; a colleague who was faster is named and nothing typed is lost."""
    with work(read_only=True) as uow:
        room = queries.get_room(uow, actor=current_actor(), room_id=room_id)
    try:
        values = room_form(request.form, new=False)
        version = int(request.form.get("version", "0") or 0)
        with work() as uow:
            places.update_room(uow, actor=current_actor(), room_id=room_id, version=version, values=values)
    except DomainError as error:
        return _room_form(room.building_id, room, request.form, error.fields, error.status, str(error))
    say(_("Saved."))
    return redirect(url_for("estate.room", room_id=room_id))


def _room_form(
    building_id: UUID, room: Any, form: Any, errors: Any, status: int = 200, message: str | None = None
) -> Response:
    with work(read_only=True) as uow:
        shown = queries.get_building(uow, actor=current_actor(), building_id=building_id)
    return page(
        "estate/room_form.html", status, building=shown, room=room, form=form, errors=errors,
        message=None if errors else message, **WORDS,
    )  # fmt: skip


@blueprint.get("/rooms/<uuid:room_id>")
@access(ROOM_BROWSE.code)
def room(room_id: UUID) -> Response:
    """One room: facts and people left, with what other slices know; its past on the right."""
    return _room_page(room_id)


def _room_page(room_id: UUID, status: int = 200, **extra: Any) -> Response:
    actor = current_actor()
    with work(read_only=True) as uow:
        shown = queries.get_room(uow, actor=actor, room_id=room_id)
        people = queries.occupants(uow, room_id)
        before, after = queries.neighbours(uow, shown)
        known: dict[str, Any] = {
            "moments": queries.moments(uow, shown, people),
            "top": queries.top_floor(uow, shown.building_id),
            "community": queries.get_community(uow, actor=actor, community_id=shown.community_id),
        }
        cards = cards_for("room", uow, actor, room_id)
    return page(
        "estate/room.html", status, room=shown, before=before, after=after,
        people=[each for each in people if not each.ends_on], past=[each for each in people if each.ends_on],
        cards=[(card.title, Markup(render_template(card.template, **card.context))) for card in cards],
        show_past="past" in request.args, **known, **WORDS, **extra,
    )  # fmt: skip


@blueprint.post("/rooms/<uuid:room_id>/notes")
@access(ROOM_BROWSE.code)
def room_note(room_id: UUID) -> Response:
    """Write something down."""
    with work() as uow:
        queries.get_room(uow, actor=current_actor(), room_id=room_id)
        places.add_note(uow, actor=current_actor(), room_id=room_id, text=request.form.get("text", ""))
    return redirect(url_for("estate.room", room_id=room_id))


@blueprint.get("/rooms/<uuid:room_id>/people/new")
@access(OCCUPANCY_EDIT.code)
def occupant_new(room_id: UUID) -> Response:
    """The form of a person who moves in or buys."""
    return _occupant_form(room_id, {"role": "owner"}, {})


@blueprint.post("/rooms/<uuid:room_id>/people/new")
@access(OCCUPANCY_EDIT.code)
def occupant_add(room_id: UUID) -> Response:
    """Enter a person into the room."""
    try:
        values = occupancy_form(request.form)
        with work() as uow:
            queries.get_room(uow, actor=current_actor(), room_id=room_id)
            occupancies.start_occupancy(uow, actor=current_actor(), room_id=room_id, **values)
    except DomainError as error:
        return _occupant_form(room_id, request.form, error.fields, error.status, str(error))
    say(_("Added."))
    return redirect(url_for("estate.room", room_id=room_id))


def _occupant_form(
    room_id: UUID, form: Any, errors: Any, status: int = 200, message: str | None = None
) -> Response:
    with work(read_only=True) as uow:
        queries.get_room(uow, actor=current_actor(), room_id=room_id)
        place = room_place(uow, room_id)
    roles = [(role, ROLE_WORDS[role]) for role in OCCUPANCY_ROLES]
    return page(
        "estate/occupant_form.html", status, room_id=room_id, place=place, form=form, errors=errors,
        role_options=roles, message=None if errors else message,
    )  # fmt: skip


@blueprint.post("/occupancies/<uuid:occupancy_id>/end")
@access(OCCUPANCY_EDIT.code)
def occupant_end(occupancy_id: UUID) -> Response:
    """The person leaves; the row stays as history."""
    with work() as uow:
        known = queries.get_occupancy(uow, actor=current_actor(), occupancy_id=occupancy_id)
        occupancies.end_occupancy(
            uow, actor=current_actor(), occupancy_id=occupancy_id, ends_on=date_of(request.form, "ends_on")
        )
    say(_("Ended. It stays in the room's history."))
    return redirect(url_for("estate.room", room_id=known.room_id))
