"""The way in: sign-up on the base host; sign-in, the sign-up ticket, activation and sign-out on the firm's."""

from uuid import uuid4

from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.core.errors import DomainError, NotFound
from saas.people.browser import client_address, client_words, drop_session, keep_session
from saas.people.errors import slug_message
from saas.people.pages.blueprint import blueprint
from saas.people.presenting import founded_view
from saas.people.services.activation import activate
from saas.people.services.links import ACTIVATE, RESET, account_of_link
from saas.people.services.login import log_in
from saas.people.services.rate_limits import (
    ACTIVATION_FROM_ADDRESS,
    FIND_FROM_ADDRESS,
    SIGNUP_FROM_ADDRESS,
    spend,
)
from saas.people.services.sessions import log_out
from saas.people.services.signup import FirmDraft, address_problem, enter, propose_address, sign_up_firm
from saas.web.auth import current_actor, is_signed_in, public, signed_in
from saas.web.i18n import choose_locale
from saas.web.render import page, safe_next
from saas.web.work import work
from tenants.context import current_tenant, tenant_if_bound
from tenants.web import works_while_suspended

SIGNUP_FIELDS = ("request_id", "firm_name", "admin_name", "contact", "password", "slug", "community_name")


@blueprint.get("/signup")
@public("a firm that is not here yet signs up")
def signup() -> Response:
    """The form; it carries the id that makes a double click one firm."""
    _base_host_only()
    return page("people/signup.html", form={"request_id": str(uuid4())}, errors={})


@blueprint.post("/signup")
@public("a firm that is not here yet signs up")
def signup_send() -> Response:
    """Found the firm and lead its administrator there, signed in by a one-time ticket."""
    _base_host_only()
    form = {name: request.form.get(name, "").strip() for name in SIGNUP_FIELDS}
    form["password"] = request.form.get("password", "")
    try:
        spend(SIGNUP_FROM_ADDRESS, client_address())
        founded = sign_up_firm(FirmDraft(**form, locale=choose_locale()))
    except DomainError as error:
        kept = {**form, "password": ""}
        if error.code in ("request_reused", "signup_given_up"):
            kept["request_id"] = str(uuid4())
        message = None if error.fields else str(error)
        return page("people/signup.html", error.status, form=kept, errors=error.fields, message=message)
    view = founded_view(founded)
    # The form's policy lets it lead to this host only, so the way to the firm's own host is a refresh.
    headers = {"Refresh": f"1; url={view['enter_url']}", "Cache-Control": "no-store"}
    return page("people/signup_done.html", headers=headers, firm=founded.tenant, view=view)


@blueprint.get("/signup/address")
@public("proposes the address while the form is filled in")
def signup_address() -> Response:
    """The address field, proposed from the firm's name or with what is wrong about the typed one."""
    _base_host_only()
    spend(FIND_FROM_ADDRESS, client_address())
    name, typed = request.args.get("firm_name", "").strip(), request.args.get("slug", "").strip().lower()
    if not typed and not name:
        return page("people/address_field.html", slug="", errors=[], free=False)
    slug = typed or propose_address(name)
    problem = address_problem(slug)
    errors = [slug_message(problem)] if problem else []
    return page("people/address_field.html", slug=slug, errors=errors, free=not problem)


def _base_host_only() -> None:
    if tenant_if_bound() is not None:
        raise NotFound()


@blueprint.get("/enter/<ticket>")
@public("the one-time ticket of a sign-up says who comes")
def enter_with_ticket(ticket: str) -> Response:
    """Sign the administrator in after sign-up."""
    if is_signed_in():
        return redirect(url_for("people.first_steps"))
    with work() as uow:
        signed = enter(uow, ticket=ticket, client=client_words())
    return keep_session(redirect(url_for("people.first_steps")), signed.session)


@blueprint.get("/login")
@public("who is not signed in signs in here")
def login() -> Response:
    """The sign-in form; someone signed in goes on."""
    if tenant_if_bound() is None:
        return redirect("/")
    target = safe_next(request.args.get("next"))
    if is_signed_in():
        return redirect(target)
    return page("people/login.html", form={}, next=target)


@blueprint.post("/login")
@works_while_suspended
@public("who is not signed in signs in here")
def login_send() -> Response:
    """Check and open a session."""
    identifier, password = request.form.get("identifier", "").strip(), request.form.get("password", "")
    target = safe_next(request.form.get("next"))
    try:
        signed = log_in(
            current_tenant(), identifier=identifier, password=password, kind="web", address=client_address(),
            client=client_words(),
        )  # fmt: skip
    except DomainError as error:
        form = {"identifier": identifier}
        return page("people/login.html", error.status, form=form, next=target, message=str(error))
    return keep_session(redirect(target), signed.session)


@blueprint.post("/logout")
@works_while_suspended
@signed_in
def logout() -> Response:
    """End this session."""
    with work() as uow:
        log_out(uow, actor=current_actor())
    return drop_session(redirect(url_for("people.login")))


@blueprint.get("/activate/<token>")
@public("a one-time link says whose account it is")
def activation(token: str) -> Response:
    """Whose account it is, and the field for the first password; opening the page uses nothing up."""
    spend(ACTIVATION_FROM_ADDRESS, client_address(), tenant=current_tenant())
    return _activation_page(token)


@blueprint.post("/activate/<token>")
@public("a one-time link says whose account it is")
def activation_send(token: str) -> Response:
    """Set the password and sign in."""
    spend(ACTIVATION_FROM_ADDRESS, client_address(), tenant=current_tenant())
    password, again = request.form.get("password", ""), request.form.get("password_again", "")
    try:
        if password != again:
            raise _passwords_differ()
        with work() as uow:
            signed = activate(uow, secret=token, password=password, client=client_words())
    except DomainError as error:
        if not error.fields:
            raise
        return _activation_page(token, error)
    return keep_session(redirect("/"), signed.session)


def _activation_page(token: str, error: DomainError | None = None) -> Response:
    with work(read_only=True) as uow:
        account = account_of_link(uow, token, ACTIVATE, RESET)
    return page(
        "people/activate.html",
        error.status if error else 200,
        name=account.name,
        again=bool(account.password_hash),
        errors=error.fields if error else {},
    )


def _passwords_differ() -> DomainError:
    message = _("The two passwords are not the same. Type them again.")
    return DomainError("passwords_differ", message, 422, fields={"password_again": [message]})
