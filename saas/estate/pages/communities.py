"""Communities: list, add, change."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.core.errors import DomainError
from saas.estate.models import Community
from saas.estate.pages.blueprint import blueprint
from saas.estate.pages.forms import community_form
from saas.estate.permissions import PLACE_EDIT, ROOM_BROWSE
from saas.estate.queries import rooms as queries
from saas.estate.services import places
from saas.web.auth import access, current_actor
from saas.web.render import page, say
from saas.web.work import work


@blueprint.get("/communities")
@access(ROOM_BROWSE.code)
def communities() -> Response:
    """All communities with their buildings."""
    actor = current_actor()
    with work(read_only=True) as uow:
        found, next_cursor = queries.list_communities(uow, actor=actor, cursor=request.args.get("cursor"))
        counts = queries.counts_by_community(uow, [community.id for community in found])
        buildings, _more = queries.list_buildings(uow, actor=actor, limit=200)
        rooms = queries.rooms_by_building(uow, [building.id for building in buildings])
    return page(
        "estate/communities.html", communities=found, counts=counts, buildings=buildings, rooms=rooms,
        next_cursor=next_cursor,
    )  # fmt: skip


@blueprint.get("/communities/new")
@access(PLACE_EDIT.code)
def community_new() -> Response:
    """The form."""
    return page("estate/community_form.html", community=None, form=_blank(), errors={})


@blueprint.post("/communities/new")
@access(PLACE_EDIT.code)
def community_create() -> Response:
    """Add a community and go on to its list of rooms."""
    try:
        values = community_form(request.form)
        with work() as uow:
            places.create_community(uow, actor=current_actor(), values=values)
    except DomainError as error:
        return _form_again(None, error)
    say(_("The community is there. Next, import its rooms and owners."))
    return redirect(url_for("estate.import_new"))


@blueprint.get("/communities/<uuid:community_id>/edit")
@access(PLACE_EDIT.code)
def community_edit(community_id: UUID) -> Response:
    """The form with what is on file."""
    with work(read_only=True) as uow:
        community = queries.get_community(uow, actor=current_actor(), community_id=community_id)
    return page("estate/community_form.html", community=community, form=_values(community), errors={})


@blueprint.post("/communities/<uuid:community_id>/edit")
@access(PLACE_EDIT.code)
def community_change(community_id: UUID) -> Response:
    """Change a community."""
    with work(read_only=True) as uow:
        community = queries.get_community(uow, actor=current_actor(), community_id=community_id)
    try:
        values = community_form(request.form)
        version = int(request.form.get("version", "0") or 0)
        with work() as uow:
            places.update_community(
                uow, actor=current_actor(), community_id=community_id, version=version, values=values
            )
    except DomainError as error:
        return _form_again(community, error)
    say(_("Saved."))
    return redirect(url_for("estate.communities"))


def _form_again(community: Community | None, error: DomainError) -> Response:
    form = {**request.form, "days": {int(day) for day in request.form.getlist("days") if day.isdecimal()}}
    message = None if error.fields else str(error)
    return page(
        "estate/community_form.html", error.status, community=community, form=form, errors=error.fields,
        message=message,
    )  # fmt: skip


def _blank() -> dict[str, Any]:
    return {"opens": "08:30", "shuts": "18:00", "days": set(range(7))}


def _values(community: Community) -> dict[str, Any]:
    week = community.calendar.get("week", [])
    first = next((spans[0] for spans in week if spans), ["08:30", "18:00"])
    return {
        "name": community.name, "address": community.address, "phone": community.phone, "lat": community.lat,
        "lng": community.lng, "opens": first[0], "shuts": first[1], "version": community.version,
        "days": {day for day, spans in enumerate(week) if spans},
        "holidays": "\n".join(sorted(community.calendar.get("exceptions", {}))),
    }  # fmt: skip
