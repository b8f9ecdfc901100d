"""Accounts: making them, their protected phone and e-mail, their password and state."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.people.errors import SignInRefused, refuse_field, refuse_password
from saas.people.models import UserAccount
from saas.people.names import normalise_name, pinyin_keys
from saas.people.passwords import hash_password, password_problem, verify_password
from saas.people.phones import is_blank, normalise_phone
from saas.people.services.sessions import revoke_sessions
from tenants.clock import utcnow
from tenants.database import kernel
from tenants.fields import blind_index, decrypt_field, encrypt_field
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

TABLE = "user_account"
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+\Z")


@dataclass(frozen=True)
class Contact:
    """How an account is reached and found at sign-in; each part may be missing."""

    phone: str | None = None
    email: str | None = None


def read_contact(*, phone: str | None = None, email: str | None = None) -> Contact:
    """Normalised phone and e-mail of a form, or InvalidInput at the wrong field."""
    return Contact(phone=_read_phone(phone), email=_read_email(email))


def read_phone_or_email(value: str, *, field: str = "contact") -> Contact:
    """One field that takes either a phone or an e-mail address."""
    if "@" in value:
        email = _read_email(value, field=field)
        return Contact(email=email)
    return Contact(phone=_read_phone(value, field=field))


def _read_phone(value: str | None, *, field: str = "phone") -> str | None:
    if value is None or is_blank(value):
        return None
    phone = normalise_phone(value)
    if phone is None:
        raise refuse_field(
            field, _l("This is no phone number. A mobile has 11 digits."), code="phone_invalid"
        )
    return phone


def _read_email(value: str | None, *, field: str = "email") -> str | None:
    if value is None or is_blank(value):
        return None
    email = value.strip().lower()
    if len(email) > 254 or not _EMAIL.match(email):
        raise refuse_field(
            field, _l("This is no e-mail address. It looks like name@example.com."), code="email_invalid"
        )
    return email


def make_account(
    uow: UnitOfWork,
    *,
    kind: str,
    name: str,
    contact: Contact,
    login_name: str | None = None,
    person_id: UUID | None = None,
    locale: str | None = None,
) -> UserAccount:
    """A new account without a password (state invited); the caller gives roles and leaves the audit row."""
    kept = normalise_name(name)
    account = UserAccount(
        id=new_id(), kind=kind, name=kept, name_pinyin=pinyin_keys(kept), person_id=person_id, locale=locale,
        login_name=free_login_name(uow, login_name, None),
    )  # fmt: skip
    protect_contact(uow, account, contact)
    account.roles = []
    account.staff = None
    uow.session.add(account)
    return account


def protect_contact(uow: UnitOfWork, account: UserAccount, contact: Contact) -> None:
    """Store phone and e-mail encrypted, each with its blind index."""
    account.phone_enc, account.phone_index = _protect(uow, account.id, "phone", contact.phone)
    account.email_enc, account.email_index = _protect(uow, account.id, "email", contact.email)


def _protect(
    uow: UnitOfWork, row_id: UUID, kind: str, value: str | None
) -> tuple[bytes | None, bytes | None]:
    if value is None:
        return None, None
    sealed = encrypt_field(uow, value, table=TABLE, column=f"{kind}_enc", row_id=row_id)
    return sealed, blind_index(uow, kind, value)


def phone_of(uow: UnitOfWork, account: UserAccount) -> str | None:
    """The account's phone in clear, for masking and for sending; never for a page as it is."""
    if account.phone_enc is None:
        return None
    return decrypt_field(uow, account.phone_enc, table=TABLE, column="phone_enc", row_id=account.id)


def email_of(uow: UnitOfWork, account: UserAccount) -> str | None:
    """The account's e-mail address in clear."""
    if account.email_enc is None:
        return None
    return decrypt_field(uow, account.email_enc, table=TABLE, column="email_enc", row_id=account.id)


def may_be_login_name(name: str) -> bool:
    """Whether a lower-case name has the form of a login name: it must not read like a phone."""
    return re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,39}", name) is not None and not name.isdigit()


def free_login_name(uow: UnitOfWork, wanted: str | None, account_id: UUID | None) -> str | None:
    """The login name in the kept form (lower case), or InvalidInput when someone else has it."""
    if wanted is None or is_blank(wanted):
        return None
    name = wanted.strip().lower()
    if not may_be_login_name(name):
        message = _l("Use letters, digits, dots and hyphens, with at least one letter.")
        raise refuse_field("login_name", message, code="login_name_form")
    holder = uow.session.scalar(select(UserAccount.id).where(UserAccount.login_name == name))
    if holder is not None and holder != account_id:
        raise refuse_field("login_name", _l("Someone else has this login name."), code="login_name_taken")
    return name


def accounts_by_identifier(uow: UnitOfWork, identifier: str) -> Sequence[UserAccount]:
    """Accounts that a phone, e-mail address or login name may mean, active ones only, at most four."""
    text = identifier.strip()
    if "@" in text:
        where = UserAccount.email_index == blind_index(uow, "email", text.lower())
    elif (phone := normalise_phone(text)) is not None:
        where = UserAccount.phone_index == blind_index(uow, "phone", phone)
    else:
        where = UserAccount.login_name == text.lower()
    wanted = select(UserAccount).where(where, UserAccount.state == "active").order_by(UserAccount.id).limit(4)
    return uow.session.scalars(wanted).all()


def check_new_password(account_words: Sequence[str], password: str, *, field: str = "password") -> None:
    """Refuse what the password rules refuse; the words are the account's own (name, phone, firm)."""
    problem = password_problem(password, profile=kernel().settings.argon2_profile, known_words=account_words)
    if problem is not None:
        raise refuse_password(problem, field)


def own_words(uow: UnitOfWork, account: UserAccount) -> list[str]:
    """What others know of an account and a password must not be made of."""
    email = email_of(uow, account)
    words = [account.name, account.login_name, phone_of(uow, account), email and email.partition("@")[0]]
    return [word for word in [*words, uow.tenant.slug, uow.tenant.name] if word]


def set_password(uow: UnitOfWork, account: UserAccount, password: str) -> None:
    """Set a password that was checked, and let the account sign in."""
    use_password_hash(account, hash_password(password, profile=kernel().settings.argon2_profile))


def use_password_hash(account: UserAccount, stored: str) -> None:
    """`set_password` for a record made before the transaction began."""
    account.password_hash, account.password_changed_at = stored, utcnow()
    if account.state == "invited":
        account.state = "active"


def change_password(uow: UnitOfWork, *, actor: Actor, old: str, new: str) -> None:
    """The account's own change: asks for the old one and ends all other sessions."""
    account = account_of(uow, actor.user_id)
    if not verify_password(account.password_hash, old, profile=kernel().settings.argon2_profile):
        raise refuse_field("old_password", SignInRefused().message, code="wrong_credentials")
    check_new_password(own_words(uow, account), new, field="new_password")
    set_password(uow, account, new)
    revoke_sessions(uow, account.id, keep=actor.session_id)
    uow.audit("people.password_changed", actor=actor.ref(), subject=("user_account", account.id))


def set_locale(uow: UnitOfWork, *, actor: Actor, locale: str) -> None:
    """The language of the account, from the next request on."""
    account_of(uow, actor.user_id).locale = locale


def account_of(uow: UnitOfWork, user_id: UUID | None) -> UserAccount:
    """The account, or NotFound."""
    account = uow.session.get(UserAccount, user_id) if user_id else None
    if account is None:
        raise NotFound()
    return account
