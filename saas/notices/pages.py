"""The inbox in the three rooms, and the page where a firm words its messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.core.actors import Actor
from saas.core.errors import InvalidInput
from saas.notices import queries, services
from saas.notices.errors import template_faults
from saas.notices.permissions import TEMPLATES_EDIT
from saas.notices.rendering import CHINESE, ENGLISH
from saas.notices.samples import sample_texts
from saas.web.auth import access, current_actor, signed_in
from saas.web.render import page, safe_next, say
from saas.web.work import work

blueprint = Blueprint("notices", __name__, template_folder="templates")

LANGUAGES = {"zh": CHINESE, "en": ENGLISH}


@blueprint.get("/messages")
@signed_in
def inbox() -> Response:
    return _inbox("console")


@blueprint.get("/home/messages")
@signed_in
def resident_inbox() -> Response:
    return _inbox("resident")


@blueprint.get("/staff/messages")
@signed_in
def staff_inbox() -> Response:
    return _inbox("staff")


def _inbox(room: str) -> Response:
    actor = current_actor()
    unread = request.args.get("show") == "unread"
    with work(read_only=True) as uow:
        rows, next_cursor = queries.list_messages(
            uow, actor, unread=unread, cursor=request.args.get("cursor")
        )
        waiting = queries.count_unread(uow, actor)
        by_email = actor.user_id is not None and services.wants(uow, actor.user_id, services.EMAIL)
    return page(
        "notices/inbox.html",
        room=room,
        rows=rows,
        next_cursor=next_cursor,
        unread=unread,
        waiting=waiting,
        by_email=by_email,
        topic=f"notices.inbox:{actor.user_id}",
    )


@blueprint.post("/messages/<uuid:message_id>/open")
@signed_in
def open_message(message_id: UUID) -> Response:
    """Read it and go where it leads."""
    with work() as uow:
        row = services.mark_read(uow, actor=current_actor(), message_id=message_id)
        target = row.link
    return redirect(safe_next(target or request.form.get("back"), url_for("notices.inbox")))


@blueprint.post("/messages/read")
@signed_in
def read_all() -> Response:
    with work() as uow:
        services.mark_all_read(uow, actor=current_actor())
    return redirect(safe_next(request.form.get("back"), url_for("notices.inbox")))


@blueprint.post("/messages/by-email")
@signed_in
def set_email() -> Response:
    with work() as uow:
        services.set_channel(
            uow, actor=current_actor(), channel=services.EMAIL, wanted=request.form.get("wanted") == "1"
        )
    say(_("Saved."))
    return redirect(safe_next(request.form.get("back"), url_for("notices.inbox")))


@blueprint.get("/settings/messages")
@access(TEMPLATES_EDIT.code)
def wordings() -> Response:
    with work(read_only=True) as uow:
        found = queries.list_wordings(uow, current_actor())
    return page("notices/wordings.html", wordings=found)


@blueprint.get("/settings/messages/<code>/<language>")
@access(TEMPLATES_EDIT.code)
def wording(code: str, language: str) -> Response:
    declared, locale = queries.declared(code), _locale(language)
    with work(read_only=True) as uow:
        title, body = queries.words(uow, declared, locale)
    return _wording_page(code, language, {"title": title, "body": body}, {})


@blueprint.post("/settings/messages/<code>/<language>")
@access(TEMPLATES_EDIT.code)
def save_wording(code: str, language: str) -> Response:
    """Save, look at it first, or go back to the words that Anju brings: three buttons of one form."""
    words = {name: request.form.get(name, "") for name in ("title", "body")}
    locale, act = _locale(language), request.form.get("act", "save")
    if act == "preview":
        return _wording_page(code, language, words, template_faults(queries.declared(code), words))
    try:
        with work() as uow:
            if act == "restore":
                services.restore_words(uow, actor=current_actor(), code=code, locale=locale)
            else:
                services.save_words(uow, actor=current_actor(), code=code, locale=locale, words=words)
    except InvalidInput as wrong:
        return _wording_page(code, language, words, wrong.fields, status=422)
    say(_("Saved."))
    return redirect(url_for("notices.wording", code=code, language=language))


def _wording_page(
    code: str, language: str, words: dict[str, str], errors: dict[str, list[Any]], status: int = 200
) -> Response:
    declared, locale = queries.declared(code), _locale(language)
    samples = sample_texts(declared.params, locale)
    title, body = services.preview(declared, words, samples)
    return page(
        "notices/wording.html",
        status=status,
        declared=declared,
        language=language,
        words=words,
        errors=errors,
        samples=samples,
        shown={"title": title, "body": body},
        own=(words["title"], words["body"]) != declared.words(locale),
    )


def _locale(language: str) -> str:
    return LANGUAGES.get(language, ENGLISH)


def unread_badge(actor: Actor) -> int:
    """How many messages wait; asked once for each drawing of a menu."""
    if actor.user_id is None:
        return 0
    with work(read_only=True) as uow:
        return queries.count_unread(uow, actor)
