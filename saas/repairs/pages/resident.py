"""The resident's phone: home, the own orders, the progress of one, rating, photos, cancelling, reopening."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from saas.core.cards import cards_for
from saas.core.errors import DomainError, InvalidInput
from saas.estate.queries import community_of, rooms_of_person
from saas.repairs import services
from saas.repairs.catalogue import category_title, urgency_title
from saas.repairs.pages import wording
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.pages.photos import gallery, keep_photos, photo_address, sent_photos
from saas.repairs.permissions import REPORT
from saas.repairs.queries import mine
from saas.repairs.services.aftercare import PRAISE, Marks
from saas.web.auth import access, current_actor
from saas.web.polling import polled
from saas.web.render import page, say
from saas.web.work import work
from tenants import clock

PRAISE_WORDS = {
    "on_time": _l("On time"),
    "explained": _l("Explained well"),
    "clean": _l("Left it clean"),
    "polite": _l("Friendly"),
    "skilled": _l("Good at it"),
}
STAR_ROWS = {"attitude": _l("Attitude"), "speed": _l("Speed"), "quality": _l("Quality")}


@blueprint.app_template_global("repair_words")
def repair_words() -> dict[str, Any]:
    """What the templates of repairs need to put an order into words."""
    return {
        "face": wording.face_of, "promise": wording.promise, "called": wording.called,
        "category": category_title, "urgency": urgency_title, "photo": photo_address,
        "urgency_faces": wording.URGENCY_FACES, "icon": wording.category_icon, "moment": wording.moment_words,
    }  # fmt: skip


@blueprint.get("/home")
@access(REPORT.code)
def home() -> Response:
    """Greeting, what needs me, four tiles, the call button."""
    actor = current_actor()
    with work(read_only=True) as uow:
        homes = rooms_of_person(uow, actor.person_id) if actor.person_id else []
        orders = mine.what_needs_me(uow, actor=actor)
        phone = community_of(uow, homes[0].community_id).phone if homes else ""
        greeting = wording.greeting(actor.name, uow.tenant.time_zone)
        cards = cards_for("home", uow, actor)
    return page(
        "repairs/resident/home.html", homes=homes, orders=orders, phone=phone, greeting=greeting, cards=cards,
        topics=[f"repairs.order:{row.id}" for row in orders],
    )  # fmt: skip


@blueprint.get("/orders")
@access(REPORT.code)
def my_orders() -> Response:
    """Reported, of the own rooms, joined; the newest first."""
    with work(read_only=True) as uow:
        rows, next_cursor = mine.my_orders(uow, actor=current_actor(), cursor=request.args.get("cursor"))
    return page("repairs/resident/orders.html", rows=rows, next_cursor=next_cursor)


@blueprint.get("/orders/<uuid:order_id>")
@access(REPORT.code)
def progress(order_id: UUID) -> Response:
    """One order as a story; the part that changes asks again when something happened."""
    with work(read_only=True) as uow:
        found = mine.progress(uow, actor=current_actor(), order_id=order_id)
        steps = services.possible_steps(uow, actor=current_actor(), order_id=order_id)
    row = found.order.row
    minute = int(clock.utcnow().timestamp()) // 60
    tag = (row.version, row.state, len(found.order.history), len(found.order.photos), minute)
    return polled(tag, lambda: _progress_page(found, {step.target for step in steps}))


def _progress_page(found: mine.Progress, targets: set[str]) -> Response:
    order = found.order
    return page(
        "repairs/resident/progress.html",
        order=order,
        row=order.row,
        face=wording.face_of(order.row.state),
        headline=wording.headline(order.row),
        subline=wording.subline(order.row),
        steps=wording.story(found),
        photos=gallery(order.row.id, order.photos),
        targets=targets,
        is_reporter=found.is_reporter,
        may_add=order.row.state not in ("finished", "rated", "closed", "cancelled"),
        photos_lost=request.args.get("photos") == "lost",
    )


@blueprint.post("/orders/<uuid:order_id>/call")
@access(REPORT.code)
def call_technician(order_id: UUID) -> Response:
    """The technician's number, with a record of who asked; the phone dials it."""
    return show_number(order_id, url_for("repairs.progress", order_id=order_id), "resident")


def show_number(order_id: UUID, back: str, room: str) -> Response:
    """Answer a call button: the number alone to the script, a page with it otherwise."""
    with work() as uow:
        number = services.reveal_contact(uow, actor=current_actor(), order_id=order_id)
    headers = {"Cache-Control": "no-store"}
    return page("repairs/call.html", headers=headers, number=number, back=back, room=room)


@blueprint.post("/orders/<uuid:order_id>/cancel")
@access(REPORT.code)
def cancel(order_id: UUID) -> Response:
    """No repair is needed any more."""
    return _after(order_id, _("Cancelled. Nobody will come."), lambda uow: services.cancel_order(
        uow, actor=current_actor(), order_id=order_id
    ))  # fmt: skip


@blueprint.get("/orders/<uuid:order_id>/photos")
@access(REPORT.code)
def more_photos(order_id: UUID) -> Response:
    """The picker for more photos."""
    return _photos_page(order_id, str(uuid4()))


@blueprint.post("/orders/<uuid:order_id>/photos")
@access(REPORT.code)
def add_photos(order_id: UUID) -> Response:
    """Keep what was picked; what could not be read is said."""
    request_id, files = request.form.get("request_id", ""), sent_photos()
    if not files:
        return _photos_page(order_id, request_id, _("Take or choose a photo first."))
    lost = keep_photos(order_id, request_id, files)
    if lost == len(files):
        return _photos_page(
            order_id, request_id, _("The photos did not get through. Please choose them again.")
        )
    if lost:
        say(_("Some photos did not get through, the others are there."), "alert")
    else:
        say(_("The photos are with the order."))
    return redirect(url_for("repairs.progress", order_id=order_id))


def _photos_page(order_id: UUID, request_id: str, message: str = "") -> Response:
    with work(read_only=True) as uow:
        found = mine.progress(uow, actor=current_actor(), order_id=order_id)
    return page(
        "repairs/resident/photos.html", 422 if message else 200, row=found.order.row,
        photos=gallery(order_id, found.order.photos), request_id=request_id, message=message,
    )  # fmt: skip


@blueprint.get("/orders/<uuid:order_id>/rate")
@access(REPORT.code)
def rate(order_id: UUID) -> Response:
    """Solved or not, three rows of stars, what was good, words."""
    form = {"solved": request.args.get("solved", "yes"), "praise": []}
    return _rate_page(order_id, form)


@blueprint.post("/orders/<uuid:order_id>/rate")
@access(REPORT.code)
def send_rating(order_id: UUID) -> Response:
    """Keep the marks, or send the order out again when it is not solved."""
    form: dict[str, Any] = request.form.to_dict() | {"praise": request.form.getlist("praise")}
    words = form.get("words", "").strip()
    try:
        with work() as uow:
            if form.get("solved") == "no":
                services.reopen_order(uow, actor=current_actor(), order_id=order_id, note=words)
            else:
                marks = _marks(form, words)
                services.rate_order(uow, actor=current_actor(), order_id=order_id, marks=marks)
    except InvalidInput as error:
        return _rate_page(order_id, form, error)
    except DomainError as error:
        return _told(order_id, error)
    say(_("We send somebody again.") if form.get("solved") == "no" else _("Thank you for your rating."))
    return redirect(url_for("repairs.progress", order_id=order_id))


def _rate_page(order_id: UUID, form: dict[str, Any], error: DomainError | None = None) -> Response:
    with work(read_only=True) as uow:
        found = mine.progress(uow, actor=current_actor(), order_id=order_id)
        steps = services.possible_steps(uow, actor=current_actor(), order_id=order_id)
    targets = {step.target for step in steps}
    if not targets & {"rated", "reopened"}:
        return redirect(url_for("repairs.progress", order_id=order_id))
    if "rated" not in targets:
        form = form | {"solved": "no"}
    return page(
        "repairs/resident/rate.html",
        status=error.status if error else 200,
        row=found.order.row,
        form=form,
        may_rate="rated" in targets,
        praise=[(code, PRAISE_WORDS[code]) for code in PRAISE],
        star_rows=STAR_ROWS,
        errors=error.fields if error else {},
    )


def _marks(form: dict[str, Any], words: str) -> Marks:
    attitude, speed, quality = (_stars(form, name) for name in STAR_ROWS)
    return Marks(attitude, speed, quality, words=words, praise=tuple(form["praise"]))


def _stars(form: dict[str, Any], name: str) -> int:
    value = form.get(name, "")
    return int(value) if value.isdigit() else 0


def _after(order_id: UUID, done: str, act: Any) -> Response:
    """Do it and come back to the progress page, with a toast either way."""
    try:
        with work() as uow:
            act(uow)
    except DomainError as error:
        return _told(order_id, error)
    say(done)
    return redirect(url_for("repairs.progress", order_id=order_id))


def _told(order_id: UUID, error: DomainError) -> Response:
    """The order has moved on: say so, and show how it stands now. What is not the actor's stays unknown."""
    if error.status in (403, 404):
        raise error
    say(error, "alert")
    return redirect(url_for("repairs.progress", order_id=order_id))
