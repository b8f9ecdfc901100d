"""Sessions and API tokens: opened at sign-in, looked up on every request, revoked everywhere within 5 s.

The database is the truth. A process keeps what it looked up for at most 5 s and drops it at once when another
process says so over Redis; open streams are told in the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.core.live import close_streams
from saas.people.models import LoginSession, UserAccount
from saas.people.secrets_kept import new_secret, secret_hash
from saas.people.services.roles import actor_of
from tenants.caches import ProcessCache
from tenants.clock import utcnow
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

SessionKind = Literal["web", "api"]

CACHE_SECONDS = 5
TOUCH_EVERY = timedelta(minutes=10)
IDLE = {"staff": timedelta(days=7), "resident": timedelta(days=60)}
API_LIFE = timedelta(days=30)


@dataclass(frozen=True)
class OpenedSession:
    """A new session: the only moment at which its secret is known to us."""

    session_id: UUID
    secret: str
    expires_at: datetime


@dataclass(frozen=True)
class LiveSession:
    """What a process keeps of a session between requests."""

    actor: Actor
    kind: SessionKind
    expires_at: datetime
    seen_at: datetime


_cache: ProcessCache[LiveSession] = ProcessCache("people.sessions", ttl=CACHE_SECONDS)


def open_session(
    uow: UnitOfWork, account: UserAccount, kind: SessionKind, *, client: str = ""
) -> OpenedSession:
    """Sign the account in; the caller has proved who it is and leaves the audit row."""
    secret, now = new_secret(), utcnow()
    life = API_LIFE if kind == "api" else IDLE[account.kind]
    row = LoginSession(
        token_hash=secret_hash(secret), user_id=account.id, kind=kind, client=client[:120],
        created_at=now, seen_at=now, expires_at=now + life,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    return OpenedSession(row.id, secret, row.expires_at)


class _NoSession(Exception):
    """The secret opens nothing; raised so that the cache does not keep the answer."""


def resolve_session(tenant: Tenant, secret: str, kind: SessionKind) -> Actor | None:
    """Who holds this secret on this tenant, or None. Reads the database at most every 5 s for one session."""
    token_hash = secret_hash(secret)
    try:
        live = _cache.get(tenant.id, token_hash.hex(), lambda: _load(tenant, token_hash))
    except _NoSession:
        return None
    if live.kind != kind or live.expires_at <= utcnow():
        return None
    return live.actor


def _load(tenant: Tenant, token_hash: bytes) -> LiveSession:
    with unit_of_work(tenant, read_only=True) as uow:
        found = uow.session.execute(
            select(LoginSession, UserAccount)
            .join(UserAccount, UserAccount.id == LoginSession.user_id)
            .where(
                LoginSession.token_hash == token_hash,
                LoginSession.revoked_at.is_(None),
                LoginSession.expires_at > utcnow(),
                UserAccount.state == "active",
            )
        ).one_or_none()
        if found is None:
            raise _NoSession
        row, account = found
        kind: SessionKind = "api" if row.kind == "api" else "web"
        live = LiveSession(actor_of(account, session_id=row.id), kind, row.expires_at, row.seen_at)
    if live.seen_at < utcnow() - TOUCH_EVERY:
        _touch(tenant, row.id, kind, account.kind)
    return live


def _touch(tenant: Tenant, session_id: UUID, kind: str, account_kind: str) -> None:
    """Note that the session is in use and move its end; at most one write in ten minutes."""
    if tenant.state != "active":
        return
    now = utcnow()
    with unit_of_work(tenant) as uow:
        values = (
            {"seen_at": now} if kind == "api" else {"seen_at": now, "expires_at": now + IDLE[account_kind]}
        )
        uow.session.execute(update(LoginSession).where(LoginSession.id == session_id).values(values))


def revoke_sessions(
    uow: UnitOfWork, user_id: UUID, *, only: UUID | None = None, keep: UUID | None = None
) -> int:
    """End the account's sessions (or one, or all but one); pages, tokens and open streams notice within 5 s."""
    wanted = select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    if only is not None:
        wanted = wanted.where(LoginSession.id == only)
    if keep is not None:
        wanted = wanted.where(LoginSession.id != keep)
    rows = uow.session.scalars(wanted).all()
    for row in rows:
        row.revoked_at = utcnow()
    ended = [(row.id, row.token_hash) for row in rows]
    tenant = uow.tenant
    uow.after_commit(lambda: _announce(tenant, ended))
    return len(ended)


def forget_actor(uow: UnitOfWork, user_id: UUID) -> None:
    """Roles, name or language changed: the next request of the account reads them anew."""
    hashes = uow.session.scalars(
        select(LoginSession.token_hash).where(
            LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None)
        )
    ).all()
    tenant = uow.tenant
    uow.after_commit(lambda: _drop(tenant, hashes))


def _announce(tenant: Tenant, ended: Sequence[tuple[UUID, bytes]]) -> None:
    _drop(tenant, [token_hash for _, token_hash in ended])
    for session_id, _ in ended:
        close_streams(tenant, session_id)


def _drop(tenant: Tenant, hashes: Sequence[bytes]) -> None:
    for token_hash in hashes:
        _cache.invalidate(tenant.id, token_hash.hex())


def log_out(uow: UnitOfWork, *, actor: Actor) -> None:
    """End the session of this request."""
    if actor.user_id is not None and actor.session_id is not None:
        revoke_sessions(uow, actor.user_id, only=actor.session_id)
        uow.audit("people.logged_out", actor=actor.ref(), subject=("user_account", actor.user_id))


def revoke_own_session(uow: UnitOfWork, *, actor: Actor, session_id: UUID) -> None:
    """End one of the actor's other sessions; NotFound when it is not theirs or over already."""
    if actor.user_id is None or not revoke_sessions(uow, actor.user_id, only=session_id):
        raise NotFound()
    uow.audit(
        "people.session_ended", actor=actor.ref(), subject=("user_account", actor.user_id),
        details={"session": str(session_id)},
    )  # fmt: skip


def log_out_everywhere(uow: UnitOfWork, *, actor: Actor, keep_this: bool = False) -> int:
    """End all sessions and API tokens of the actor's own account."""
    if actor.user_id is None:
        return 0
    ended = revoke_sessions(uow, actor.user_id, keep=actor.session_id if keep_this else None)
    uow.audit(
        "people.logged_out_everywhere", actor=actor.ref(), subject=("user_account", actor.user_id),
        details={"sessions": ended},
    )  # fmt: skip
    return ended
