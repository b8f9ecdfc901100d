"""QR labels, resident letters, and where their codes lead a phone."""

from typing import Any
from uuid import UUID

import segno
from flask import redirect, request, url_for
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.wrappers import Response

from saas.core.errors import DomainError
from saas.core.places import Place
from saas.estate.errors import wrong
from saas.estate.pages.blueprint import blueprint
from saas.estate.pages.forms import id_of
from saas.estate.permissions import LABEL_PRINT
from saas.estate.queries import rooms as queries
from saas.estate.queries.places import person_ids_of_room
from saas.estate.services.links import Label, building_labels, community_label, place_of_token, room_labels
from saas.people.browser import client_address, client_words, keep_session
from saas.people.services.activation import activate_resident
from saas.people.services.rate_limits import ACTIVATION_FROM_ADDRESS, ACTIVATION_OF_ROOM, spend
from saas.web.auth import access, current_actor, public
from saas.web.render import page
from saas.web.work import work
from tenants.web import works_while_suspended

SIZES = {"50x30": _l("50 × 30 mm, 32 on a sheet"), "70x50": _l("70 × 50 mm, 10 on a sheet")}


def qr(path: str) -> Markup:
    """The code as inline SVG, black on white."""
    code = segno.make(request.host_url.rstrip("/") + path, error="m", micro=False)
    return Markup(code.svg_inline(border=2, omitsize=True, dark="#000", light="#fff"))


@blueprint.get("/labels")
@access(LABEL_PRINT.code)
def labels() -> Response:
    """Labels of a room, a building or a community on A4."""
    size = request.args.get("size", "50x30")
    shown = _chosen_labels()
    return page(
        "estate/labels.html", labels=shown, size=size if size in SIZES else "50x30", sizes=SIZES, qr=qr,
    )  # fmt: skip


def _chosen_labels() -> list[Label]:
    actor, args = current_actor(), request.args
    room_id, building_id, community_id = (id_of(args.get(name)) for name in ("room", "building", "community"))
    with work() as uow:
        if room_id:
            return room_labels(uow, actor=actor, room_ids=[room_id])
        if building_id:
            return building_labels(uow, actor=actor, building_id=building_id)
        if community_id:
            return [community_label(uow, actor=actor, community_id=community_id)]
    raise wrong("room", _l("Choose a room, a building or a community."))


@blueprint.get("/rooms/<uuid:room_id>/letter")
@access(LABEL_PRINT.code)
def letter(room_id: UUID) -> Response:
    """A letter to the residents with the code of their home."""
    actor = current_actor()
    with work() as uow:
        label = room_labels(uow, actor=actor, room_ids=[room_id])[0]
        community = queries.get_community(uow, actor=actor, community_id=label.place.community_id)
    return page("estate/letter.html", label=label, community=community, qr=qr, room_id=room_id)


@blueprint.get("/q/<token>")
@works_while_suspended
@public("a phone that scanned a printed code; the page names the place and nobody")
def scanned(token: str) -> Response:
    """Residents go on to report with the place filled in; others sign in or activate their home."""
    place = _place(token)
    if current_actor().kind == "resident":
        return redirect(report_address(place))
    return _scanned_page(token, place)


def report_address(place: Place) -> str:
    """The report page with its place filled in: `place=room:<id>` or `place=community:<id>`."""
    kind, place_id = ("room", place.room_id) if place.room_id else ("community", place.community_id)
    return f"/report?place={kind}:{place_id}"


def _place(token: str) -> Place:
    with work(read_only=True) as uow:
        return place_of_token(uow, token)


def _scanned_page(token: str, place: Place, status: int = 200, **extra: Any) -> Response:
    target = report_address(place)
    headers = {"Referrer-Policy": "same-origin"}
    return page(
        "estate/scanned.html", status, headers=headers, token=token, place=place, target=target, **extra
    )


@blueprint.post("/q/<token>")
@public("a resident sets a password; the phone has to be on file for this very room")
def activate_home(token: str) -> Response:
    """Activate my home: the phone on file and a password, then on to report."""
    place = _place(token)
    if place.room_id is None:
        return redirect(url_for("estate.scanned", token=token))
    try:
        spend(ACTIVATION_FROM_ADDRESS, client_address())
        spend(ACTIVATION_OF_ROOM, str(place.room_id))
        with work() as uow:
            signed = activate_resident(
                uow, person_ids=person_ids_of_room(uow, place.room_id), phone=request.form.get("phone", ""),
                password=request.form.get("password", ""), id_tail=request.form.get("id_tail", ""),
                client=client_words(),
            )  # fmt: skip
    except DomainError as error:
        message = None if error.fields else str(error)
        form = {name: request.form.get(name, "") for name in ("phone", "id_tail")}
        return _scanned_page(token, place, error.status, form=form, errors=error.fields, message=message)
    return keep_session(redirect(report_address(place)), signed.session)
