"""One order as the front desk sees it: in the side sheet of board and list, or as a page of its own."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from saas.core.errors import DomainError
from saas.people.queries import person_hits
from saas.people.reveal_reasons import REASONS
from saas.repairs import services
from saas.repairs.catalogue import CATEGORIES, URGENCIES, category_title, urgency_title
from saas.repairs.pages import desk_words as words
from saas.repairs.pages.blueprint import blueprint
from saas.repairs.pages.desk_actions import ASKS, foot_of
from saas.repairs.pages.photos import gallery, photo_address
from saas.repairs.permissions import DISPATCH, OVERVIEW
from saas.repairs.queries.desk import order_version, staff_called
from saas.repairs.queries.detail import CandidateRow, HistoryLine, OrderDetail, load_order
from saas.repairs.states import OPEN_STATES
from saas.web.auth import access, current_actor
from saas.web.render import is_partial, page
from saas.web.work import work
from tenants.unit_of_work import UnitOfWork

LISTS = ("/repairs/board", "/repairs")
CHOOSING = ("submitted", "triaged", "returned", "reopened", "dispatched")


@blueprint.get("/repairs/<uuid:order_id>")
@access(OVERVIEW.code)
def order(order_id: UUID) -> Response:
    """The order; `?version=` asks whether it has changed since and answers 204 when not."""
    known = request.args.get("version", type=int)
    if known is not None:
        with work(read_only=True) as uow:
            if order_version(uow, actor=current_actor(), order_id=order_id) == known:
                return Response(status=204)
    return order_page(order_id)


def order_page(order_id: UUID, *, error: DomainError | None = None, **extra: Any) -> Response:
    """The sheet or the page, perhaps with what went wrong on top and what was typed still in its form."""
    with work(read_only=True) as uow:
        context = order_context(uow, order_id)
    context |= extra
    if error is not None:
        context |= {"errors": error.fields, "trouble": "" if error.fields else str(error)}
        if error.code == "version_conflict":
            context["trouble"] = _("A colleague was faster. This is how the order stands now; decide again.")
    status = error.status if error is not None else 200
    return page("repairs/desk/order.html", status, headers={"Cache-Control": "no-store"}, **context)


def order_context(uow: UnitOfWork, order_id: UUID) -> dict[str, Any]:
    """Everything that the sheet shows; the number of statements does not grow with the history."""
    actor = current_actor()
    detail = load_order(uow, actor=actor, order_id=order_id)
    row = detail.row
    steps = services.possible_steps(uow, actor=actor, order_id=order_id)
    candidates, left_out = _weighed(uow, detail)
    similar = services.similar_orders(uow, actor=actor, order_id=order_id) if row.state in OPEN_STATES else ()
    category, urgency = category_title(row.category), urgency_title(row.urgency)
    return {
        "order": detail, "row": row, "words": words, "similar": similar, "candidates": candidates,
        "left_out": words.left_out_words(left_out, row.category),
        "foot": foot_of(actor, detail, steps, candidates, category, urgency),
        "phone": detail.contact_phone or _person_phone(uow, detail), "reporter_id": detail.reporter_person_id,
        "before": gallery(row.id, [each for each in detail.photos if each.stage == "before"]),
        "after": gallery(row.id, [each for each in detail.photos if each.stage == "after"]),
        "timeline": words.timeline(detail, _staff_names(uow, detail.history)),
        "categories": [(code, term.text()) for code, term in CATEGORIES.items()],
        "urgencies": [(code, term.text()) for code, term in URGENCIES.items()],
        "reasons": REASONS, "ask": _asked(), "back": back_to_list(), "form": {}, "errors": {}, "trouble": "",
        "revealed": None, "photo_address": photo_address, "may_choose": _may_choose(detail),
        "live_topics": [f"repairs.order:{row.id}"],
    }  # fmt: skip


def back_to_list(target: str | None = None) -> str:
    """The address of the list beside the sheet, without the order; the board when there is none."""
    shown = urlsplit(target or request.headers.get("HX-Current-URL") or request.full_path)
    if shown.path not in LISTS:
        return url_for("repairs.board")
    kept = [
        (name, value) for name, value in parse_qsl(shown.query) if name not in ("order", "ask", "selected")
    ]
    return f"{shown.path}?{urlencode(kept)}" if kept else shown.path


def in_sheet() -> bool:
    """Whether the answer goes into the side sheet."""
    return is_partial() and request.headers.get("HX-Target") == "sheet"


def _asked() -> str:
    asked = request.args.get("ask", "")
    return asked if asked in ASKS else ""


def _may_choose(detail: OrderDetail) -> bool:
    row = detail.row
    may = current_actor().may(DISPATCH.code, community_id=row.community_id, building_id=row.building_id)
    return may and row.state in CHOOSING and row.state != "submitted"


def _weighed(uow: UnitOfWork, detail: OrderDetail) -> tuple[list[CandidateRow], list[CandidateRow]]:
    row, actor = detail.row, current_actor()
    if row.state not in CHOOSING or not actor.may(
        DISPATCH.code, community_id=row.community_id, building_id=row.building_id
    ):
        return [], []
    weighed = services.who_suits(uow, actor=actor, order_id=row.id)
    return [each for each in weighed if each.state != "left_out"], [
        each for each in weighed if each.state == "left_out"
    ]


def _person_phone(uow: UnitOfWork, detail: OrderDetail) -> str | None:
    if detail.reporter_person_id is None:
        return None
    hit = person_hits(uow, [detail.reporter_person_id]).get(detail.reporter_person_id)
    return hit.phones[0] if hit and hit.phones else None


def _staff_names(uow: UnitOfWork, history: tuple[HistoryLine, ...]) -> dict[UUID, str]:
    ids: set[UUID] = set()
    for line in history:
        named = line.data.get("staff")
        ids |= {UUID(each) for each in ([named] if isinstance(named, str) else named or [])}
    return staff_called(uow, ids)
