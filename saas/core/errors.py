"""Refusals of the business, with a stable code; saas/web/problems.py turns them into HTTP in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

Message = Any  # str or a lazy string of flask_babel
FieldErrors = Mapping[str, Sequence[Message]]


class DomainError(Exception):
    """A business rule said no. ``message`` is for the user, in their language; ``code`` is for programs."""

    def __init__(
        self,
        code: str,
        message: Message,
        status: int = 409,
        fields: FieldErrors | None = None,
        **params: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status
        self.fields: dict[str, list[Message]] = {name: list(said) for name, said in (fields or {}).items()}
        self.params = params

    def __str__(self) -> str:
        return (
            str(self.message) % self.params
            if self.params and "%(" in str(self.message)
            else str(self.message)
        )


class NotFound(DomainError):
    """The thing does not exist here, or the actor may not know that it does."""

    def __init__(self, message: Message | None = None, *, code: str = "not_found", **params: Any) -> None:
        super().__init__(
            code, message or _l("We could not find this. It may have been removed."), 404, **params
        )


class Forbidden(DomainError):
    def __init__(self, message: Message | None = None, *, code: str = "forbidden", **params: Any) -> None:
        text = message or _l("Your role does not allow this. Ask your administrator if you need it.")
        super().__init__(code, text, 403, **params)


class InvalidInput(DomainError):
    """Malformed or missing input; ``fields`` says what to do at each field."""

    def __init__(
        self,
        message: Message | None = None,
        *,
        fields: FieldErrors | None = None,
        code: str = "invalid_input",
        **params: Any,
    ) -> None:
        text = message or _l("Some details need another look.")
        super().__init__(code, text, 422, fields, **params)


class Conflict(DomainError):
    """Well-formed, but not possible in the present state."""

    def __init__(self, message: Message | None = None, *, code: str = "conflict", **params: Any) -> None:
        super().__init__(
            code, message or _l("This is not possible any more. Look at the present state."), 409, **params
        )


class VersionConflict(DomainError):
    """Someone else changed the same thing since it was opened."""

    def __init__(self, message: Message | None = None, **params: Any) -> None:
        text = message or _l(
            "Someone else changed this while you had it open. Your input is kept; compare and send again."
        )
        super().__init__("version_conflict", text, 409, **params)
