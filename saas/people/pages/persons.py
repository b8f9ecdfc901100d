"""Unmasking a person's phone or identity number, and inviting a resident, from any page that shows a person."""

from uuid import UUID

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from saas.core.errors import DomainError, NotFound
from saas.people.pages.blueprint import blueprint
from saas.people.permissions import PERSON_REVEAL, RESIDENT_INVITE
from saas.people.phones import display_phone
from saas.people.qr import qr_picture
from saas.people.queries import person_hit
from saas.people.reveal_reasons import REASONS
from saas.people.services.activation import invite_resident
from saas.people.services.persons import person_within, reveal
from saas.web.auth import access, current_actor
from saas.web.render import page, safe_next
from saas.web.work import work

WHAT = {"phone": _l("Phone"), "id_number": _l("Identity number")}


@blueprint.get("/persons/<uuid:person_id>/reveal/<what>")
@access(PERSON_REVEAL.code)
def person_reveal(person_id: UUID, what: str) -> Response:
    """Ask why the value is needed."""
    return _reveal_page(person_id, what)


@blueprint.post("/persons/<uuid:person_id>/reveal/<what>")
@access(PERSON_REVEAL.code)
def person_reveal_send(person_id: UUID, what: str) -> Response:
    """Show the value and leave a record."""
    try:
        with work() as uow:
            values = reveal(
                uow,
                actor=current_actor(),
                person_id=person_id,
                what=what,
                reason=request.form.get("reason", ""),
            )
    except DomainError as error:
        if not error.fields:
            raise
        return _reveal_page(person_id, what, error)
    return _reveal_page(person_id, what, values=values)


def _reveal_page(
    person_id: UUID, what: str, error: DomainError | None = None, values: list[str] | None = None
) -> Response:
    if what not in WHAT:
        raise NotFound()
    with work(read_only=True) as uow:
        person = person_hit(uow, person_within(uow, current_actor(), PERSON_REVEAL.code, person_id))
    shown = (
        None
        if values is None
        else [(display_phone(each) if what == "phone" else each, each) for each in values]
    )
    return page(
        "people/reveal.html",
        error.status if error else 200,
        headers={"Cache-Control": "no-store"},
        person=person,
        what=what,
        what_title=WHAT[what],
        reasons=REASONS,
        values=shown,
        errors=error.fields if error else {},
        next=safe_next(request.args.get("next")),
    )


@blueprint.post("/persons/<uuid:person_id>/invitation")
@access(RESIDENT_INVITE.code)
def person_invite(person_id: UUID) -> Response:
    """Make a one-time link for a resident and show it as QR and text."""
    with work() as uow:
        invitation = invite_resident(
            uow, actor=current_actor(), person_id=person_id, email=request.form.get("email") or None
        )
    url = request.host_url.rstrip("/") + invitation.path
    back = safe_next(request.form.get("next"), url_for("web.start"))
    headers = {"Cache-Control": "no-store"}
    return page(
        "people/invitation.html",
        headers=headers,
        invitation=invitation,
        url=url,
        qr=qr_picture(url),
        back=back,
    )
