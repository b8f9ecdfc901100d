"""Sign-up on the base host, tokens and the own account on the firm's."""

from typing import Any
from uuid import uuid4

from flask import request

from saas.core.errors import NotFound
from saas.people.browser import client_address, client_words
from saas.people.presenting import founded_view, me_view
from saas.people.schemas import (
    ActivationSchema,
    LoginSchema,
    MeSchema,
    PasswordSchema,
    SignedUpSchema,
    SignupSchema,
    TokenSchema,
)
from saas.people.services.accounts import change_password
from saas.people.services.activation import activate
from saas.people.services.login import log_in
from saas.people.services.rate_limits import ACTIVATION_FROM_ADDRESS, SIGNUP_FROM_ADDRESS, spend
from saas.people.services.sessions import log_out, log_out_everywhere
from saas.people.services.signup import FirmDraft, sign_up_firm
from saas.web.api import API_PREFIX, Blueprint
from saas.web.auth import current_actor, public, signed_in
from saas.web.i18n import choose_locale
from saas.web.work import work
from tenants.context import current_tenant, tenant_if_bound
from tenants.web import works_while_suspended

blp = Blueprint(
    "people_access_api", __name__, url_prefix=API_PREFIX, description="Sign-up, tokens, own account"
)


@blp.post("/signup")
@blp.arguments(SignupSchema)
@blp.response(201, SignedUpSchema)
@blp.alt_response(409, description="the request id was used with other details")
@blp.alt_response(429, description="too many sign-ups from this address")
@blp.alt_response(503, description="being prepared: send the same request again")
@public("a firm that is not here yet signs up", csrf=False)
def sign_up(data: dict[str, Any]) -> dict[str, Any]:
    """Sign a firm up on the base host. `Idempotency-Key` (or `request_id`) makes a repeat the same firm."""
    if tenant_if_bound() is not None:
        raise NotFound()
    spend(SIGNUP_FROM_ADDRESS, client_address())
    given = request.headers.get("Idempotency-Key", "") or data["request_id"]
    draft = FirmDraft(**{**data, "request_id": given or str(uuid4())}, locale=choose_locale())
    return founded_view(sign_up_firm(draft))


@blp.post("/auth/login")
@blp.arguments(LoginSchema)
@blp.response(200, TokenSchema)
@blp.alt_response(401, description="account and password do not match")
@blp.alt_response(429, description="too many tries")
@works_while_suspended
@public("who has no token yet asks for one", csrf=False)
def make_token(data: dict[str, Any]) -> dict[str, Any]:
    """An API token for a phone, e-mail address or login name and a password; valid on this host only."""
    signed = log_in(current_tenant(), **data, kind="api", address=client_address(), client=client_words())
    return {"token": signed.session.secret, "expires_at": signed.session.expires_at}


@blp.post("/auth/activate")
@blp.arguments(ActivationSchema)
@blp.response(200, TokenSchema)
@blp.alt_response(404, description="the link was used, is too old, or never was")
@blp.alt_response(429, description="too many tries")
@public("a one-time link says whose account it is", csrf=False)
def activate_account(data: dict[str, Any]) -> dict[str, Any]:
    """Use a one-time link: set the first (or a new) password and answer an API token."""
    spend(ACTIVATION_FROM_ADDRESS, client_address(), tenant=current_tenant())
    with work() as uow:
        signed = activate(uow, **data, client=client_words(), kind="api")
    return {"token": signed.session.secret, "expires_at": signed.session.expires_at}


@blp.post("/auth/logout")
@blp.response(204)
@works_while_suspended
@signed_in
def end_token() -> None:
    """End the token or session of this request; it is refused everywhere within 5 s."""
    with work() as uow:
        log_out(uow, actor=current_actor())


@blp.post("/auth/logout-everywhere")
@blp.response(204)
@works_while_suspended
@signed_in
def end_all_tokens() -> None:
    """End all sessions and tokens of the own account."""
    with work() as uow:
        log_out_everywhere(uow, actor=current_actor())


@blp.get("/me")
@blp.response(200, MeSchema)
@signed_in
def me() -> dict[str, Any]:
    """Who is signed in, with roles and permissions."""
    return me_view(current_actor())


@blp.post("/me/password")
@blp.arguments(PasswordSchema)
@blp.response(204)
@blp.alt_response(422, description="the old password is wrong or the new one is refused")
@signed_in
def new_password(data: dict[str, Any]) -> None:
    """Change the own password; all other sessions end."""
    with work() as uow:
        change_password(uow, actor=current_actor(), old=data["old_password"], new=data["new_password"])
