"""The technician's phone: today, one order, each step, pause, return, finish with photos, scanning a code."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.core.cards import cards_for
from saas.core.errors import DomainError, InvalidInput, NotFound, VersionConflict
from saas.core.places import Place
from saas.estate.services.links import place_of_token
from saas.people.queries import staff_with_account
from saas.repairs import services
from saas.repairs.catalogue import PAUSE_REASONS
from saas.repairs.pages import jobs, wording
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.pages.photos import gallery, keep_photos, sent_photos
from saas.repairs.pages.resident import show_number
from saas.repairs.permissions import WORK
from saas.repairs.queries import mine
from saas.repairs.queries.detail import OrderDetail, load_order
from saas.repairs.services import Arrival, Step
from saas.repairs.states import STATES
from saas.web.auth import access, current_actor
from saas.web.polling import polled
from saas.web.render import page, safe_next, say
from saas.web.work import work
from tenants import clock

STEP_TARGETS = frozenset({"accepted", "en_route", "working", "paused", "returned", "finished"})


@blueprint.app_template_global("job_words")
def job_words() -> dict[str, Any]:
    """What the technician's templates need to put an order into words."""
    return {
        "next": jobs.main_step, "left": jobs.time_left, "distance": jobs.distance, "map": jobs.map_address,
        "minutes": jobs.minutes_to_go, "states": STATES,
    }  # fmt: skip


@blueprint.get("/tasks")
@access(WORK.code)
def today() -> Response:
    """The day: offers, orders in hand, what is done; the part below the title asks again when something happens."""
    actor = current_actor()
    with work(read_only=True) as uow:
        found = mine.technician_today(uow, actor=actor)
        member = staff_with_account(uow, actor.staff_id) if actor.staff_id else None
        is_on, hours = jobs.on_shift(member, uow.tenant.time_zone)
        cards = cards_for("staff_today", uow, actor)
    shown = [*found.offers, *found.orders]
    minute = int(clock.utcnow().timestamp()) // 60
    tag = (tuple((job.row.id, job.row.version) for job in shown), len(found.done), is_on, minute)
    return polled(
        tag,
        lambda: page(
            "repairs/staff/today.html", offers=found.offers, orders=found.orders, done=found.done, actor=actor,
            is_on=is_on, hours=hours, cards=cards,
            topics=[f"repairs.staff:{actor.staff_id}"] if actor.staff_id else [],
        ),
    )  # fmt: skip


@blueprint.get("/tasks/<uuid:order_id>")
@access(WORK.code)
def job(order_id: UUID) -> Response:
    """One order: place, time left, photos before and after, what comes next, history."""
    with work(read_only=True) as uow:
        order = load_order(uow, actor=current_actor(), order_id=order_id)
        steps = services.possible_steps(uow, actor=current_actor(), order_id=order_id)
        found = mine.technician_today(uow, actor=current_actor())
    place = next((each for each in (*found.offers, *found.orders) if each.row.id == order_id), None)
    minute = int(clock.utcnow().timestamp()) // 60
    tag = (order.row.version, order.row.state, len(order.history), len(order.photos), minute)
    return polled(tag, lambda: _job_page(order, {step.target for step in steps}, place))


def _job_page(order: OrderDetail, targets: set[str], place: mine.TodayOrder | None) -> Response:
    row = order.row
    return page(
        "repairs/staff/job.html",
        order=order,
        row=row,
        targets=targets,
        primary=jobs.primary(row.state, targets),
        left=jobs.time_left(row, order.offer_expires_at if row.state == "dispatched" else None),
        before=gallery(row.id, [photo for photo in order.photos if photo.stage == "before"]),
        after=gallery(row.id, [photo for photo in order.photos if photo.stage == "after"]),
        history=jobs.history(order),
        place=place,
        wished=wording.wished_words(row),
        is_mine=row.technician_id is not None and row.technician_id == current_actor().staff_id,
        request_id=str(uuid4()),
        face=STATES[row.state],
        state_colour=wording.face_of(row.state).state,
    )


@blueprint.post("/tasks/<uuid:order_id>/step")
@access(WORK.code)
def take_step(order_id: UUID) -> Response:
    """One step by one button; a step that is not possible any more says so and shows how the order stands."""
    try:
        with work() as uow:
            order = services.take_step(
                uow, actor=current_actor(), order_id=order_id, step=_step(request.form)
            )
            row_state = order.state
    except DomainError as error:
        return _refused(order_id, error)
    say(_done_words().get(row_state, _("Saved.")))
    return redirect(safe_next(request.form.get("next"), url_for("repairs.today")))


def _step(form: Any) -> Step:
    to = form.get("to", "")
    if to not in STEP_TARGETS:
        raise NotFound()
    return Step(
        to=to,
        note=form.get("note", "").strip() or form.get("why", "").strip(),
        version=_whole(form.get("version")),
        reason=form.get("reason", ""),
        eta_minutes=_whole(form.get("eta_minutes")),
        arrival=_arrival(form) if to == "working" else None,
    )


def _arrival(form: Any) -> Arrival:
    lat, lng = _coordinate(form.get("lat")), _coordinate(form.get("lng"))
    if form.get("code"):
        return Arrival(by="code", code=form["code"], lat=lat, lng=lng)
    return Arrival(by="place", lat=lat, lng=lng) if lat is not None and lng is not None else Arrival()


def _refused(order_id: UUID, error: DomainError) -> Response:
    if error.status in (403, 404):
        raise error
    message = next((str(said) for saids in error.fields.values() for said in saids), str(error))
    if isinstance(error, VersionConflict):
        message = _("This order has just changed. Look at it and press again.")
    say(message, "alert")
    with work(read_only=True) as uow:
        try:
            load_order(uow, actor=current_actor(), order_id=order_id)
        except NotFound:
            return redirect(url_for("repairs.today"))
    return redirect(url_for("repairs.job", order_id=order_id))


def _done_words() -> dict[str, str]:
    return {
        "accepted": _("Accepted. It stands in your day."),
        "en_route": _("The resident sees that you are coming."),
        "working": _("Good, you are there."),
        "paused": _("Paused. The resident is told why."),
        "finished": _("Done. The resident is asked for a rating."),
        "dispatched": _("Given back. Somebody else is asked."),
        "returned": _("Given back. The front desk is told."),
    }


@blueprint.get("/tasks/<uuid:order_id>/pause")
@access(WORK.code)
def pause(order_id: UUID) -> Response:
    """Why it has to wait."""
    return _ask(order_id, "paused", "repairs/staff/pause.html", reasons=PAUSE_REASONS)


@blueprint.get("/tasks/<uuid:order_id>/return")
@access(WORK.code)
def give_back(order_id: UUID) -> Response:
    """Why the technician cannot take or keep it."""
    return _ask(order_id, "returned", "repairs/staff/return.html", reasons=jobs.RETURN_REASONS)


@blueprint.get("/tasks/<uuid:order_id>/finish")
@access(WORK.code)
def finish(order_id: UUID) -> Response:
    """Photos of the repair and a word of what was done."""
    return _ask(order_id, "finished", "repairs/staff/finish.html", request_id=str(uuid4()))


@blueprint.post("/tasks/<uuid:order_id>/finish")
@access(WORK.code)
def send_finish(order_id: UUID) -> Response:
    """Photos first, then the step, so that a rule that wants a photo finds it; they change the version themselves."""
    lost = keep_photos(order_id, request.form.get("request_id", ""), sent_photos(), "after")
    note = request.form.get("note", "").strip()
    try:
        with work() as uow:
            services.finish_order(uow, actor=current_actor(), order_id=order_id, note=note)
    except DomainError as error:
        if error.code == "photos_needed":
            say(error, "alert")
            return redirect(url_for("repairs.finish", order_id=order_id))
        return _refused(order_id, error)
    if lost:
        say(_("Done, but %(number)d photos did not get through.", number=lost), "alert")
    else:
        say(_done_words()["finished"])
    return redirect(url_for("repairs.today"))


def _ask(order_id: UUID, target: str, template: str, **extra: Any) -> Response:
    with work(read_only=True) as uow:
        order = load_order(uow, actor=current_actor(), order_id=order_id)
        steps = services.possible_steps(uow, actor=current_actor(), order_id=order_id)
    if target not in {step.target for step in steps}:
        return redirect(url_for("repairs.job", order_id=order_id))
    return page(template, row=order.row, order=order, **extra)


@blueprint.post("/tasks/<uuid:order_id>/photos")
@access(WORK.code)
def add_job_photos(order_id: UUID) -> Response:
    """Photos from the technician, before or after the repair."""
    stage, files = request.form.get("stage", "before"), sent_photos()
    lost = keep_photos(
        order_id, request.form.get("request_id", ""), files, "after" if stage == "after" else "before"
    )
    if lost or not files:
        say(_("The photos did not get through. Please choose them again."), "alert")
    else:
        say(_("The photos are with the order."))
    return redirect(url_for("repairs.job", order_id=order_id))


@blueprint.post("/tasks/<uuid:order_id>/call")
@access(WORK.code)
def call_reporter(order_id: UUID) -> Response:
    """The reporter's number, with a record of who asked."""
    return show_number(order_id, url_for("repairs.job", order_id=order_id), "staff")


@blueprint.get("/tasks/scan")
@access(WORK.code)
def scan() -> Response:
    """Camera where the browser reads codes; a typed code otherwise. With a code: my orders at that place."""
    typed = request.args.get("code", "").strip()
    code = typed.rstrip("/").rpartition("/")[2].partition("?")[0]
    place, found, message = None, [], ""
    if code:
        with work(read_only=True) as uow:
            try:
                place = place_of_token(uow, code)
            except NotFound:
                message = _("This code is not one of ours. Try again, or open the order from your day.")
            day = mine.technician_today(uow, actor=current_actor())
        found = [each for each in day.orders if place is not None and _is_at(each, place)]
    return page("repairs/staff/scan.html", code=code, place=place, found=found, message=message, typed=typed)


def _is_at(each: mine.TodayOrder, place: Place) -> bool:
    if place.room_id is not None:
        return each.row.room_id == place.room_id
    return each.row.community_id == place.community_id


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _coordinate(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        raise InvalidInput() from None
    return number if number is not None and -180 <= number <= 180 else None
