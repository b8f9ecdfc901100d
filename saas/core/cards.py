"""Cards: a room's, a person's or a home page is filled by the slices that know something about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from saas.core.actors import Actor
from tenants.unit_of_work import UnitOfWork

CardPage = Literal["room", "person", "home", "staff_today"]


@dataclass(frozen=True)
class Card:
    title: Any
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


CardProvider = Callable[[UnitOfWork, Actor, UUID | None], Card | None]
_providers: dict[str, dict[str, tuple[int, CardProvider]]] = {}


def register_card(page: CardPage, order: int, provider: CardProvider) -> None:
    """Registering the same provider again replaces it, so an app may be built twice in one process."""
    name = f"{provider.__module__}.{provider.__qualname__}"
    _providers.setdefault(page, {})[name] = (order, provider)


def cards_for(page: CardPage, uow: UnitOfWork, actor: Actor, subject_id: UUID | None = None) -> list[Card]:
    """The cards of a page in order; a provider returns None when it has nothing to show to this actor."""
    registered = sorted(_providers.get(page, {}).items(), key=lambda entry: (entry[1][0], entry[0]))
    offered = (provider(uow, actor, subject_id) for _, (_, provider) in registered)
    return [card for card in offered if card is not None]
