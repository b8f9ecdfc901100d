"""The front desk's board, and what refreshes it."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.wrappers import Response

from saas.core.actors import Actor
from saas.repairs.pages import desk_words as words
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.pages.desk_filters import filter_of, id_of, menus_of
from saas.repairs.pages.desk_order import order_context
from saas.repairs.permissions import OVERVIEW
from saas.repairs.queries.board import board_choices, load_board, overdue_count
from saas.repairs.queries.desk import board_stamp
from saas.repairs.queries.orders import may_see
from saas.web.auth import access, current_actor
from saas.web.polling import polled
from saas.web.render import is_partial, page
from saas.web.work import work
from tenants.clock import utcnow

FILTERS = ("community", "building", "category", "technician", "today")


@blueprint.get("/repairs/board")
@access(OVERVIEW.code)
def board() -> Response:
    """New, to dispatch, in work, overdue; asked again at each change, and drawn again only when something changed."""
    if is_partial() and request.headers.get("HX-Target") == "board":
        return _board_part()
    actor, wanted = current_actor(), filter_of(request.args)
    shown = id_of(request.args.get("order"))
    with work(read_only=True) as uow:
        context: dict[str, Any] = {"board": load_board(uow, actor=actor, wanted=wanted)}
        context["menus"] = menus_of(request.args, board_choices(uow, actor=actor))
        if shown is not None and may_see(uow, actor, shown):
            context |= order_context(uow, shown)
    context |= {
        "words": words, "selected": shown, "now": utcnow(), "live_topics": board_topics(actor), "filters": kept_filters()
    }  # fmt: skip
    return page("repairs/desk/board.html", headers={"Cache-Control": "private, no-cache"}, **context)


def _board_part() -> Response:
    actor, wanted = current_actor(), filter_of(request.args)
    with work(read_only=True) as uow:
        stamp = board_stamp(uow, actor=actor, wanted=wanted)
    # Time left is shown in minutes, so the minute belongs to the tag.
    return polled((stamp, f"{utcnow():%d%H%M}"), lambda: _drawn(actor))


def _drawn(actor: Actor) -> Response:
    with work(read_only=True) as uow:
        loaded = load_board(uow, actor=actor, wanted=filter_of(request.args))
    return page(
        "repairs/desk/board.html",
        board=loaded,
        words=words,
        selected=None,
        now=utcnow(),
        filters=kept_filters(),
    )


def kept_filters() -> dict[str, str]:
    """The filters of the board in its address, for links that keep them."""
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


def board_topics(actor: Actor) -> list[str]:
    """The whole board, or the board of each community in scope."""
    scope = actor.scope(OVERVIEW.code)
    if scope.everything or not scope.communities:
        return ["repairs.board"] if scope.everything else []
    return [f"repairs.board:{community}" for community in sorted(scope.communities, key=str)]


def overdue_badge(actor: Actor) -> int:
    """The red number in the navigation."""
    if not actor.may(OVERVIEW.code):
        return 0
    with work(read_only=True) as uow:
        return overdue_count(uow, actor)
