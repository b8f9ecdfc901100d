"""Taking a report at the front desk: who calls, where it is, what is wrong; sorted while it is typed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from saas.core.errors import DomainError, InvalidInput
from saas.core.places import Place
from saas.estate.permissions import PLACE_VIEW
from saas.estate.queries.places import room_place, search
from saas.people.queries import person_hits
from saas.repairs import services
from saas.repairs.catalogue import CATEGORIES, URGENCIES
from saas.repairs.pages import desk_words as words
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.pages.desk_filters import id_of
from saas.repairs.pages.photos import keep_photos, sent_photos
from saas.repairs.permissions import REGISTER
from saas.repairs.queries.desk import place_choices, residents_of
from saas.repairs.queries.similar import similar_orders_at
from saas.repairs.services.intake import MAX_TEXT
from saas.web.auth import access, current_actor
from saas.web.render import is_partial, page, say
from saas.web.work import work
from tenants.context import current_tenant
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

LABELS = {
    "text": _l("What is wrong"), "place": _l("Place"), "contact_phone": _l("Phone"), "wished_to": _l("Wished until"),
    "wished_from": _l("Wished from"), "photos": _l("Photos"), "category": _l("Category"), "urgency": _l("Urgency"),
}  # fmt: skip
TYPED = (
    "who", "room", "person", "public", "community", "building", "place", "contact_name", "contact_phone", "text",
    "category", "urgency", "wished_from", "wished_to",
)  # fmt: skip


@blueprint.get("/repairs/new")
@access(REGISTER.code)
def order_new() -> Response:
    """The form; what stands in the address is filled in."""
    return _form_page(request.args)


@blueprint.get("/repairs/new/who")
@access(REGISTER.code)
def order_new_who() -> Response:
    """Homes that fit what was typed: number, name, pinyin, phone or its last four digits."""
    if not is_partial():
        return redirect(_whole_form())
    text = request.args.get("who", "").strip()[:60]
    with work(read_only=True) as uow:
        hits = search(uow, actor=current_actor(), text=text, limit=6) if text else []
    return page("repairs/desk/new_part.html", part="hits", hits=hits, form=request.args)


@blueprint.get("/repairs/new/home")
@access(REGISTER.code)
def order_new_home() -> Response:
    """The chosen home, with those who live there to name the caller; or the search again."""
    if not is_partial():
        return redirect(_whole_form())
    with work(read_only=True) as uow:
        context = _home(uow, request.args)
    return page("repairs/desk/new_part.html", part="where", form=request.args, errors={}, **context)


@blueprint.get("/repairs/new/preview")
@access(REGISTER.code)
def order_new_preview() -> Response:
    """What the words are taken for, and open orders that look the same."""
    args = request.args
    text = args.get("text", "").strip()[:MAX_TEXT]
    context: dict[str, Any] = {"sorted_as": None, "similar": ()}
    if len(text) >= 2:
        with work(read_only=True) as uow:
            result = services.sort_text(uow, text, current_actor().locale)
            place = _place_of(uow, args)
            similar = (
                similar_orders_at(uow, place, args.get("category") or result.category, text) if place else ()
            )
        context = {"sorted_as": result, "similar": similar}
    return page("repairs/desk/new_part.html", part="preview", form=args, words=words, text=text, **context)


@blueprint.post("/repairs/new")
@access(REGISTER.code)
def order_create() -> Response:
    """Take the report; the same form sent twice is one order."""
    form, actor = request.form, current_actor()
    request_id = form.get("request_id", "")[:64] or str(new_id())
    try:
        with work() as uow:
            made = services.create_order(uow, actor=actor, report=_report(uow, form, request_id))
            order_id, number = made.order.id, made.order.number
    except DomainError as error:
        if not error.fields:
            raise
        return _form_page(form, errors=error.fields, status=error.status)
    lost = keep_photos(order_id, request_id, sent_photos())
    say(_("%(number)s is registered.", number=number))
    if lost:
        say(_("%(count)d photos could not be read. Everything else is kept.", count=lost), "alert")
    return redirect(url_for("repairs.board", order=order_id))


def _whole_form() -> str:
    """The form's own address with what was typed, for browsers without JavaScript."""
    given = {name: request.args[name] for name in TYPED if request.args.get(name)}
    return f"{url_for('repairs.order_new')}?{urlencode(given)}"


def _form_page(form: Any, *, errors: Any = None, status: int = 200) -> Response:
    with work(read_only=True) as uow:
        context = _home(uow, form)
        result = services.sort_text(uow, form["text"], current_actor().locale) if form.get("text") else None
    return page(
        "repairs/desk/new.html", status, form=form, errors=errors or {}, labels=LABELS, sorted_as=result, similar=(),
        text=form.get("text", ""), categories=[(code, term.text()) for code, term in CATEGORIES.items()], words=words,
        urgencies=[(code, term.text()) for code, term in URGENCIES.items()],
        request_id=form.get("request_id") or str(new_id()), **context,
    )  # fmt: skip


def _home(uow: UnitOfWork, form: Any) -> dict[str, Any]:
    room_id, actor = id_of(form.get("room")), current_actor()
    choices = place_choices(uow, actor=actor, permission=REGISTER.code)
    context: dict[str, Any] = {
        "home": None,
        "people": [],
        "hits": [],
        "choices": choices,
        "public": bool(form.get("public")),
    }
    if room_id is not None:
        place = room_place(uow, room_id)
        if actor.may(PLACE_VIEW.code, community_id=place.community_id, building_id=place.building_id):
            living = residents_of(uow, room_id)
            hits = person_hits(uow, [each[0] for each in living])
            context |= {"home": place, "people": [hits[each[0]] for each in living if each[0] in hits]}
    elif form.get("who"):
        context["hits"] = search(uow, actor=actor, text=form["who"][:60], limit=6)
    return context


def _report(uow: UnitOfWork, form: Any, request_id: str) -> services.Report:
    category, urgency = form.get("category") or None, form.get("urgency") or None
    text = form.get("text", "").strip()
    if bool(category) != bool(urgency) and text:
        result = services.sort_text(uow, text, current_actor().locale)
        category, urgency = category or result.category, urgency or result.urgency
    room_id = id_of(form.get("room"))
    person = id_of(form.get("person")) if room_id else None
    is_public = room_id is None and bool(form.get("building") or form.get("place", "").strip())
    return services.Report(
        text=text, room_id=room_id, community_id=id_of(form.get("community")) if is_public else None,
        building_id=None if room_id else id_of(form.get("building")), place="" if room_id else form.get("place", "").strip(),
        request_id=request_id, wished_from=_instant(form, "wished_from"), wished_to=_instant(form, "wished_to"),
        person_id=person, contact_name=form.get("contact_name", "")[:60], contact_phone=form.get("contact_phone", ""),
        category=category, urgency=urgency,
    )  # fmt: skip


def _instant(form: Any, name: str) -> datetime | None:
    """A local time of the firm as an instant."""
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return (
            datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(current_tenant().time_zone)).astimezone(UTC)
        )
    except ValueError as error:
        raise InvalidInput(fields={name: [_l("Choose day and time.")]}) from error


def _place_of(uow: UnitOfWork, args: Any) -> Place | None:
    room_id, community_id = id_of(args.get("room")), id_of(args.get("community"))
    if room_id is not None:
        return room_place(uow, room_id)
    if community_id is not None and args.get("public"):
        return Place(community_id, id_of(args.get("building")), None)
    return None
