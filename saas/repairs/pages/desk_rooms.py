"""Where the front desk's pages stand in the console: menu with the red number, first page, search, a room's card."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from saas.core.actors import Actor
from saas.core.cards import Card, register_card
from saas.core.menus import Home, MenuItem, register_home, register_menu, register_search
from saas.estate.permissions import ROOM_BROWSE
from saas.estate.queries.places import PlaceHit
from saas.estate.queries.places import search as search_places
from saas.people.permissions import PERSON_VIEW
from saas.people.queries import PersonHit, search_people
from saas.repairs.pages import desk, desk_list, desk_new, desk_order, desk_steps, levels
from saas.repairs.pages import desk_words as words
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.permissions import LEVELS, OVERVIEW, REGISTER
from saas.repairs.queries.desk import numbered, orders_of_room
from saas.repairs.queries.orders import OrderFilter, OrderRow, list_orders
from saas.web.auth import current_actor, signed_in
from saas.web.render import page
from saas.web.work import work
from tenants.unit_of_work import UnitOfWork

DESK_PAGES = (desk, desk_list, desk_new, desk_order, desk_steps, levels)
SHOWN = 8


def register_desk() -> None:
    """The console's entries of repairs."""
    badge = desk.overdue_badge
    register_menu(
        "console", MenuItem(20, "repairs", _l("Repairs"), "tool", "repairs.board", OVERVIEW.code, badge=badge)
    )
    register_menu(
        "me", MenuItem(60, "levels", _l("Service levels"), "clock-check", "repairs.levels", LEVELS.code)
    )
    register_home(Home(20, "repairs.board", "staff", OVERVIEW.code))
    register_search("repairs.search")
    register_card("room", 20, room_card)


def room_card(uow: UnitOfWork, actor: Actor, room_id: UUID | None) -> Card | None:
    """The latest repairs of a room, and how many there were."""
    if room_id is None or not actor.may(OVERVIEW.code):
        return None
    rows, count = orders_of_room(uow, actor=actor, room_id=room_id)
    may_add = actor.may(REGISTER.code)
    context = {"rows": rows, "count": count, "room_id": room_id, "may_add": may_add, "words": words}
    return Card(_l("Repairs"), "repairs/desk/room_card.html", context)


@blueprint.get("/search")
@signed_in
def search() -> Response:
    """The one search box: an order's number opens it; else orders, homes and people, each as far as one may see them."""
    actor, text = current_actor(), request.args.get("q", "").strip()[:60]
    orders: list[OrderRow] = []
    places: list[PlaceHit] = []
    people: list[PersonHit] = []
    with work(read_only=True) as uow:
        if text and actor.may(OVERVIEW.code):
            exact = numbered(uow, actor=actor, number=text)
            if exact is not None:
                return redirect(url_for("repairs.order", order_id=exact))
            orders, _more = list_orders(uow, actor=actor, wanted=OrderFilter(q=text), limit=SHOWN)
        if text and actor.may(ROOM_BROWSE.code):
            places = search_places(uow, actor=actor, text=text, limit=SHOWN)
        if text and actor.may(PERSON_VIEW.code):
            people = search_people(uow, actor, text, limit=SHOWN)
    return page(
        "repairs/desk/search.html", text=text, orders=orders, places=places, people=people, words=words
    )
