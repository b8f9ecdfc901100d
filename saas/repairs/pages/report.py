"""The resident reports: three steps on one page, what it looks like while typing, joining what others reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from saas.core.errors import DomainError, InvalidInput, NotFound
from saas.core.places import Place
from saas.estate.queries import community_of, rooms_of_person, text_of_place
from saas.estate.services.links import place_of_token
from saas.repairs import services
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.pages.photos import keep_photos, sent_photos
from saas.repairs.permissions import REPORT
from saas.repairs.queries.similar import SimilarOrder, similar_orders_at
from saas.repairs.services.intake import MAX_TEXT, Report
from saas.repairs.services.photos import MAX_PHOTOS
from saas.web.auth import access, current_actor
from saas.web.render import page, say
from saas.web.work import work
from tenants import clock
from tenants.context import current_tenant
from tenants.unit_of_work import UnitOfWork

VISIT_HOURS = 2
AFTERNOON = (time(13), time(18))
AFTERNOON_UNTIL = 16
MORNING = (time(9), time(12))
SHORTEST_TEXT = 2


@dataclass(frozen=True)
class Choice:
    """One place to choose: the value of the form, two lines of words, the icon."""

    value: str
    title: Any
    text: str
    icon: str
    is_public: bool = False


@blueprint.get("/report")
@access(REPORT.code)
def report() -> Response:
    """The empty form; `?place=` comes from a scanned code or a link."""
    wanted = request.args.get("place", "")
    form = {"request_id": str(uuid4()), "when": "now", "text": request.args.get("text", ""), "place": wanted}
    return _form_page(form)


@blueprint.post("/report")
@access(REPORT.code)
def send_report() -> Response:
    """Take the report; sent twice it is one order, and photos that fail leave the words safe."""
    form = request.form.to_dict()
    files = sent_photos()
    try:
        draft = _read(form)
        if len(files) > MAX_PHOTOS:
            raise InvalidInput(fields={"photos": [_l("Nine photos at most.")]})
        order_id, is_new = _take(draft, form, files)
    except DomainError as error:
        if error.status not in (404, 422):
            raise
        return _form_page(form, error, photos_lost=bool(files))
    lost = keep_photos(order_id, form.get("request_id", ""), files) if draft.text.strip() else 0
    if is_new and not lost:
        say(_("Sent. We tell you each step."))
    return redirect(url_for("repairs.progress", order_id=order_id, photos="lost" if lost else None))


@blueprint.get("/report/preview")
@access(REPORT.code)
def preview_report() -> Response:
    """What the words look like, and open orders that may be the same fault."""
    text = request.args.get("text", "").strip()[:MAX_TEXT]
    sorted_as = None
    similar: tuple[SimilarOrder, ...] = ()
    if len(text) >= SHORTEST_TEXT:
        with work(read_only=True) as uow:
            sorted_as = services.sort_text(uow, text, current_actor().locale)
            place = _place_of(uow, request.args.get("place", ""))
            if place is not None:
                similar = similar_orders_at(uow, place, sorted_as.category, text)[:1]
    return page("repairs/resident/preview.html", sorted_as=sorted_as, similar=similar)


@blueprint.post("/orders/<uuid:order_id>/join")
@access(REPORT.code)
def join(order_id: UUID) -> Response:
    """Follow what somebody else reported instead of reporting it again."""
    words = request.form.get("text", "").strip()[:MAX_TEXT]
    with work() as uow:
        services.join_order(uow, actor=current_actor(), order_id=order_id, words=words)
    say(_("You follow this order now and hear of each step."))
    return redirect(url_for("repairs.progress", order_id=order_id))


def _take(draft: Report, form: Mapping[str, str], files: list[Any]) -> tuple[UUID, bool]:
    """Words first, so that they are safe whatever happens to the photos; photos alone go in one piece."""
    if not draft.text.strip():
        draft = replace(draft, photos=_whole(form, files))
    with work() as uow:
        intake = services.create_order(uow, actor=current_actor(), report=draft)
        return intake.order.id, intake.is_new


def _whole(form: Mapping[str, str], files: list[Any]) -> tuple[services.NewPhoto, ...]:
    request_id = form.get("request_id", "")
    return tuple(
        services.NewPhoto(file.read(), f"{request_id}-before-{position}")
        for position, file in enumerate(files)
    )


def _read(form: Mapping[str, str]) -> Report:
    wished_from, wished_to = _wished(form)
    kind, _sign, place_id = form.get("place", "").partition(":")
    found = _uuid(place_id)
    # A public place is named in words; of the own home the address says it all.
    words = form.get("where", "").strip() if kind == "community" else ""
    if kind == "community" and not words:
        raise InvalidInput(fields={"where": [_l("Say where exactly, such as: gate, lift, garage.")]})
    return Report(
        text=form.get("text", ""),
        room_id=found if kind == "room" else None,
        community_id=found if kind == "community" else None,
        place=words,
        code=form.get("code") or None,
        source="code" if form.get("code") else "",
        request_id=form.get("request_id") or None,
        wished_from=wished_from,
        wished_to=wished_to,
    )


def _wished(form: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    zone = ZoneInfo(current_tenant().time_zone)
    local = clock.utcnow().astimezone(zone)
    when = form.get("when", "now")
    if when == "half_day":
        return _half_day(local)
    if when != "time":
        return None, None
    try:
        start = datetime.fromisoformat(form.get("wished_at", "")).replace(tzinfo=zone)
    except ValueError:
        raise InvalidInput(fields={"wished_at": [_l("Choose day and time.")]}) from None
    if start < local - timedelta(minutes=10):
        raise InvalidInput(fields={"wished_at": [_l("Choose a time that is still to come.")]})
    return start, start + timedelta(hours=VISIT_HOURS)


def _half_day(local: datetime) -> tuple[datetime, datetime]:
    """This afternoon, or tomorrow morning once the afternoon is late."""
    late = local.hour >= AFTERNOON_UNTIL
    begins, ends = MORNING if late else AFTERNOON
    on = local.date() + timedelta(days=1 if late else 0)
    start = datetime.combine(on, begins, local.tzinfo)
    return max(start, local), datetime.combine(on, ends, local.tzinfo)


def _form_page(
    form: Mapping[str, str], error: DomainError | None = None, *, photos_lost: bool = False
) -> Response:
    actor = current_actor()
    with work(read_only=True) as uow:
        homes = rooms_of_person(uow, actor.person_id) if actor.person_id else []
        places, chosen, code, foreign = _places(uow, homes, form)
        phone = community_of(uow, homes[0].community_id).phone if homes else ""
        zone = uow.tenant.time_zone
    local = clock.utcnow().astimezone(ZoneInfo(zone))
    return page(
        "repairs/resident/report.html",
        status=error.status if error else 200,
        form=form,
        places=places,
        chosen=chosen,
        code=code,
        foreign=foreign,
        phone=phone,
        errors=error.fields if error else {},
        message=str(error) if error and not error.fields else None,
        photos_lost=photos_lost,
        most=MAX_PHOTOS,
        is_late=local.hour >= AFTERNOON_UNTIL,
        earliest=local.strftime("%Y-%m-%dT%H:%M"),
    )


def _places(
    uow: UnitOfWork, homes: list[Place], form: Mapping[str, str]
) -> tuple[list[Choice], str, str, bool]:
    """What can be chosen, what is chosen, the code that allows more, and whether the scanned place is not ours."""
    choices = [Choice(f"room:{home.room_id}", _l("My home"), _short(uow, home), "home") for home in homes]
    communities = dict.fromkeys(home.community_id for home in homes)
    wanted, code, foreign = form.get("place", ""), form.get("code", ""), False
    if wanted and ":" not in wanted:
        code = wanted
    scanned = _scanned(uow, code)
    if scanned is not None:
        wanted = wanted if ":" in wanted else _value(scanned)
        communities.setdefault(scanned.community_id)
    for community_id in communities:
        name = community_of(uow, community_id).name
        choices.append(Choice(f"community:{community_id}", _l("Public place"), name, "trees", is_public=True))
    known = {choice.value for choice in choices}
    foreign = bool(wanted) and wanted not in known
    chosen = wanted if wanted in known else (choices[0].value if choices else "")
    return choices, chosen, code if scanned is not None else "", foreign


def _scanned(uow: UnitOfWork, token: str) -> Place | None:
    if not token:
        return None
    try:
        return place_of_token(uow, token)
    except NotFound:
        return None


def _value(place: Place) -> str:
    return f"room:{place.room_id}" if place.room_id else f"community:{place.community_id}"


def _short(uow: UnitOfWork, home: Place) -> str:
    return home.text.removeprefix(community_of(uow, home.community_id).name).strip() or home.text


def _place_of(uow: UnitOfWork, value: str) -> Place | None:
    """The place behind a form value, if it is one of the actor's own."""
    actor = current_actor()
    kind, _sign, place_id = value.partition(":")
    found = _uuid(place_id)
    homes = rooms_of_person(uow, actor.person_id) if actor.person_id else []
    if kind == "room":
        return next((home for home in homes if home.room_id == found), None)
    if kind == "community" and found in {home.community_id for home in homes} and found is not None:
        return Place(found, None, None, text_of_place(uow, found))
    return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
