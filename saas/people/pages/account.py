"""The own account: password, open sessions, sign out everywhere; and the first steps of a new firm."""

from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.core.errors import DomainError, NotFound
from saas.people.browser import drop_session
from saas.people.pages.blueprint import blueprint
from saas.people.permissions import STAFF_EDIT
from saas.people.queries import own_sessions
from saas.people.role_names import role_title
from saas.people.services.accounts import change_password
from saas.people.services.sessions import log_out_everywhere, revoke_own_session
from saas.people.steps import first_steps_for
from saas.web.auth import access, current_actor, signed_in
from saas.web.render import page, say
from saas.web.work import work


@blueprint.get("/account")
@signed_in
def account() -> Response:
    """Name, roles, password, sessions."""
    return _account_page()


@blueprint.post("/account/password")
@signed_in
def account_password() -> Response:
    """Change the own password."""
    old, new = request.form.get("old_password", ""), request.form.get("new_password", "")
    try:
        if new != request.form.get("new_password_again", ""):
            message = _("The two passwords are not the same. Type them again.")
            raise DomainError("passwords_differ", message, 422, fields={"new_password_again": [message]})
        with work() as uow:
            change_password(uow, actor=current_actor(), old=old, new=new)
    except DomainError as error:
        return _account_page(error)
    say(_("Your password is changed. Other devices have to sign in again."))
    return redirect(url_for("people.account"))


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@signed_in
def account_end_session(session_id: UUID) -> Response:
    """End one of the own sessions."""
    with work() as uow:
        revoke_own_session(uow, actor=current_actor(), session_id=session_id)
    say(_("That device is signed out."))
    return redirect(url_for("people.account"))


@blueprint.post("/account/logout-everywhere")
@signed_in
def account_logout_everywhere() -> Response:
    """End all sessions and tokens, this one too."""
    with work() as uow:
        log_out_everywhere(uow, actor=current_actor())
    return drop_session(redirect(url_for("people.login")))


def _account_page(error: DomainError | None = None) -> Response:
    actor = current_actor()
    room = (
        "resident" if actor.kind == "resident" else "console" if actor.may("people.staff_view") else "staff"
    )
    with work(read_only=True) as uow:
        sessions = own_sessions(uow, actor)
    return page(
        "people/account.html",
        error.status if error else 200,
        room=room,
        actor=actor,
        role_titles=[role_title(role) for role in actor.roles],
        sessions=sessions,
        errors=error.fields if error else {},
        message=str(error) if error and not error.fields else None,
    )


@blueprint.get("/first-steps")
@access(STAFF_EDIT.code)
def first_steps() -> Response:
    """What a new firm does next: import the list, add staff, print the QR codes."""
    if current_actor().kind != "staff":
        raise NotFound()
    with work(read_only=True) as uow:
        steps = first_steps_for(uow, current_actor())
    return page("people/first_steps.html", steps=steps)
