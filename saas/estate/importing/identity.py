"""Who is who in a list: the rules that join rows to persons."""

from dataclasses import dataclass, replace

from saas.estate.importing.cells import name_key


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One owner or tenant as the list tells it."""

    name: str
    phones: tuple[str, ...] = ()
    id_kind: str | None = None
    id_number: str | None = None

    def joined(self, other: "PersonFacts") -> "PersonFacts":
        """The same person seen once more: what is new is added, nothing is lost."""
        phones = self.phones + tuple(p for p in other.phones if p not in self.phones)
        if self.id_number:
            return replace(self, phones=phones)
        return replace(self, phones=phones, id_kind=other.id_kind, id_number=other.id_number)


class People:
    """Persons of one list, joined by sound document, else by name and a phone in common.

    Rows with a sound document must all be added before the others are placed: a damaged row may stand
    above the sound row of the same person.
    """

    def __init__(self) -> None:
        self.facts: list[PersonFacts] = []
        self._by_document: dict[tuple[str, str], int] = {}
        self._by_name_phone: dict[tuple[str, str], int] = {}

    def place(self, person: PersonFacts) -> int:
        """The index of this person, known or new."""
        index = self._find(person)
        if index is None:
            index = len(self.facts)
            self.facts.append(person)
        else:
            self.facts[index] = self.facts[index].joined(person)
        if person.id_number and person.id_kind:
            self._by_document[(person.id_kind, person.id_number)] = index
        key = name_key(person.name)
        for phone in person.phones:
            self._by_name_phone.setdefault((key, phone), index)
        return index

    def _find(self, person: PersonFacts) -> int | None:
        if person.id_number and person.id_kind:
            return self._by_document.get((person.id_kind, person.id_number))
        key = name_key(person.name)
        for phone in person.phones:
            index = self._by_name_phone.get((key, phone))
            if index is not None:
                return index
        return None
