"""Staff: hiring, changing, deactivating, and where a technician was last seen."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import time
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import NotFound, VersionConflict
from saas.people.errors import LastAdministrator, OwnAccount, missing, refuse_field
from saas.people.events import StaffChanged, StaffDeactivated
from saas.people.models import Role, StaffMember, UserAccount, UserRole
from saas.people.names import normalise_name, pinyin_keys
from saas.people.permissions import STAFF_EDIT
from saas.people.role_names import ADMINISTRATOR, FOR_STAFF
from saas.people.services.accounts import (
    Contact,
    email_of,
    free_login_name,
    make_account,
    may_be_login_name,
    phone_of,
    protect_contact,
)
from saas.people.services.roles import RoleScope, assign_roles
from saas.people.services.sessions import forget_actor, revoke_sessions
from saas.people.shifts import EVERY_DAY, SHIFTS, Shift
from saas.people.skills import SKILL_TITLES
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

MAX_OPEN_ORDERS = 50


@dataclass(frozen=True)
class StaffDraft:
    """A member of staff as a form, the API or a list gives it."""

    name: str
    contact: Contact = field(default_factory=Contact)
    job_number: str | None = None
    job_title: str = ""
    skills: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    shift: Shift = SHIFTS["office"]
    max_open_orders: int = 5
    roles: tuple[str, ...] = ()
    scope: RoleScope = field(default_factory=RoleScope)
    login_name: str | None = None
    locale: str | None = None
    keep_phone: bool = False
    keep_email: bool = False


def make_shift(
    key: str, start: time | None = None, end: time | None = None, weekdays: Collection[int] = ()
) -> Shift:
    """A shift of a form: the usual hours of its kind unless others are given; InvalidInput for nonsense."""
    usual = SHIFTS.get(key)
    if usual is None:
        raise refuse_field("shift", _l("Choose a shift from the list."))
    days = tuple(sorted(set(weekdays))) or usual.weekdays
    if not set(days) <= set(EVERY_DAY):
        raise refuse_field("weekdays", _l("Days are 1 (Monday) to 7 (Sunday)."))
    return Shift(key, start or usual.start, end or usual.end, days)


def create_staff(uow: UnitOfWork, *, actor: Actor, draft: StaffDraft) -> StaffMember:
    """A new member of staff with an account that waits for its first password."""
    actor.require(STAFF_EDIT.code)
    member = add_staff(uow, draft)
    uow.audit("people.staff_created", actor=actor.ref(), subject=("staff_member", member.id))
    return member


def add_staff(uow: UnitOfWork, draft: StaffDraft) -> StaffMember:
    """`create_staff` for callers that checked the permission and leave their own audit row."""
    _check(draft)
    job_number = _free_job_number(uow, draft.job_number, None)
    login_name = draft.login_name or _login_name_from(job_number)
    account = make_account(
        uow, kind="staff", name=draft.name, contact=draft.contact, login_name=login_name, locale=draft.locale
    )
    member = StaffMember(id=new_id(), account=account, user_id=account.id, job_number=job_number)
    _fill(member, draft)
    uow.session.add(member)
    assign_roles(uow, account, draft.roles, draft.scope)
    uow.session.flush()
    return member


def _login_name_from(job_number: str | None) -> str | None:
    """JX001 signs in as jx001; a job number that cannot be typed as a login name gives none."""
    name = (job_number or "").lower()
    return name if may_be_login_name(name) else None


def update_staff(
    uow: UnitOfWork, *, actor: Actor, staff_id: UUID, draft: StaffDraft, version: int | None = None
) -> StaffMember:
    """Change everything that the form shows. VersionConflict when someone else did so in between."""
    actor.require(STAFF_EDIT.code)
    member = staff_of(uow, staff_id)
    if version is not None and member.version != version:
        raise VersionConflict()
    _check(draft)
    account = member.account
    if ADMINISTRATOR not in draft.roles:
        _require_other_administrator(uow, account)
    before = _picture(member)
    name = normalise_name(draft.name)
    account.name, account.name_pinyin = name, pinyin_keys(name)
    account.login_name = free_login_name(uow, draft.login_name, account.id)
    protect_contact(uow, account, _contact(uow, account, draft))
    member.job_number = _free_job_number(uow, draft.job_number, member.id)
    _fill(member, draft)
    assign_roles(uow, account, draft.roles, draft.scope)
    member.updated_at = utcnow()
    uow.session.flush()
    changed = [key for key, value in _picture(member).items() if before[key] != value]
    forget_actor(uow, account.id)
    uow.emit(StaffChanged(staff_id=member.id))
    uow.audit("people.staff_changed", actor=actor.ref(), subject=("staff_member", member.id), fields=changed)
    return member


def _contact(uow: UnitOfWork, account: UserAccount, draft: StaffDraft) -> Contact:
    return Contact(
        phone=phone_of(uow, account) if draft.keep_phone else draft.contact.phone,
        email=email_of(uow, account) if draft.keep_email else draft.contact.email,
    )


def deactivate_staff(uow: UnitOfWork, *, actor: Actor, staff_id: UUID) -> StaffMember:
    """Close the account: it cannot sign in, its sessions end, it is offered no more orders. History stays."""
    actor.require(STAFF_EDIT.code)
    member = staff_of(uow, staff_id)
    if member.user_id == actor.user_id:
        raise OwnAccount()
    _require_other_administrator(uow, member.account)
    if member.account.state != "disabled":
        member.account.state = "disabled"
        revoke_sessions(uow, member.user_id)
        uow.emit(StaffDeactivated(user_id=member.user_id, staff_id=member.id))
        uow.audit("people.staff_deactivated", actor=actor.ref(), subject=("staff_member", member.id))
    return member


def reactivate_staff(uow: UnitOfWork, *, actor: Actor, staff_id: UUID) -> StaffMember:
    """Open a closed account again; with the password it had, or waiting for its first one."""
    actor.require(STAFF_EDIT.code)
    member = staff_of(uow, staff_id)
    if member.account.state == "disabled":
        member.account.state = "active" if member.account.password_hash else "invited"
        uow.audit("people.staff_reactivated", actor=actor.ref(), subject=("staff_member", member.id))
    return member


def staff_of(uow: UnitOfWork, staff_id: UUID) -> StaffMember:
    """The member of staff, or NotFound."""
    member = uow.session.get(StaffMember, staff_id)
    if member is None:
        raise NotFound()
    return member


def _check(draft: StaffDraft) -> None:
    if not normalise_name(draft.name):
        raise missing(["name"])
    if set(draft.skills) - set(SKILL_TITLES):
        raise refuse_field("skills", _l("Choose skills from the list."))
    if set(draft.roles) - set(FOR_STAFF):
        raise refuse_field("roles", _l("Choose a role from the list."))
    if not 1 <= draft.max_open_orders <= MAX_OPEN_ORDERS:
        raise refuse_field("max_open_orders", _l("Between 1 and 50 open orders."))


def _fill(member: StaffMember, draft: StaffDraft) -> None:
    member.job_title = draft.job_title.strip()
    member.skills, member.certificates = list(draft.skills), list(draft.certificates)
    member.shift, member.weekdays = draft.shift.key, list(draft.shift.weekdays)
    member.shift_start, member.shift_end = draft.shift.start, draft.shift.end
    member.max_open_orders = draft.max_open_orders


def _free_job_number(uow: UnitOfWork, wanted: str | None, staff_id: UUID | None) -> str | None:
    number = (wanted or "").strip().upper()
    if not number:
        return None
    holder = uow.session.scalar(select(StaffMember.id).where(StaffMember.job_number == number))
    if holder is not None and holder != staff_id:
        raise refuse_field("job_number", _l("Someone else has this job number."), code="job_number_taken")
    return number


def _picture(member: StaffMember) -> dict[str, object]:
    account = member.account
    return {
        "name": account.name,
        "login_name": account.login_name,
        "phone": account.phone_index,
        "email": account.email_index,
        "job_number": member.job_number,
        "job_title": member.job_title,
        "skills": tuple(member.skills),
        "certificates": tuple(member.certificates),
        "shift": (member.shift, member.shift_start, member.shift_end, tuple(member.weekdays)),
        "max_open_orders": member.max_open_orders,
        "roles": sorted(str(held.role_id) for held in account.roles),
        "scope": sorted(
            (h.everywhere, *map(str, h.communities), *map(str, h.buildings)) for h in account.roles
        ),
    }


def _require_other_administrator(uow: UnitOfWork, account: UserAccount) -> None:
    """LastAdministrator when this account is the only active one with that role."""
    administrators = set(
        uow.session.scalars(
            select(UserAccount.id)
            .join(UserRole, UserRole.user_id == UserAccount.id)
            .join(Role, Role.id == UserRole.role_id)
            .where(Role.key == ADMINISTRATOR, UserAccount.state == "active")
        )
    )
    if administrators == {account.id}:
        raise LastAdministrator()
