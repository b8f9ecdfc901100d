"""REST: repair orders, their steps, history, photos, candidates and likes of them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from flask import Response, request

from saas.core.actors import Actor
from saas.core.errors import InvalidInput
from saas.repairs import permissions as p
from saas.repairs import services
from saas.repairs.presenting import (
    candidate_view,
    detail_view,
    event_view,
    order_view,
    photo_view,
    similar_view,
)
from saas.repairs.queries.detail import load_order
from saas.repairs.queries.orders import OrderFilter, list_orders, may_see
from saas.repairs.schemas import (
    CandidateListSchema,
    ClassificationSchema,
    ContactArgs,
    ContactSchema,
    CreatedOrderSchema,
    DispatchSchema,
    EventListSchema,
    JoinSchema,
    OrderDetailSchema,
    OrderListArgs,
    OrderSchema,
    PhotoArgs,
    PhotoFileSchema,
    PhotoFormSchema,
    PhotoSchema,
    ReportSchema,
    SimilarListSchema,
    StepSchema,
)
from saas.web.api import API_PREFIX, Blueprint, listing_of
from saas.web.auth import access, current_actor
from saas.web.work import work
from tenants.idempotency import run_idempotent
from tenants.unit_of_work import UnitOfWork

blp = Blueprint(
    "repairs_api",
    __name__,
    url_prefix=f"{API_PREFIX}/repairs",
    description="Repair orders from report to rating",
)
ROUTE = "POST /api/v1/repairs"


@blp.get("")
@blp.arguments(OrderListArgs, location="query")
@blp.response(200, listing_of(OrderSchema))
@access(p.VIEW.code)
def order_list(args: dict[str, Any]) -> Response:
    """The orders that the caller may see, the newest first."""
    cursor, limit, state = args.pop("cursor"), args.pop("limit"), args.pop("state")
    wanted = OrderFilter(**args, states=(state,) if state else ())
    with work(read_only=True) as uow:
        rows, following = list_orders(
            uow, actor=current_actor(), wanted=wanted, cursor=cursor, limit=limit, bare=True
        )
        return _json({"items": [order_view(row) for row in rows], "next_cursor": following})


@blp.post("")
@blp.arguments(ReportSchema)
@blp.response(201, CreatedOrderSchema)
@blp.alt_response(404, description="the place is not the caller's to name")
@blp.alt_response(409, description="a request with the same Idempotency-Key is under way")
@blp.alt_response(422, description="a field is wrong; or the Idempotency-Key was used for another body")
@access(p.VIEW.code)
def order_create(data: dict[str, Any]) -> Response:
    """Report a fault. `Idempotency-Key` or `request_id` makes a repeat the same order."""
    actor, key = current_actor(), request.headers.get("Idempotency-Key", "")
    report = services.Report(**data)
    with work() as uow:
        if not key or actor.user_id is None:
            return _json(_created(uow, actor, report), 201)
        body = sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).digest()
        status, answer = run_idempotent(
            uow, ROUTE, key[:200], actor.user_id, body, lambda: (201, _plain(_created(uow, actor, report)))
        )
        return _json(answer, status)


@blp.get("/<uuid:order_id>")
@blp.response(200, OrderDetailSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@access(p.VIEW.code)
def order_read(order_id: UUID) -> Response:
    """One order with photos, rating and the steps that the caller may take; `ETag` is its version."""
    with work(read_only=True) as uow:
        return _order(uow, order_id)


@blp.post("/<uuid:order_id>/transitions")
@blp.arguments(StepSchema)
@blp.response(200, OrderDetailSchema)
@blp.alt_response(204, description="done; the order is no longer the caller's to see", success=True)
@blp.alt_response(403, description="not the caller's step to take")
@blp.alt_response(404, description="unknown, or not the caller's to see")
@blp.alt_response(409, description="not possible from the present state, or changed since the version given")
@blp.alt_response(422, description="something that the step needs is missing")
@access(p.VIEW.code)
def order_step(data: dict[str, Any], order_id: UUID) -> Response:
    """Take one step of the order's life; `If-Match` or `version` guards against steps of others in between."""
    if data["arrival"] is not None:
        data["arrival"] = services.Arrival(**data["arrival"])
    data["praise"] = tuple(data["praise"])
    data["version"] = data["version"] if data["version"] is not None else _matched_version()
    with work() as uow:
        services.take_step(uow, actor=current_actor(), order_id=order_id, step=services.Step(**data))
        return _answered(uow, order_id)


@blp.get("/<uuid:order_id>/events")
@blp.response(200, EventListSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@access(p.VIEW.code)
def order_events(order_id: UUID) -> Response:
    """The history, oldest first; residents read their own story."""
    with work(read_only=True) as uow:
        order = load_order(uow, actor=current_actor(), order_id=order_id)
        return _json({"items": [event_view(line) for line in reversed(order.history)], "next_cursor": None})


@blp.post("/<uuid:order_id>/photos")
@blp.arguments(PhotoFormSchema, location="form")
@blp.arguments(PhotoFileSchema, location="files", content_type="multipart/form-data")
@blp.response(201, PhotoSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@blp.alt_response(409, description="nine photos already, or the order is over")
@blp.alt_response(422, description="not a photo")
@access(p.VIEW.code)
def photo_add(form: dict[str, Any], files: dict[str, Any], order_id: UUID) -> Response:
    """Add one photo; the same client_id again answers the photo that is there."""
    photo = services.NewPhoto(files["photo"].read(), form["client_id"], form["stage"])
    with work() as uow:
        stored = services.add_photo(uow, actor=current_actor(), order_id=order_id, photo=photo)
        return _json(photo_view(order_id, stored), 201)


@blp.get("/<uuid:order_id>/photos/<uuid:photo_id>")
@blp.arguments(PhotoArgs, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
@blp.alt_response(404, description="unknown, or not the caller's to see")
@access(p.VIEW.code)
def photo_read(args: dict[str, Any], order_id: UUID, photo_id: UUID) -> Response:
    """The JPEG."""
    with work(read_only=True) as uow:
        content = services.read_photo(
            uow, actor=current_actor(), order_id=order_id, photo_id=photo_id, small=args["small"]
        )
    answer = Response(content, mimetype="image/jpeg")
    # A photo never changes; only this person's browser may keep it.
    answer.headers["Cache-Control"] = "private, max-age=604800, immutable"
    return answer


@blp.get("/<uuid:order_id>/candidates")
@blp.response(200, CandidateListSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@access(p.DISPATCH.code)
def order_candidates(order_id: UUID) -> Response:
    """Who suits the order, the best first, and who is left out and why."""
    with work(read_only=True) as uow:
        rows = services.who_suits(uow, actor=current_actor(), order_id=order_id)
        return _json({"items": [candidate_view(row) for row in rows]})


@blp.post("/<uuid:order_id>/dispatch")
@blp.arguments(DispatchSchema)
@blp.response(200, OrderDetailSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@blp.alt_response(409, description="the technician cannot be asked, or the order has moved on")
@access(p.DISPATCH.code)
def order_dispatch(data: dict[str, Any], order_id: UUID) -> Response:
    """Send the order out."""
    with work() as uow:
        services.dispatch_order(
            uow, actor=current_actor(), order_id=order_id, version=_matched_version(), **data
        )
        return _order(uow, order_id)


@blp.post("/<uuid:order_id>/classification")
@blp.arguments(ClassificationSchema)
@blp.response(200, OrderDetailSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@blp.alt_response(409, description="the order is over, or changed since the version given")
@access(p.TRIAGE.code)
def order_classify(data: dict[str, Any], order_id: UUID) -> Response:
    """Confirm or correct category and urgency; what changes teaches the firm's own classifier."""
    with work() as uow:
        services.correct_classification(
            uow, actor=current_actor(), order_id=order_id, version=_matched_version(), **data
        )
        return _order(uow, order_id)


@blp.get("/<uuid:order_id>/similar")
@blp.response(200, SimilarListSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@access(p.VIEW.code)
def order_similar(order_id: UUID) -> Response:
    """Other open orders that look like the same fault."""
    with work(read_only=True) as uow:
        found = services.similar_orders(uow, actor=current_actor(), order_id=order_id)
        return _json({"items": [similar_view(order) for order in found]})


@blp.post("/<uuid:order_id>/join")
@blp.arguments(JoinSchema)
@blp.response(200, SimilarListSchema)
@blp.alt_response(404, description="unknown, or not the caller's to join")
@blp.alt_response(409, description="the order is over")
@access(p.VIEW.code)
def order_join(data: dict[str, Any], order_id: UUID) -> Response:
    """Follow an order that somebody else reported; joining twice is once. Answers what else looks the same."""
    with work() as uow:
        services.join_order(uow, actor=current_actor(), order_id=order_id, **data)
        found = services.similar_orders(uow, actor=current_actor(), order_id=order_id)
        return _json({"items": [similar_view(order) for order in found]})


@blp.post("/<uuid:order_id>/contact")
@blp.arguments(ContactArgs)
@blp.response(200, ContactSchema)
@blp.alt_response(403, description="the order is not in the caller's hands")
@blp.alt_response(404, description="unknown, or no number was left")
@access(p.VIEW.code)
def order_contact(data: dict[str, Any], order_id: UUID) -> Response:
    """The number behind the call button; each look leaves a record."""
    with work() as uow:
        phone = services.reveal_contact(uow, actor=current_actor(), order_id=order_id, reason=data["reason"])
        return _json({"phone": phone})


def _created(uow: UnitOfWork, actor: Actor, report: services.Report) -> dict[str, Any]:
    made = services.create_order(uow, actor=actor, report=report)
    return _detail(uow, made.order.id) | {"similar": [similar_view(order) for order in made.similar]}


def _detail(uow: UnitOfWork, order_id: UUID) -> dict[str, Any]:
    actor = current_actor()
    order = load_order(uow, actor=actor, order_id=order_id)
    return detail_view(order, services.possible_steps(uow, actor=actor, order_id=order_id))


def _order(uow: UnitOfWork, order_id: UUID) -> Response:
    body = _detail(uow, order_id)
    answer = _json(body)
    answer.headers["ETag"] = f'"{body["version"]}"'
    return answer


def _answered(uow: UnitOfWork, order_id: UUID) -> Response:
    """The order after a step. Who declined or gave it back sees it no longer: 204, it is done."""
    if not may_see(uow, current_actor(), order_id):
        return Response(status=204)
    return _order(uow, order_id)


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), status, mimetype="application/json")


def _plain(body: dict[str, Any]) -> Any:
    return orjson.loads(orjson.dumps(body, option=orjson.OPT_UTC_Z))


def _matched_version() -> int | None:
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if text in ("", "*"):
        return None
    if not text.isdecimal():
        raise InvalidInput(fields={"If-Match": ["the version of the order, in quotes"]})
    return int(text)
