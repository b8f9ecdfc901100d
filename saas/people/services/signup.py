"""A firm signs up: address, schema, roles, administrator, and a one-time ticket that signs the administrator in."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from saas.core.errors import Conflict, DomainError
from saas.people.errors import missing, refuse_slug
from saas.people.models import UserAccount
from saas.people.names import normalise_name
from saas.people.passwords import hash_password, verify_password
from saas.people.role_names import ADMINISTRATOR
from saas.people.seeds import FirmSeed, plant
from saas.people.services.accounts import (
    Contact,
    accounts_by_identifier,
    check_new_password,
    read_phone_or_email,
    use_password_hash,
)
from saas.people.services.links import ENTER, make_link, use_link
from saas.people.services.login import SignedIn, sign_in_account
from saas.people.services.roles import actor_of, seed_roles
from saas.people.services.staff import StaffDraft, add_staff
from saas.people.slugs import propose_slugs, slug_problem
from tenants.database import kernel
from tenants.registry import tenant_by_slug
from tenants.signup import NoSpareYet, SignupGivenUp, SignupRequest, SlugTaken, sign_up
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

MAX_NAME = 60


@dataclass(frozen=True)
class FirmDraft:
    """The sign-up form. `request_id` makes a repeat the same sign-up; an empty slug lets us propose one."""

    request_id: str
    firm_name: str
    admin_name: str
    contact: str
    password: str
    slug: str = ""
    community_name: str = ""
    locale: str = "zh_Hans_CN"


@dataclass(frozen=True)
class FirmFounded:
    """A usable tenant, and the ticket for the administrator's first sign-in."""

    tenant: Tenant
    ticket: str


class BeingPrepared(DomainError):
    """No schema was ready; the request is queued and the same request goes on from there."""

    def __init__(self) -> None:
        text = _l("Your place is being prepared. Nothing is lost; send the form again in a few seconds.")
        super().__init__("being_prepared", text, 503)


def sign_up_firm(draft: FirmDraft) -> FirmFounded:
    """Found the firm once per request id. A crash at any step is healed by the same request, or leaves nothing.

    InvalidInput at the field that is wrong, Conflict when the request id was used with another password,
    BeingPrepared when the same request has to be sent again.
    """
    contact = _check(draft)
    stored = hash_password(draft.password, profile=kernel().settings.argon2_profile)
    tenant = _found(draft, contact, stored)
    return FirmFounded(tenant, _entry_ticket(tenant, draft, contact, stored))


def _check(draft: FirmDraft) -> Contact:
    firm, admin = normalise_name(draft.firm_name), normalise_name(draft.admin_name)
    required = {
        "request_id": draft.request_id, "firm_name": firm, "admin_name": admin, "contact": draft.contact.strip(),
        "password": draft.password,
    }  # fmt: skip
    empty = [field for field, value in required.items() if not value]
    if empty:
        raise missing(empty)
    contact = read_phone_or_email(draft.contact)
    problem = slug_problem(draft.slug) if draft.slug else None
    if problem is not None:
        raise refuse_slug(problem)
    words = [admin, firm, draft.slug, contact.phone or "", (contact.email or "").partition("@")[0]]
    check_new_password([word for word in words if word], draft.password)
    return contact


def _found(draft: FirmDraft, contact: Contact, stored: str) -> Tenant:
    """The chosen address, or the first proposed one that nobody has or is just taking."""

    def seed(uow: UnitOfWork) -> None:
        _seed(uow, draft, contact, stored)

    for slug in [draft.slug] if draft.slug else propose_slugs(draft.firm_name):
        request = SignupRequest(
            request_id=draft.request_id,
            slug=slug,
            name=normalise_name(draft.firm_name)[:MAX_NAME],
            locale=draft.locale,
        )
        try:
            return sign_up(request, seed)
        except SlugTaken:
            continue
        except NoSpareYet:
            raise BeingPrepared() from None
        except SignupGivenUp:
            message = _l("This sign-up lay still for too long. Start again; nothing was kept of it.")
            raise Conflict(message, code="signup_given_up") from None
    raise refuse_slug("slug_taken")


def _seed(uow: UnitOfWork, draft: FirmDraft, contact: Contact, stored: str) -> None:
    """Everything that the new schema starts with, in one transaction."""
    seed_roles(uow)
    member = add_staff(
        uow,
        StaffDraft(name=draft.admin_name, contact=contact, roles=(ADMINISTRATOR,), locale=draft.locale),
    )
    account = member.account
    use_password_hash(account, stored)
    uow.session.flush()
    actor = actor_of(account)
    plant(uow, actor, FirmSeed(community_name=normalise_name(draft.community_name)))
    uow.audit("people.firm_founded", actor=actor.ref(), subject=("tenant", uow.tenant.id))


def _entry_ticket(tenant: Tenant, draft: FirmDraft, contact: Contact, stored: str) -> str:
    """The ticket is for whoever knows the password, so a repeated request id opens nothing to others."""
    identifier = contact.phone or contact.email or ""
    with unit_of_work(tenant) as uow:
        account = _administrator(uow, identifier, draft.password, stored)
        if account is None or tenant.name != normalise_name(draft.firm_name)[:MAX_NAME]:
            raise Conflict(_l("This form was sent before with other details. Reload the page and start again."),
                           code="request_reused")  # fmt: skip
        return make_link(uow, account, ENTER).secret


def _administrator(uow: UnitOfWork, identifier: str, password: str, stored: str) -> UserAccount | None:
    """Whose password it is. The hash that this very call stored needs no second, costly look: its salt is fresh."""
    profile = kernel().settings.argon2_profile
    for account in accounts_by_identifier(uow, identifier):
        if account.password_hash == stored or verify_password(
            account.password_hash, password, profile=profile
        ):
            return account
    return None


def enter(uow: UnitOfWork, *, ticket: str, client: str = "") -> SignedIn:
    """Sign in with the ticket of a sign-up; it works once and for ten minutes."""
    return sign_in_account(uow, use_link(uow, ticket, ENTER), "web", client=client, how="signup")


def propose_address(firm_name: str) -> str:
    """The first proposed address that no firm has."""
    proposals = propose_slugs(firm_name)
    return next((slug for slug in proposals if tenant_by_slug(slug) is None), proposals[-1])


def address_problem(slug: str) -> str | None:
    """None when the address is free to take, else `slug_shape`, `slug_reserved` or `slug_taken`."""
    problem = slug_problem(slug)
    if problem is not None:
        return problem
    return "slug_taken" if tenant_by_slug(slug) is not None else None
