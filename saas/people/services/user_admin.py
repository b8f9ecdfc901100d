"""What `anju user` does on the command line: list, create, reset a password. The system acts."""

from dataclasses import dataclass

from sqlalchemy import select

from saas.core.actors import SYSTEM
from saas.core.errors import NotFound
from saas.people.models import UserAccount
from saas.people.role_names import ADMINISTRATOR
from saas.people.services.accounts import (
    accounts_by_identifier,
    check_new_password,
    own_words,
    read_phone_or_email,
    set_password,
)
from saas.people.services.links import RESET, make_link
from saas.people.services.sessions import revoke_sessions
from saas.people.services.staff import StaffDraft, add_staff
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work


@dataclass(frozen=True)
class UserLine:
    """An account as `anju user list` prints it: no personal data but the name."""

    id: str
    kind: str
    state: str
    name: str
    login_name: str | None
    roles: tuple[str, ...]


def list_users(tenant: Tenant) -> list[UserLine]:
    """All accounts of the tenant by name."""
    with unit_of_work(tenant, read_only=True) as uow:
        accounts = uow.session.scalars(select(UserAccount).order_by(UserAccount.name, UserAccount.id))
        return [_line(account) for account in accounts]


def create_user(
    tenant: Tenant,
    *,
    name: str,
    contact: str,
    password: str,
    role: str = ADMINISTRATOR,
    login_name: str | None = None,
) -> UserLine:
    """A staff account that may sign in at once; InvalidInput when a detail or the password is refused."""
    with unit_of_work(tenant) as uow:
        draft = StaffDraft(
            name=name, contact=read_phone_or_email(contact), roles=(role,), login_name=login_name
        )
        member = add_staff(uow, draft)
        check_new_password(own_words(uow, member.account), password)
        set_password(uow, member.account, password)
        uow.audit("people.staff_created", actor=SYSTEM.ref(), subject=("staff_member", member.id))
        uow.session.flush()
        return _line(member.account)


def reset_password(tenant: Tenant, *, identifier: str) -> str:
    """Path of a one-time link with which the user sets a new password; ends all sessions. NotFound if unknown."""
    with unit_of_work(tenant) as uow:
        accounts = accounts_by_identifier(uow, identifier)
        if len(accounts) != 1:
            raise NotFound()
        link = make_link(uow, accounts[0], RESET)
        revoke_sessions(uow, accounts[0].id)
        uow.audit("people.password_reset", actor=SYSTEM.ref(), subject=("user_account", accounts[0].id))
        return f"/activate/{link.secret}"


def _line(account: UserAccount) -> UserLine:
    roles = tuple(sorted(held.role.key or held.role.name for held in account.roles))
    return UserLine(str(account.id), account.kind, account.state, account.name, account.login_name, roles)
