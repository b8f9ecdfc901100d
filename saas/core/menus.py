"""Navigation of the three rooms; slices register their entries, layouts draw what the actor may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from saas.core.actors import Actor

# "top" are the tools at the right of the console's top bar, such as the inbox; "me" is its account menu.
Room = Literal["console", "resident", "staff", "top", "me"]


@dataclass(frozen=True)
class MenuItem:
    order: int
    key: str  # the page sets active="<key>"
    title: Any  # lazy string
    icon: str  # Tabler icon name
    endpoint: str
    permission: str | None = None  # None: anyone signed in
    badge: Callable[[Actor], int] | None = None  # red count; only what is overdue
    foot: bool = False  # console: at the bottom of the rail (settings)


_items: dict[str, dict[str, MenuItem]] = {}


def register_menu(room: Room, item: MenuItem) -> None:
    _items.setdefault(room, {})[item.key] = item


def menu_for(room: Room, actor: Actor) -> list[MenuItem]:
    visible = (
        item
        for item in _items.get(room, {}).values()
        if item.permission is None or actor.may(item.permission)
    )
    return sorted(visible, key=lambda item: (item.order, item.key))


@dataclass(frozen=True)
class Home:
    order: int
    endpoint: str
    kind: str  # staff or resident
    permission: str | None = None


_homes: dict[str, Home] = {}


def register_home(home: Home) -> None:
    """A first page; of those an actor may open, the one with the lowest order is theirs."""
    _homes[home.endpoint] = home


def home_for(actor: Actor) -> str | None:
    """The endpoint of the actor's first page."""
    for home in sorted(_homes.values(), key=lambda home: (home.order, home.endpoint)):
        if home.kind == actor.kind and (home.permission is None or actor.may(home.permission)):
            return home.endpoint
    return None


_search: list[str] = []


def register_search(endpoint: str) -> None:
    """The page that the one search box of the console asks with ``?q=``."""
    _search[:] = [endpoint]


def search_endpoint() -> str | None:
    return _search[0] if _search else None
