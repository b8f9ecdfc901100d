"""Signing in with phone, e-mail or login name and a password.

The password is checked between two transactions: hashing takes tens of milliseconds, and counting tries talks to
Redis; neither holds a connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from saas.people.errors import SignInRefused
from saas.people.models import UserAccount
from saas.people.passwords import hash_password, needs_rehash, verify_password
from saas.people.phones import normalise_phone
from saas.people.services.accounts import accounts_by_identifier
from saas.people.services.rate_limits import LOGIN_FAILURES, LOGIN_FROM_ADDRESS, forgive, require_left, spend
from saas.people.services.roles import actor_of
from saas.people.services.sessions import OpenedSession, SessionKind, open_session
from tenants.database import kernel
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work


@dataclass(frozen=True)
class SignedIn:
    """A good sign-in: the session to hand out, and whose it is."""

    session: OpenedSession
    user_id: UUID
    kind: str
    roles: tuple[str, ...]


def log_in(
    tenant: Tenant, *, identifier: str, password: str, kind: SessionKind, address: str, client: str = ""
) -> SignedIn:
    """Open a session; SignInRefused with one wording and one effort for every reason, TooManyTries when locked.

    Accounts may share a phone (a duty phone): the password tells them apart.
    """
    spend(LOGIN_FROM_ADDRESS, address, tenant=tenant)
    # However a phone is written, with blanks or +86, it has one lock.
    lock = normalise_phone(identifier) or identifier
    require_left(LOGIN_FAILURES, lock, tenant=tenant)
    with unit_of_work(tenant, read_only=True) as uow:
        known = [(found.id, found.password_hash) for found in accounts_by_identifier(uow, identifier)]
    user_id = _matching(known, password)
    if user_id is None:
        spend(LOGIN_FAILURES, lock, tenant=tenant)
        raise SignInRefused()
    forgive(LOGIN_FAILURES, lock, tenant=tenant)
    stored = dict(known)[user_id]
    with unit_of_work(tenant) as uow:
        account = uow.session.get_one(UserAccount, user_id)
        if account.state != "active" or account.password_hash != stored:
            raise SignInRefused()
        _refresh_hash(account, password)
        return sign_in_account(uow, account, kind, client=client, how="password")


def _matching(known: Sequence[tuple[UUID, str | None]], password: str) -> UUID | None:
    profile = kernel().settings.argon2_profile
    if not known:
        verify_password(None, password, profile=profile)
        return None
    matches = [user_id for user_id, stored in known if verify_password(stored, password, profile=profile)]
    return matches[0] if len(matches) == 1 else None


def _refresh_hash(account: UserAccount, password: str) -> None:
    """Bring a record made under an older cost to the present one."""
    profile = kernel().settings.argon2_profile
    if account.password_hash and needs_rehash(account.password_hash, profile=profile):
        account.password_hash = hash_password(password, profile=profile)


def sign_in_account(
    uow: UnitOfWork, account: UserAccount, kind: SessionKind, *, client: str, how: str
) -> SignedIn:
    """Open the session of an account that has proved itself, with its audit row."""
    session = open_session(uow, account, kind, client=client)
    actor = actor_of(account, session_id=session.session_id)
    uow.audit(
        "people.logged_in",
        actor=actor.ref(),
        subject=("user_account", account.id),
        details={"session": str(session.session_id), "kind": kind, "how": how},
    )
    return SignedIn(session, account.id, account.kind, actor.roles)
