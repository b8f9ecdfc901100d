"""Who is the same person: one rule for forms, the API and imports."""

from uuid import UUID

from saas.people.names import normalise_name
from saas.people.services.bulk import people_by_document, people_by_phone
from saas.people.services.persons import PersonDraft
from tenants.unit_of_work import UnitOfWork


def match_person(uow: UnitOfWork, draft: PersonDraft) -> UUID | None:
    """The person on file whom the draft means, or None.

    The same sound identity number is the same person; without one it is the person of the same name with a phone
    in common; two different numbers are two persons, whatever else agrees.
    """
    if draft.id_number is not None:
        known = people_by_document(uow, [draft.id_number.text]).get(draft.id_number.text)
        if known is not None:
            return known
    name = normalise_name(draft.name)
    holders = people_by_phone(uow, draft.phones)
    for phone in draft.phones:
        for person_id, known_name, documented in holders.get(phone, ()):
            if known_name == name and not (documented and draft.id_number is not None):
                return person_id
    return None
