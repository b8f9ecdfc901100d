"""The message port: slices say what to tell whom, notices decides how it is delivered."""

from __future__ import annotations

import re
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


PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True)
class MessageTemplate:
    """What a slice says on one occasion, in both languages; ``{name}`` stands for a parameter.

    ``occasion`` (lazy string) names it on the settings page, where a firm may write its own words with the same
    ``params``. ``by_email`` also sends it to those who have an address and want mail.
    """

    code: str  # slice.occasion, such as repairs.accepted
    occasion: Any
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    params: tuple[str, ...] = ()
    by_email: bool = True

    def __post_init__(self) -> None:
        for words in (self.title_zh, self.title_en, self.body_zh, self.body_en):
            unknown = set(PLACEHOLDER.findall(words)) - set(self.params)
            if unknown:
                raise ValueError(f"template {self.code} uses undeclared {sorted(unknown)}")

    def words(self, locale: str) -> tuple[str, str]:
        """Title and body in one of the two languages."""
        return (self.title_zh, self.body_zh) if locale.startswith("zh") else (self.title_en, self.body_en)


_templates: dict[str, MessageTemplate] = {}


def declare_template(*templates: MessageTemplate) -> None:
    for template in templates:
        known = _templates.get(template.code)
        if known is not None and known.title_en != template.title_en:
            raise ValueError(f"template {template.code} is declared twice")
        _templates[template.code] = template


def template_of(code: str) -> MessageTemplate:
    """The declared template; KeyError when no slice declares it."""
    return _templates[code]


def all_templates() -> tuple[MessageTemplate, ...]:
    return tuple(sorted(_templates.values(), key=lambda template: template.code))
