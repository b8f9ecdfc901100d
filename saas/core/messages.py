"""The message port: slices say what to tell whom, notices decides how it is delivered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from tenants.unit_of_work import UnitOfWork

Urgency = Literal["low", "normal", "high"]


@dataclass(frozen=True)
class Message:
    """One message to one user or person. ``template`` names a declared template such as repairs.accepted;
    ``params`` fill it; ``dedup_key`` makes sending twice send once."""

    template: str
    to_user_id: UUID | None = None
    to_person_id: UUID | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    urgency: Urgency = "normal"
    dedup_key: str | None = None
    link: str | None = None  # a path on the tenant's own host
    send_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.to_user_id is None) == (self.to_person_id is None):
            raise ValueError("a message goes to one user or to one person")


MessagePort = Callable[[UnitOfWork, Message], None]
_ports: list[MessagePort] = []


def register_message_port(port: MessagePort) -> None:
    _ports[:] = [port]


def send(uow: UnitOfWork, message: Message) -> None:
    """Hand the message over inside the caller's transaction; nothing leaves the house before commit."""
    if not _ports:
        raise RuntimeError("no message port is registered; saas/app.py loads notices")
    _ports[0](uow, message)
