"""First passwords: one-time links for staff and residents, and residents who scan the code of their room."""

import hmac
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import Conflict
from saas.people.errors import AlreadyActive, PhoneNotOnFile
from saas.people.events import ResidentActivated
from saas.people.models import Person, PersonPhone, UserAccount
from saas.people.permissions import RESIDENT_INVITE, STAFF_EDIT
from saas.people.role_names import RESIDENT
from saas.people.services.accounts import (
    Contact,
    account_of,
    check_new_password,
    email_of,
    make_account,
    own_words,
    protect_contact,
    read_contact,
    set_password,
)
from saas.people.services.links import ACTIVATE, RESET, make_link, use_link
from saas.people.services.login import SignedIn, sign_in_account
from saas.people.services.persons import id_number_of, person_within, phones_of
from saas.people.services.roles import RoleScope, assign_roles
from saas.people.services.sessions import SessionKind, revoke_sessions
from tenants.fields import blind_index
from tenants.unit_of_work import UnitOfWork

INVITATION_EFFECT = "people.invitation_email"
ID_TAIL = 4


@dataclass(frozen=True)
class Invitation:
    """An activation link as the front desk shows it: path on the tenant's host, and when it ends."""

    user_id: UUID
    name: str
    path: str
    expires_at: datetime
    mailed: bool


def invite_account(uow: UnitOfWork, *, actor: Actor, user_id: UUID) -> Invitation:
    """A one-time link for a staff or resident account: the first password, or a new one if there was one."""
    account = account_of(uow, user_id)
    actor.require(STAFF_EDIT.code if account.kind == "staff" else RESIDENT_INVITE.code)
    if account.state == "disabled":
        raise Conflict(_l("This account is deactivated. Activate it first."), code="account_disabled")
    return _invite(uow, actor, account)


def invite_resident(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, email: str | None = None
) -> Invitation:
    """Make (or find) the resident's account and a one-time link for it."""
    actor.require(RESIDENT_INVITE.code)
    person = person_within(uow, actor, RESIDENT_INVITE.code, person_id)
    account = resident_account(uow, person.id)
    phones = phones_of(uow, person)
    contact = read_contact(phone=phones[0] if phones else None, email=email)
    if account is None:
        account = _make_resident(uow, person, contact)
    elif account.state == "active":
        raise AlreadyActive()
    elif contact.email:
        protect_contact(uow, account, contact)
    return _invite(uow, actor, account)


def _invite(uow: UnitOfWork, actor: Actor, account: UserAccount) -> Invitation:
    purpose = RESET if account.password_hash else ACTIVATE
    link = make_link(uow, account, purpose)
    path = f"/activate/{link.secret}"
    email = email_of(uow, account)
    if email is not None:
        secret = {"to": email, "path": path}
        payload = {"user_id": str(account.id), "purpose": purpose, "locale": account.locale, "secret": secret}
        uow.enqueue_effect(INVITATION_EFFECT, payload, dedup_key=None)
    uow.audit(
        "people.account_invited", actor=actor.ref(), subject=("user_account", account.id),
        details={"purpose": purpose, "mailed": email is not None},
    )  # fmt: skip
    return Invitation(account.id, account.name, path, link.expires_at, email is not None)


def activate(
    uow: UnitOfWork, *, secret: str, password: str, client: str = "", kind: SessionKind = "web"
) -> SignedIn:
    """Use a one-time link: set the password, sign in, end whatever was signed in before."""
    account = use_link(uow, secret, ACTIVATE, RESET)
    check_new_password(own_words(uow, account), password)
    return _let_in(uow, account, password, client, how="link", kind=kind)


def activate_resident(
    uow: UnitOfWork,
    *,
    person_ids: Sequence[UUID],
    phone: str,
    password: str,
    id_tail: str = "",
    client: str = "",
) -> SignedIn:
    """A resident at the code of the room: the phone has to be on file for one of the room's occupants.

    `person_ids` are the present occupants of the room whose signed code was scanned. A neighbour may know the
    number, so where an identity number is on file its last four characters (`id_tail`) are asked, too.
    AlreadyActive when that person can sign in already, PhoneNotOnFile when the details do not match.
    """
    contact = read_contact(phone=phone)
    person = _occupant_with_phone(uow, person_ids, contact.phone)
    if person is None or not _knows_id_number(uow, person, id_tail):
        raise PhoneNotOnFile()
    account = resident_account(uow, person.id)
    if account is None:
        account = _make_resident(uow, person, contact)
        uow.session.flush()
    elif account.state != "invited":
        raise AlreadyActive() if account.state == "active" else PhoneNotOnFile()
    check_new_password(own_words(uow, account), password)
    return _let_in(uow, account, password, client, how="room_code")


def _let_in(
    uow: UnitOfWork, account: UserAccount, password: str, client: str, *, how: str, kind: SessionKind = "web"
) -> SignedIn:
    first = account.state == "invited"
    set_password(uow, account, password)
    revoke_sessions(uow, account.id)
    signed_in = sign_in_account(uow, account, kind, client=client, how=how)
    if first and account.person_id is not None:
        uow.emit(ResidentActivated(user_id=account.id, person_id=account.person_id))
    return signed_in


def resident_account(uow: UnitOfWork, person_id: UUID) -> UserAccount | None:
    """The account of a person, if there is one."""
    wanted = select(UserAccount).where(UserAccount.person_id == person_id, UserAccount.kind == "resident")
    return uow.session.scalar(wanted.order_by(UserAccount.id).limit(1))


def _make_resident(uow: UnitOfWork, person: Person, contact: Contact) -> UserAccount:
    account = make_account(uow, kind="resident", name=person.name, contact=contact, person_id=person.id)
    assign_roles(uow, account, [RESIDENT], RoleScope(everywhere=False))
    uow.session.flush()
    return account


def _knows_id_number(uow: UnitOfWork, person: Person, tail: str) -> bool:
    number = id_number_of(uow, person)
    typed = unicodedata.normalize("NFKC", tail).strip().upper()
    return number is None or hmac.compare_digest(number[-ID_TAIL:].upper().encode(), typed.encode())


def _occupant_with_phone(uow: UnitOfWork, person_ids: Sequence[UUID], phone: str | None) -> Person | None:
    if phone is None or not person_ids:
        return None
    wanted = (
        select(Person)
        .join(PersonPhone, PersonPhone.person_id == Person.id)
        .where(Person.id.in_(person_ids), PersonPhone.phone_index == blind_index(uow, "phone", phone))
        .order_by(PersonPhone.position, Person.id)
        .limit(1)
    )
    return uow.session.scalar(wanted)
