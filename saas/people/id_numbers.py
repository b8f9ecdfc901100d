"""Identity numbers of people and companies: which kind, whether sound, how masked.

Checks length, date and checksum only; the area code is never looked at, areas come and go.
"""

import re
from dataclasses import dataclass
from datetime import date

from saas.people.phones import cell_text, is_blank

ID_CARD = "id_card"
PASSPORT = "passport"
COMPANY_CODE = "company_code"

_CARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CARD_CHECKS = "10X98765432"
_COMPANY_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CARD = re.compile(r"\d{17}[\dX]\Z")
_COMPANY = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}\Z")
_PASSPORT = re.compile(r"(?:[A-Z]{1,2}\d{7,8}|[A-Z]{2,3}\d{6,7}|\d{9})\Z")
_DAMAGED = re.compile(r"\d(?:\.\d+)?E\+?\d+\Z")


@dataclass(frozen=True)
class IdNumber:
    """A sound identity number: its kind and its upper-cased, half-width text."""

    kind: str
    text: str


@dataclass(frozen=True)
class BadIdNumber:
    """Why a text is no identity number: `id_checksum`, `id_damaged` or `id_unknown`."""

    code: str


def read_id_number(value: object) -> IdNumber | BadIdNumber | None:
    """Read a cell or field: None when blank, else a sound number or the reason why not."""
    if is_blank(value):
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return BadIdNumber("id_damaged") if float(value) > 1e15 else BadIdNumber("id_unknown")
    text = re.sub(r"\s+", "", cell_text(value)).upper()
    if _DAMAGED.match(text):
        return BadIdNumber("id_damaged")
    if _CARD.match(text):
        return IdNumber(ID_CARD, text) if _card_is_sound(text) else BadIdNumber("id_checksum")
    if len(text) == 18 and _COMPANY.match(text):
        return IdNumber(COMPANY_CODE, text) if _company_is_sound(text) else BadIdNumber("id_checksum")
    if _PASSPORT.match(text):
        return IdNumber(PASSPORT, text)
    return BadIdNumber("id_unknown")


def _card_is_sound(text: str) -> bool:
    """GB 11643: mod 11-2 checksum and a date of birth that exists."""
    total = sum(int(digit) * weight for digit, weight in zip(text, _CARD_WEIGHTS, strict=False))
    if _CARD_CHECKS[total % 11] != text[17]:
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return born.year >= 1850


def _company_is_sound(text: str) -> bool:
    """GB 32100: the 18th character makes the weighted sum a multiple of 31."""
    total = sum(_COMPANY_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(text[:17]))
    return _COMPANY_ALPHABET[(31 - total % 31) % 31] == text[17]


def mask_id_number(text: str) -> str:
    """The first three and last four of a long number, the first and last of a short one."""
    if len(text) >= 15:
        return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"
    return f"{text[:1]}{'*' * (len(text) - 2)}{text[-1:]}"
