"""One-time links: activation, a new password, and the first sign-in after sign-up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from saas.people.errors import LinkSpent
from saas.people.models import OneTimeToken, UserAccount
from saas.people.secrets_kept import new_secret, secret_hash
from tenants.clock import utcnow
from tenants.unit_of_work import UnitOfWork

ACTIVATE = "activate"
RESET = "reset"
ENTER = "enter"

LIFE = {ACTIVATE: timedelta(days=7), RESET: timedelta(hours=24), ENTER: timedelta(minutes=10)}


@dataclass(frozen=True)
class OneTimeLink:
    """A link just made; its secret is not kept."""

    secret: str
    expires_at: datetime


def make_link(uow: UnitOfWork, account: UserAccount, purpose: str) -> OneTimeLink:
    """A new link for the account; older unused ones of the same purpose stop working."""
    now = utcnow()
    uow.session.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.user_id == account.id,
            OneTimeToken.purpose == purpose,
            OneTimeToken.used_at.is_(None),
        )
        .values(used_at=now)
    )
    secret = new_secret()
    row = OneTimeToken(
        token_hash=secret_hash(secret), purpose=purpose, user_id=account.id, created_at=now,
        expires_at=now + LIFE[purpose],
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    return OneTimeLink(secret, row.expires_at)


def account_of_link(uow: UnitOfWork, secret: str, *purposes: str) -> UserAccount:
    """Whose link this is, without using it; LinkSpent if it works no more."""
    account = uow.session.scalar(
        select(UserAccount)
        .join(OneTimeToken, OneTimeToken.user_id == UserAccount.id)
        .where(
            OneTimeToken.token_hash == secret_hash(secret),
            OneTimeToken.purpose.in_(purposes),
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > utcnow(),
            UserAccount.state != "disabled",
        )
    )
    if account is None:
        raise LinkSpent()
    return account


def use_link(uow: UnitOfWork, secret: str, *purposes: str) -> UserAccount:
    """Use the link up; of two at the same time one gets LinkSpent."""
    account = account_of_link(uow, secret, *purposes)
    spent = uow.session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.token_hash == secret_hash(secret), OneTimeToken.used_at.is_(None))
        .values(used_at=utcnow())
        .returning(OneTimeToken.id)
    )
    if spent.first() is None:
        raise LinkSpent()
    return account
