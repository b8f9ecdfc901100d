"""Short-lived signed tickets that let a browser open a live stream; the stream process needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from itsdangerous import BadData, URLSafeTimedSerializer

LIFETIME = 60  # seconds between the page asking for a ticket and the stream accepting it
_SALT = "anju.live.ticket"


class InvalidTicket(Exception):
    """Forged, damaged or older than a minute."""


@dataclass(frozen=True)
class Ticket:
    tenant_id: UUID
    user_id: UUID | None
    session_id: UUID | None
    topics: tuple[str, ...]
    origin: str = ""  # the only web origin that may read the stream


def sign_ticket(secret: str, ticket: Ticket) -> str:
    body = {
        "t": str(ticket.tenant_id),
        "u": _text(ticket.user_id),
        "s": _text(ticket.session_id),
        "k": list(ticket.topics),
        "o": ticket.origin,
    }
    return _serializer(secret).dumps(body)


def read_ticket(secret: str, text: str, *, max_age: int = LIFETIME) -> Ticket:
    try:
        body: dict[str, Any] = _serializer(secret).loads(text, max_age=max_age)
        return Ticket(UUID(body["t"]), _uuid(body["u"]), _uuid(body["s"]), _topics(body["k"]), body["o"])
    except (BadData, KeyError, ValueError, TypeError) as error:
        raise InvalidTicket("the ticket is not valid") from error


def app_secret(path: Path) -> str:
    """The application's signing secret; made on first use, readable by its owner only."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _existing_secret(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return app_secret(path)
    with os.fdopen(descriptor, "w") as file:
        file.write(token_urlsafe(48))
    return _existing_secret(path)


def _existing_secret(path: Path) -> str:
    secret = path.read_text().strip()
    if len(secret) < 32:
        raise RuntimeError(f"the secret key file {path.name} holds less than 32 characters")
    return secret


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt=_SALT)


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


def _topics(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
