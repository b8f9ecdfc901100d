"""Document numbers and who is who: the checks of GB 11643 and GB 32100, and the rules that join rows to persons."""

import re
from dataclasses import dataclass, replace
from datetime import date

from saas.estate.importing.cells import Cell, as_text, fold, name_key

RESIDENT_ID, PASSPORT, CREDIT_CODE = "resident_id", "passport", "credit_code"

_RESIDENT = re.compile(r"^\d{17}[\dX]$")
_PASSPORT = re.compile(r"^[A-Z]{0,3}\d{5,10}[A-Z]?$")
_CREDIT = re.compile(r"^[0-9A-HJ-NPQRTUWXY]{18}$")
_DAMAGED = re.compile(r"^\d(?:\.\d+)?E\+?\d+$", re.IGNORECASE)
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECK = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = tuple(pow(3, n, 31) for n in range(17))
_COMPANY_NAME = re.compile(r"(公司|有限|集团|事务所|合作社|银行|学校|医院|中心)")


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One owner or tenant as the list tells it."""

    name: str
    phones: tuple[str, ...] = ()
    id_kind: str | None = None
    id_number: str | None = None
    kind: str = "person"

    def joined(self, other: "PersonFacts") -> "PersonFacts":
        """The same person seen once more: what is new is added, nothing is lost."""
        phones = self.phones + tuple(p for p in other.phones if p not in self.phones)
        if self.id_number:
            return replace(self, phones=phones)
        return replace(self, phones=phones, id_kind=other.id_kind, id_number=other.id_number, kind=other.kind)


class BadDocument(ValueError):
    """A document number that cannot be used; `code` is the issue to report."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def resident_id_is_sound(number: str) -> bool:
    """18 signs, a real birth date, the right check sign. The area code is not looked at."""
    if not _RESIDENT.match(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _RESIDENT_WEIGHTS, strict=True))
    return number[17] == _RESIDENT_CHECK[total % 11]


def credit_code_is_sound(number: str) -> bool:
    """18 signs of the alphabet of GB 32100 with the right check sign."""
    if not _CREDIT.match(number):
        return False
    total = sum(
        _CREDIT_ALPHABET.index(sign) * weight for sign, weight in zip(number[:17], _CREDIT_WEIGHTS, strict=True)
    )
    return number[17] == _CREDIT_ALPHABET[(31 - total % 31) % 31]


def document(kind_cell: Cell, number_cell: Cell) -> tuple[str | None, str | None]:
    """(kind, number) of a sound document, (None, None) when none is given. Raises BadDocument."""
    text = as_text(number_cell)
    if not text:
        return None, None
    if isinstance(number_cell, float) and abs(number_cell) >= 1e15:
        raise BadDocument("id_damaged")  # a number cell keeps 15 digits: the rest is lost
    number = fold(text).replace(" ", "").upper()
    if _DAMAGED.match(number):
        raise BadDocument("id_damaged")
    kind = as_text(kind_cell)
    if "护照" in kind or "passport" in kind.lower():
        return _checked(PASSPORT, number, bool(_PASSPORT.match(number)), "id_invalid")
    if "信用" in kind or "营业" in kind:
        return _checked(CREDIT_CODE, number, credit_code_is_sound(number), "id_checksum")
    if _RESIDENT.match(number):
        if not kind and not resident_id_is_sound(number) and credit_code_is_sound(number):
            return CREDIT_CODE, number
        return _checked(RESIDENT_ID, number, resident_id_is_sound(number), "id_checksum")
    if not kind and credit_code_is_sound(number):
        return CREDIT_CODE, number
    if not kind and _PASSPORT.match(number) and not number.isdigit():
        return PASSPORT, number
    raise BadDocument("id_invalid")


def _checked(kind: str, number: str, sound: bool, code: str) -> tuple[str, str]:
    if not sound:
        raise BadDocument(code)
    return kind, number


def kind_of(name: str, id_kind: str | None) -> str:
    """'company' for a firm, else 'person'."""
    if id_kind == CREDIT_CODE:
        return "company"
    return "company" if id_kind is None and len(name) > 5 and _COMPANY_NAME.search(name) else "person"


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
