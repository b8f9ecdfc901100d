"""Refusals of people, with their codes and what to do about them."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from saas.core.errors import Conflict, DomainError, InvalidInput, NotFound

_PASSWORD_MESSAGES = {
    "password_short": _l("Use at least 8 characters. A short sentence is easy to remember."),
    "password_long": _l("Use at most 128 characters."),
    "password_common": _l("This password is one of the first that others try. Choose another one."),
    "password_personal": _l("Do not build the password from your name, phone or firm."),
    "password_plain": _l("Use three of these: small letters, capital letters, digits, signs."),
}
_SLUG_MESSAGES = {
    "slug_shape": _l("Use 3 to 40 small letters, digits and single hyphens; begin with a letter."),
    "slug_reserved": _l("This address is kept for the platform. Choose another one."),
    "slug_taken": _l("This address is taken. Choose another one."),
}


class SignInRefused(DomainError):
    """Unknown account, wrong password or an account that may not sign in: one answer for all."""

    def __init__(self) -> None:
        text = _l("Phone, e-mail or login name and password do not match. Check both and try again.")
        super().__init__("wrong_credentials", text, 401)


class TooManyTries(DomainError):
    """The limit of sign-ins, sign-ups, activations or tokens is reached."""

    def __init__(self, retry_after: int) -> None:
        minutes = max(1, -(-retry_after // 60))
        text = _l("Too many tries. Wait %(minutes)s minutes, then try again. Your data is safe.")
        super().__init__("too_many_tries", text, 429, minutes=minutes)
        self.retry_after = retry_after


class LinkSpent(NotFound):
    """A one-time link was used, has expired or never existed."""

    def __init__(self) -> None:
        text = _l("This link was used already or is too old. Ask your property office for a new one.")
        super().__init__(text, code="link_spent")


class PhoneNotOnFile(Conflict):
    """What a resident gives does not match an occupant of the room; which detail it was is not told."""

    def __init__(self) -> None:
        text = _l(
            "These details do not match what the office has on file for this room. Please contact the front desk; they can help."
        )
        super().__init__(text, code="phone_not_on_file")


class AlreadyActive(Conflict):
    """The account has its password already."""

    def __init__(self) -> None:
        super().__init__(_l("This phone can sign in already. Go to the sign-in page."), code="already_active")


class LastAdministrator(Conflict):
    """Nobody would be left to let others in."""

    def __init__(self) -> None:
        text = _l("At least one active administrator has to remain. Make someone else administrator first.")
        super().__init__(text, code="last_administrator")


class OwnAccount(Conflict):
    """One does not lock oneself out."""

    def __init__(self) -> None:
        super().__init__(_l("You cannot deactivate your own account."), code="own_account")


def refuse_field(field: str, message: Any, *, code: str = "invalid_input") -> InvalidInput:
    """One wrong field, said at that field."""
    return InvalidInput(fields={field: [message]}, code=code)


def refuse_password(problem: str, field: str = "password") -> InvalidInput:
    """A password that breaks a rule."""
    return refuse_field(field, _PASSWORD_MESSAGES[problem], code=problem)


def slug_message(problem: str) -> Any:
    """What is wrong with an address, in words."""
    return _SLUG_MESSAGES[problem]


def refuse_slug(problem: str) -> InvalidInput:
    """An address that may not be used."""
    return refuse_field("slug", _SLUG_MESSAGES[problem], code=problem)


def missing(fields: Sequence[str]) -> InvalidInput:
    """Required fields left empty."""
    return InvalidInput(fields={field: [_l("Please fill this in.")] for field in fields})
