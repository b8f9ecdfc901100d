"""Phone numbers as people type them, and the one form in which we keep, compare and mask them."""

import re
import unicodedata

BLANK_WORDS = frozenset({"", "/", "\\", "无", "-", "—", "——", "没有", "暂无"})

_SEPARATORS = re.compile(r"[/;,、;,|\n\r]+")
_NOISE = re.compile(r"[\s\-‐‑‒–—―()()·.]+")
_MOBILE = re.compile(r"1[3-9]\d{9}\Z")
_LANDLINE = re.compile(r"0\d{2,3}\d{7,8}\Z")
_LOCAL_LANDLINE = re.compile(r"[2-9]\d{6,7}\Z")
_SERVICE = re.compile(r"(?:400|800)\d{7}\Z")


def cell_text(value: object) -> str:
    """The text of a spreadsheet cell or a form field: NFKC (full-width folded), whole floats without `.0`."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unicodedata.normalize("NFKC", str(value)).replace("\u200b", "").strip()


def is_blank(value: object) -> bool:
    """True for what a clerk writes when there is nothing: empty, spaces, `/`, 无, a dash."""
    return cell_text(value) in BLANK_WORDS


def normalise_phone(value: object) -> str | None:
    """The digits of one Chinese mobile, landline or service number, or None if it cannot be one."""
    digits = _NOISE.sub("", cell_text(value))
    for prefix in ("+86", "0086"):
        digits = digits.removeprefix(prefix)
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    if any(form.match(digits) for form in (_MOBILE, _LANDLINE, _LOCAL_LANDLINE, _SERVICE)):
        return digits
    return None


def split_phones(value: object) -> tuple[list[str], list[str]]:
    """Several phones in one cell -> (normalised ones in their order without repeats, texts that are no phone)."""
    good: list[str] = []
    bad: list[str] = []
    if is_blank(value):
        return good, bad
    for part in _SEPARATORS.split(cell_text(value)):
        if is_blank(part):
            continue
        phone = normalise_phone(part)
        if phone is None:
            bad.append(part.strip())
        elif phone not in good:
            good.append(phone)
    return good, bad


def last_four(phone: str) -> str:
    """The last four digits, by which a front desk asks for a caller."""
    return phone[-4:]


def mask_phone(phone: str) -> str:
    """138****0000; a landline keeps its area code and last two digits."""
    if _MOBILE.match(phone):
        return f"{phone[:3]}****{phone[-4:]}"
    return f"{phone[:3]}****{phone[-2:]}"


def mask_email(email: str) -> str:
    """l***@example.com: the first letter and the domain."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}***@{domain}"


def display_phone(phone: str) -> str:
    """A mobile in groups of 3-4-4, easier to read aloud; anything else as it is."""
    if _MOBILE.match(phone):
        return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    return phone
