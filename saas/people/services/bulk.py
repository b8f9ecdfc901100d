"""Many persons at once, for imports: found by document or by name and phone, completed, taken back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete, select, update

from saas.people.id_numbers import IdNumber
from saas.people.models import Person, PersonPhone
from saas.people.services.persons import id_columns, phone_row
from tenants.bulk import copy_rows
from tenants.fields import blind_index
from tenants.unit_of_work import UnitOfWork

T = TypeVar("T")
CHUNK = 5_000


def people_by_document(uow: UnitOfWork, numbers: Iterable[str]) -> dict[str, UUID]:
    """Sound document number -> the person who has it."""
    wanted = {blind_index(uow, "id_number", number): number for number in numbers}
    found: dict[str, UUID] = {}
    for chunk in _chunks(list(wanted)):
        statement = select(Person.id_number_index, Person.id).where(Person.id_number_index.in_(chunk))
        for index, person_id in uow.session.execute(statement):
            if index is not None:
                found[wanted[index]] = person_id
    return found


def people_by_phone(uow: UnitOfWork, phones: Iterable[str]) -> dict[str, list[tuple[UUID, str, bool]]]:
    """Phone -> the persons who have it, each as (id, name, whether a document is on file)."""
    wanted = {blind_index(uow, "phone", phone): phone for phone in phones}
    found: dict[str, list[tuple[UUID, str, bool]]] = {}
    for chunk in _chunks(list(wanted)):
        statement = (
            select(PersonPhone.phone_index, Person.id, Person.name, Person.id_number_index.is_not(None))
            .join(Person, Person.id == PersonPhone.person_id)
            .where(PersonPhone.phone_index.in_(chunk))
            .order_by(Person.id)
        )
        for index, person_id, name, documented in uow.session.execute(statement):
            found.setdefault(wanted[index], []).append((person_id, name, documented))
    return found


def add_phones_to_many(uow: UnitOfWork, phones: Mapping[UUID, Sequence[str]]) -> dict[UUID, list[UUID]]:
    """Give persons the phones they do not have yet -> ids of the rows made, by person."""
    made: dict[UUID, list[UUID]] = {}
    if not phones:
        return made
    known: dict[UUID, set[bytes]] = {}
    for chunk in _chunks(list(phones)):
        statement = select(PersonPhone.person_id, PersonPhone.phone_index).where(
            PersonPhone.person_id.in_(chunk)
        )
        for person_id, index in uow.session.execute(statement):
            known.setdefault(person_id, set()).add(index)
    rows = []
    for person_id, numbers in phones.items():
        have = known.get(person_id, set())
        for phone in numbers:
            values = phone_row(uow, person_id, phone, len(have))
            if values["phone_index"] not in have:
                have.add(values["phone_index"])
                rows.append(values)
                made.setdefault(person_id, []).append(values["id"])
    copy_rows(uow, PersonPhone, rows)
    return made


def set_documents(uow: UnitOfWork, documents: dict[UUID, IdNumber]) -> None:
    """Enter the sound document of persons who had none on file."""
    for person_id, number in documents.items():
        values = id_columns(uow, person_id, number)
        uow.session.execute(update(Person).where(Person.id == person_id).values(values))


def clear_documents(uow: UnitOfWork, person_ids: Sequence[UUID]) -> None:
    """Take back what `set_documents` entered."""
    values = {"id_kind": None, "id_number_enc": None, "id_number_index": None}
    for chunk in _chunks(list(person_ids)):
        uow.session.execute(update(Person).where(Person.id.in_(chunk)).values(values))


def delete_people(uow: UnitOfWork, person_ids: Sequence[UUID], phone_ids: Sequence[UUID] = ()) -> None:
    """Take back persons, and phones of others, that an import made; the database refuses while anything needs them."""
    for chunk in _chunks(list(phone_ids)):
        uow.session.execute(delete(PersonPhone).where(PersonPhone.id.in_(chunk)))
    for chunk in _chunks(list(person_ids)):
        uow.session.execute(delete(PersonPhone).where(PersonPhone.person_id.in_(chunk)))
        uow.session.execute(delete(Person).where(Person.id.in_(chunk)))


def _chunks(rows: list[T]) -> Iterable[list[T]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
