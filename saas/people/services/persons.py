"""Persons: owners and residents with protected phones and identity numbers, unmasking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.people.errors import missing, refuse_field
from saas.people.id_numbers import COMPANY_CODE, IdNumber
from saas.people.models import Person, PersonPhone
from saas.people.names import normalise_name, pinyin_keys
from saas.people.permissions import PERSON_EDIT, PERSON_REVEAL
from saas.people.phones import last_four
from saas.people.places import visible_persons
from saas.people.reveal_reasons import REASONS
from tenants.bulk import copy_rows
from tenants.clock import utcnow
from tenants.fields import blind_index, decrypt_field, encrypt_field
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class PersonDraft:
    """A person as read from a form or a list: kept name, normalised phones, a sound identity number or none."""

    name: str
    phones: tuple[str, ...] = ()
    id_number: IdNumber | None = None

    @property
    def kind(self) -> str:
        """A company is known by its registration code."""
        return "company" if self.id_number and self.id_number.kind == COMPANY_CODE else "person"


def create_person(uow: UnitOfWork, *, actor: Actor, draft: PersonDraft) -> UUID:
    """One new person, with its audit row. Whether they exist already is asked with `match_person` before."""
    actor.require(PERSON_EDIT.code)
    if not normalise_name(draft.name):
        raise missing(["name"])
    person_id = add_persons(uow, [draft])[0]
    uow.audit("people.person_created", actor=actor.ref(), subject=("person", person_id))
    return person_id


def add_persons(uow: UnitOfWork, drafts: Sequence[PersonDraft]) -> list[UUID]:
    """Many new persons in two statements, ids in the order of the drafts.

    For imports: the caller checked the permission and leaves one audit row for the whole batch.
    """
    people: list[dict[str, Any]] = []
    phones: list[dict[str, Any]] = []
    now = utcnow()
    for draft in drafts:
        person_id, name = new_id(), normalise_name(draft.name)
        people.append(
            {"id": person_id, "kind": draft.kind, "name": name, "name_pinyin": pinyin_keys(name), "version": 1,
             "created_at": now, "updated_at": now, **id_columns(uow, person_id, draft.id_number)}
        )  # fmt: skip
        phones.extend(phone_row(uow, person_id, phone, place) for place, phone in enumerate(draft.phones))
    copy_rows(uow, Person, people)
    copy_rows(uow, PersonPhone, phones)
    return [person["id"] for person in people]


def update_person(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, draft: PersonDraft, keep_phones: bool = False
) -> None:
    """Change name and phones; a missing identity number leaves the stored one alone."""
    actor.require(PERSON_EDIT.code)
    person, changed = person_within(uow, actor, PERSON_EDIT.code, person_id), []
    name = normalise_name(draft.name)
    if name and name != person.name:
        person.name, person.name_pinyin = name, pinyin_keys(name)
        changed.append("name")
    if not keep_phones and list(draft.phones) != phones_of(uow, person):
        person.phones = [
            PersonPhone(**phone_row(uow, person.id, phone, n)) for n, phone in enumerate(draft.phones)
        ]
        changed.append("phones")
    if draft.id_number is not None:
        give_id_number(uow, person, draft.id_number)
        changed.append("id_number")
    uow.audit("people.person_changed", actor=actor.ref(), subject=("person", person_id), fields=changed)


def add_phones(uow: UnitOfWork, person: Person, phones: Iterable[str]) -> int:
    """Add the phones that the person does not have yet; how many were new."""
    known = set(phones_of(uow, person))
    fresh = [phone for phone in dict.fromkeys(phones) if phone not in known]
    start = len(person.phones)
    person.phones += [
        PersonPhone(**phone_row(uow, person.id, each, start + n)) for n, each in enumerate(fresh)
    ]
    return len(fresh)


def give_id_number(uow: UnitOfWork, person: Person, number: IdNumber) -> None:
    """Store the number protected; refused when another person has it."""
    columns = id_columns(uow, person.id, number)
    holder = uow.session.scalar(select(Person.id).where(Person.id_number_index == columns["id_number_index"]))
    if holder is not None and holder != person.id:
        raise refuse_field(
            "id_number", _l("Another person has this identity number."), code="id_number_taken"
        )
    for name, value in columns.items():
        setattr(person, name, value)


def id_columns(uow: UnitOfWork, person_id: UUID, number: IdNumber | None) -> dict[str, Any]:
    if number is None:
        return {"id_kind": None, "id_number_enc": None, "id_number_index": None}
    sealed = encrypt_field(uow, number.text, table="person", column="id_number_enc", row_id=person_id)
    return {
        "id_kind": number.kind,
        "id_number_enc": sealed,
        "id_number_index": blind_index(uow, "id_number", number.text),
    }


def phone_row(uow: UnitOfWork, person_id: UUID, phone: str, position: int) -> dict[str, Any]:
    row_id = new_id()
    return {
        "id": row_id,
        "person_id": person_id,
        "phone_enc": encrypt_field(uow, phone, table="person_phone", column="phone_enc", row_id=row_id),
        "phone_index": blind_index(uow, "phone", phone),
        "phone4_index": blind_index(uow, "phone4", last_four(phone)),
        "position": position,
    }


def person_of(uow: UnitOfWork, person_id: UUID) -> Person:
    """The person, or NotFound."""
    person = uow.session.get(Person, person_id)
    if person is None:
        raise NotFound()
    return person


def person_within(uow: UnitOfWork, actor: Actor, permission: str, person_id: UUID) -> Person:
    """The person, if the permission covers a place of theirs; NotFound for all others, as if there were none."""
    person = uow.session.scalar(
        visible_persons(select(Person).where(Person.id == person_id), actor.scope(permission))
    )
    if person is None:
        raise NotFound()
    return person


def phones_of(uow: UnitOfWork, person: Person) -> list[str]:
    """The person's phones in clear, in their order; never for a page as they are."""
    return [
        decrypt_field(uow, each.phone_enc, table="person_phone", column="phone_enc", row_id=each.id)
        for each in person.phones
    ]


def id_number_of(uow: UnitOfWork, person: Person) -> str | None:
    """The person's identity number in clear."""
    if person.id_number_enc is None:
        return None
    return decrypt_field(uow, person.id_number_enc, table="person", column="id_number_enc", row_id=person.id)


def find_by_phone(uow: UnitOfWork, phone: str) -> list[Person]:
    """Persons who have this normalised phone; couples may share one."""
    wanted = (
        select(Person)
        .join(PersonPhone, PersonPhone.person_id == Person.id)
        .where(PersonPhone.phone_index == blind_index(uow, "phone", phone))
        .order_by(Person.id)
    )
    return list(uow.session.scalars(wanted).unique())


def reveal(uow: UnitOfWork, *, actor: Actor, person_id: UUID, what: str, reason: str) -> list[str]:
    """Unmask `phone` or `id_number` of a person: says who looked and why in an audit row, then answers in clear."""
    actor.require(PERSON_REVEAL.code)
    if reason not in REASONS:
        raise refuse_field("reason", _l("Choose why you need this."), code="reason_missing")
    person = person_within(uow, actor, PERSON_REVEAL.code, person_id)
    if what == "phone":
        shown = phones_of(uow, person)
    elif what == "id_number":
        number = id_number_of(uow, person)
        shown = [number] if number else []
    else:
        raise NotFound()
    uow.audit(
        "people.revealed", actor=actor.ref(), subject=("person", person_id), fields=[what],
        details={"reason": reason},
    )  # fmt: skip
    return shown
