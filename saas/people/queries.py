"""Reading people: staff lists, persons by any of their marks, roles, sessions, audit rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, contains_eager, selectinload

from saas.core.actors import Actor
from saas.core.paging import page
from saas.people.id_numbers import IdNumber, mask_id_number, read_id_number
from saas.people.models import LoginSession, Person, PersonPhone, Role, StaffMember, UserAccount, UserRole
from saas.people.names import normalise_name
from saas.people.permissions import AUDIT_VIEW, PERSON_VIEW, ROLE_VIEW, STAFF_VIEW
from saas.people.phones import cell_text, mask_phone, normalise_phone
from saas.people.places import visible_persons
from tenants.clock import utcnow
from tenants.fields import blind_index, decrypt_field
from tenants.kernel_models import AuditEntry
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class PersonHit:
    """A person as a search result: the name in clear, the rest masked."""

    id: UUID
    name: str
    kind: str
    phones: tuple[str, ...]
    id_number: str | None


def staff_statement() -> Select[Any]:
    """Staff with account and roles, for lists and forms."""
    return (
        select(StaffMember)
        .join(StaffMember.account)
        .options(
            contains_eager(StaffMember.account).selectinload(UserAccount.roles).selectinload(UserRole.role)
        )
    )


def list_staff(
    uow: UnitOfWork,
    actor: Actor,
    *,
    text: str = "",
    skill: str = "",
    role: str = "",
    state: str = "",
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[StaffMember], str | None]:
    """One page of staff by name; `text` is a name, pinyin, job number or whole phone."""
    actor.require(STAFF_VIEW.code)
    wanted = staff_statement()
    if text.strip():
        wanted = wanted.where(_staff_matches(uow, text))
    if skill:
        wanted = wanted.where(StaffMember.skills.contains([skill]))
    if role:
        held = select(UserRole.user_id).join(Role, Role.id == UserRole.role_id).where(Role.key == role)
        wanted = wanted.where(StaffMember.user_id.in_(held))
    wanted = (
        wanted.where(UserAccount.state == state) if state else wanted.where(UserAccount.state != "disabled")
    )
    keys = (func.split_part(UserAccount.name_pinyin, " ", 1), StaffMember.id)
    return page(uow.session, wanted, keys=keys, cursor=cursor, limit=limit)


def _staff_matches(uow: UnitOfWork, text: str) -> ColumnElement[bool]:
    phone = normalise_phone(text)
    kept = normalise_name(text)
    found = [
        UserAccount.name.contains(kept, autoescape=True),
        _key_starts(UserAccount.name_pinyin, kept),
        StaffMember.job_number == kept.upper(),
    ]
    if phone is not None:
        found.append(UserAccount.phone_index == blind_index(uow, "phone", phone))
    return or_(*found)


def _key_starts(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """A pinyin key that begins with the text; keys are separated by blanks."""
    lowered = text.lower().replace(" ", "")
    return (literal(" ") + column).contains(" " + lowered, autoescape=True)


def staff_with_account(uow: UnitOfWork, staff_id: UUID) -> StaffMember | None:
    """One member of staff with account and roles loaded."""
    member: StaffMember | None = uow.session.scalar(staff_statement().where(StaffMember.id == staff_id))
    return member


def count_staff(uow: UnitOfWork) -> int:
    """How many may work here, invited ones included."""
    wanted = select(func.count()).select_from(StaffMember).join(StaffMember.account)
    return uow.session.scalar(wanted.where(UserAccount.state != "disabled")) or 0


def user_names(uow: UnitOfWork, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by user id, in one statement."""
    ids = set(user_ids)
    if not ids:
        return {}
    wanted = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(ids))
    return dict(uow.session.execute(wanted).tuples().all())


def user_of_person(uow: UnitOfWork, person_id: UUID) -> UUID | None:
    """The account that a resident signs in with, if it is not closed."""
    wanted = select(UserAccount.id).where(UserAccount.person_id == person_id, UserAccount.state != "disabled")
    return uow.session.scalar(wanted.order_by(UserAccount.id).limit(1))


def person_hits(uow: UnitOfWork, person_ids: Iterable[UUID]) -> dict[UUID, PersonHit]:
    """Persons by id as they may be shown, masked, in two statements."""
    ids = set(person_ids)
    if not ids:
        return {}
    rows = uow.session.scalars(select(Person).where(Person.id.in_(ids)).options(selectinload(Person.phones)))
    return {person.id: person_hit(uow, person) for person in rows}


def search_people(uow: UnitOfWork, actor: Actor, text: str, *, limit: int = 20) -> list[PersonHit]:
    """Persons by name, pinyin (full or initials), whole phone, its last four digits, or identity number."""
    actor.require(PERSON_VIEW.code)
    kept = normalise_name(text)
    if not kept:
        return []
    wanted = select(Person).where(_person_matches(uow, kept)).options(selectinload(Person.phones))
    wanted = (
        visible_persons(wanted, actor.scope(PERSON_VIEW.code)).order_by(Person.name, Person.id).limit(limit)
    )
    return [person_hit(uow, person) for person in uow.session.scalars(wanted)]


def _person_matches(uow: UnitOfWork, text: str) -> ColumnElement[bool]:
    digits = cell_text(text)
    phone, number = normalise_phone(text), read_id_number(text)
    found = []
    if digits.isdigit() and len(digits) == 4:
        found.append(_has_phone(PersonPhone.phone4_index == blind_index(uow, "phone4", digits)))
    if phone is not None:
        found.append(_has_phone(PersonPhone.phone_index == blind_index(uow, "phone", phone)))
    if isinstance(number, IdNumber):
        found.append(Person.id_number_index == blind_index(uow, "id_number", number.text))
    if not digits.isdigit():
        found += [Person.name.contains(text, autoescape=True), _key_starts(Person.name_pinyin, text)]
    return or_(*found) if found else Person.name == text


def _has_phone(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return Person.id.in_(select(PersonPhone.person_id).where(condition))


def person_hit(uow: UnitOfWork, person: Person) -> PersonHit:
    """A person with phones and identity number masked."""
    phones = [
        decrypt_field(uow, each.phone_enc, table="person_phone", column="phone_enc", row_id=each.id)
        for each in person.phones
    ]
    number = None
    if person.id_number_enc is not None:
        number = mask_id_number(
            decrypt_field(uow, person.id_number_enc, table="person", column="id_number_enc", row_id=person.id)
        )
    return PersonHit(person.id, person.name, person.kind, tuple(map(mask_phone, phones)), number)


def list_roles(uow: UnitOfWork, actor: Actor) -> Sequence[Role]:
    """All roles with their grants, in their order."""
    actor.require(ROLE_VIEW.code)
    return uow.session.scalars(
        select(Role).options(selectinload(Role.grants)).order_by(Role.position, Role.name)
    ).all()


def own_sessions(uow: UnitOfWork, actor: Actor) -> Sequence[LoginSession]:
    """The actor's open sessions and API tokens, the latest first."""
    wanted = select(LoginSession).where(
        LoginSession.user_id == actor.user_id,
        LoginSession.revoked_at.is_(None),
        LoginSession.expires_at > utcnow(),
    )
    return uow.session.scalars(wanted.order_by(LoginSession.seen_at.desc())).all()


def list_audit(
    uow: UnitOfWork,
    actor: Actor,
    *,
    action: str = "",
    user_id: UUID | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[AuditEntry], str | None]:
    """One page of audit rows, the newest first."""
    actor.require(AUDIT_VIEW.code)
    wanted = select(AuditEntry)
    if action:
        wanted = wanted.where(AuditEntry.action.startswith(action, autoescape=True))
    if user_id is not None:
        wanted = wanted.where(AuditEntry.actor_id == user_id)
    keys = (AuditEntry.recorded_at, AuditEntry.id)
    return page(uow.session, wanted, keys=keys, cursor=cursor, limit=limit, descending=True)
