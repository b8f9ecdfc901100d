"""Filters of board and list: read from the address, shown as chips that change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from saas.repairs.catalogue import CATEGORIES, URGENCIES
from saas.repairs.queries.board import BoardChoices, Choice
from saas.repairs.queries.orders import OrderFilter
from saas.repairs.states import OPEN_STATES, STATES
from saas.web.render import here
from tenants.clock import business_date
from tenants.context import current_tenant
from tenants.ids import InvalidId, parse_id

_ANY = "any-of-them"


@dataclass(frozen=True)
class Menu:
    """One chip: with a choice made it carries a cross, else it opens the list of choices."""

    name: str
    title: str
    icon: str
    chosen: str
    off: str
    options: tuple[tuple[str, str], ...]


def id_of(text: str | None) -> UUID | None:
    """An id from an address or form; None when it is none."""
    try:
        return parse_id(text) if text else None
    except InvalidId:
        return None


def filter_of(args: Mapping[str, str]) -> OrderFilter:
    """The filter that an address names; what makes no sense narrows nothing."""
    today = business_date(current_tenant().time_zone) if args.get("today") else None
    state, category, urgency = args.get("state", ""), args.get("category"), args.get("urgency")
    return OrderFilter(
        community_id=id_of(args.get("community")),
        building_id=id_of(args.get("building")),
        room_id=id_of(args.get("room")),
        category=category if category in CATEGORIES else None,
        urgency=urgency if urgency in URGENCIES else None,
        technician_id=id_of(args.get("technician")),
        day=today,
        states=(state,) if state in STATES else (),
        is_open=True if state == "open" else None,
        is_overdue=True if args.get("overdue") else None,
        q=args.get("q", "").strip()[:60],
    )


def menus_of(args: Mapping[str, str], choices: BoardChoices) -> list[Menu]:
    """The chips that open a list: community, building, category, technician."""
    community = id_of(args.get("community"))
    buildings = [each for each in choices.buildings if community in (None, each.community_id)]
    names = {each.id: each.name for each in choices.communities}
    many = len(choices.communities) > 1
    found = [
        _menu(
            "building",
            _("Building"),
            "building",
            args,
            _pairs(buildings, names if many and community is None else {}),
        ),
        _menu(
            "category",
            _("Category"),
            "category",
            args,
            [(code, term.text()) for code, term in CATEGORIES.items()],
        ),
        _menu("technician", _("Technician"), "user", args, _pairs(choices.technicians, {})),
    ]
    if many:
        found.insert(
            0, _menu("community", _("Community"), "building-community", args, _pairs(choices.communities, {}))
        )
    return [menu for menu in found if menu.options]


def urgency_menu(args: Mapping[str, str]) -> Menu:
    """The chip of the urgency."""
    return _menu(
        "urgency",
        _("Urgency"),
        "alert-triangle",
        args,
        [(code, term.text()) for code, term in URGENCIES.items()],
    )


def state_menu(args: Mapping[str, str]) -> Menu:
    """The chip of the state; all open ones are a choice too."""
    shown = [code for code in STATES if code in (*OPEN_STATES, "finished", "rated", "closed", "cancelled")]
    reachable = [code for code in shown if code not in ("transferred", "quoted", "approved", "declined")]
    pairs = [("open", _("All open"))] + [(code, STATES[code].text()) for code in reachable]
    return _menu("state", _("State"), "progress", args, pairs)


def _pairs(choices: Any, prefix: Mapping[Any, str]) -> list[tuple[str, str]]:
    return [(str(each.id), _named(each, prefix)) for each in choices]


def _named(choice: Choice, prefix: Mapping[Any, str]) -> str:
    community = prefix.get(choice.community_id)
    return f"{community} {choice.name}" if community else choice.name


def _menu(name: str, title: str, icon: str, args: Mapping[str, str], pairs: list[tuple[str, str]]) -> Menu:
    # Another community has other buildings; an open order's sheet closes, it may not be in the narrowed list.
    forget: dict[str, Any] = {"order": None, "ask": None} | (
        {"building": None} if name == "community" else {}
    )
    chosen = dict(pairs).get(args.get(name, ""), "")
    # One address is worked out for all choices: their codes and ids stand in an address as they are.
    before, _any, after = here(**{**forget, name: _ANY}).partition(f"{name}={_ANY}")
    options = tuple((text, f"{before}{name}={code}{after}") for code, text in pairs)
    return Menu(name, title, icon, chosen, here(**{**forget, name: None}), options)
