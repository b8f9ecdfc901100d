"""Bill runs with their preview, and bill lines."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from flask import Response, request

from saas.fees import permissions as p
from saas.fees.models import BillRun
from saas.fees.presenting import draft_view, line_view, part_view, run_view
from saas.fees.queries.lines import LineFilter, corrections_of, get_line, list_lines, parts_of
from saas.fees.queries.runs import list_drafts, list_runs, run_of
from saas.fees.schemas import bills as s
from saas.fees.services import bill_runs, lines
from saas.fees.services.assignments import Target
from saas.web.api import API_PREFIX, Blueprint, CursorArgs, listing_of
from saas.web.auth import access, current_actor
from saas.web.work import work
from tenants.idempotency import run_idempotent
from tenants.jobs import job_state
from tenants.unit_of_work import UnitOfWork

blp = Blueprint("fees_bills_api", __name__, url_prefix=API_PREFIX, description="Bill runs and bill lines")


@blp.get("/bill-runs")
@blp.arguments(CursorArgs, location="query")
@blp.response(200, listing_of(s.BillRunSchema))
@access(p.RUN.code)
def bill_runs_list(args: dict[str, Any]) -> Response:
    """Bill runs, the newest first."""
    with work(read_only=True) as uow:
        found, following = list_runs(uow, actor=current_actor(), **args)
        views = [run_view(run, uow.tenant.currency) for run in found]
        return _json({"items": views, "next_cursor": following})


@blp.post("/bill-runs")
@blp.arguments(s.BillRunNewSchema)
@blp.response(201, s.BillRunSchema)
@blp.alt_response(404, description="no such community")
@access(p.RUN.code)
def bill_runs_create(data: dict[str, Any]) -> Response:
    """Ask for a run; a worker prepares its drafts. `Idempotency-Key` makes a repeat the same run."""
    month = data.pop("period")
    if month is not None:
        data["period_from"], data["period_to"] = bill_runs.month_of(month)
    elif data["period_from"] is None or data["period_to"] is None:
        data["period_from"], data["period_to"] = bill_runs.month_of("")

    def create(uow: UnitOfWork) -> dict[str, Any]:
        return _run(uow, bill_runs.request_run(uow, actor=current_actor(), **data))

    return _once("POST /api/v1/bill-runs", data, create, 201)


@blp.get("/bill-runs/<uuid:run_id>")
@blp.response(200, s.BillRunSchema)
@access(p.RUN.code)
def bill_runs_get(run_id: UUID) -> Response:
    """One run: totals, what is wrong with how many drafts, progress."""
    with work(read_only=True) as uow:
        return _json(_run(uow, run_of(uow, actor=current_actor(), run_id=run_id)))


@blp.get("/bill-runs/<uuid:run_id>/drafts")
@blp.arguments(s.BillDraftListArgs, location="query")
@blp.response(200, listing_of(s.BillDraftSchema))
@access(p.RUN.code)
def bill_runs_drafts(args: dict[str, Any], run_id: UUID) -> Response:
    """The preview: what would be published, with the amount of the period before, outliers and errors."""
    args["only"] = args.pop("show")
    with work(read_only=True) as uow:
        rows, following = list_drafts(uow, actor=current_actor(), run_id=run_id, **args)
        views = [draft_view(row, uow.tenant.currency) for row in rows]
        return _json({"items": views, "next_cursor": following})


@blp.post("/bill-runs/<uuid:run_id>/redraft")
@blp.response(200, s.BillRunSchema)
@blp.alt_response(409, description="the run has moved on")
@access(p.RUN.code)
def bill_runs_redraft(run_id: UUID) -> Response:
    """Throw the drafts away and prepare them anew."""
    with work() as uow:
        return _json(_run(uow, bill_runs.redraft_run(uow, actor=current_actor(), run_id=run_id)))


@blp.post("/bill-runs/<uuid:run_id>/approve")
@blp.response(200, s.BillRunSchema)
@blp.alt_response(409, description="the run has moved on, or has no line without an error")
@access(p.PUBLISH.code)
def bill_runs_approve(run_id: UUID) -> Response:
    """Say that the drafts are right; those with errors are left out."""
    with work() as uow:
        return _json(_run(uow, bill_runs.approve_run(uow, actor=current_actor(), run_id=run_id)))


@blp.post("/bill-runs/<uuid:run_id>/publish")
@blp.response(200, s.BillRunSchema)
@blp.alt_response(409, description="the run was not approved")
@access(p.PUBLISH.code)
def bill_runs_publish(run_id: UUID) -> Response:
    """Let a worker publish all lines in one go; asking again changes nothing."""
    with work() as uow:
        return _json(_run(uow, bill_runs.request_publication(uow, actor=current_actor(), run_id=run_id)))


@blp.post("/bill-runs/<uuid:run_id>/cancel")
@blp.response(200, s.BillRunSchema)
@blp.alt_response(409, description="the run is published")
@access(p.RUN.code)
def bill_runs_cancel(run_id: UUID) -> Response:
    """Throw the run and its drafts away."""
    with work() as uow:
        return _json(_run(uow, bill_runs.cancel_run(uow, actor=current_actor(), run_id=run_id)))


@blp.get("/bill-lines")
@blp.arguments(s.BillLineListArgs, location="query")
@blp.response(200, listing_of(s.BillLineSchema))
@access(p.VIEW.code)
def bill_lines_list(args: dict[str, Any]) -> Response:
    """Bill lines, the newest first."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    with work(read_only=True) as uow:
        found, following = list_lines(
            uow, actor=current_actor(), wanted=LineFilter(**args), cursor=cursor, limit=limit
        )
        views = [line_view(*row, uow.tenant.currency) for row in found]
        return _json({"items": views, "next_cursor": following})


@blp.get("/bill-lines/<uuid:line_id>")
@blp.response(200, s.BillLineDetailSchema)
@access(p.VIEW.code)
def bill_lines_get(line_id: UUID) -> Response:
    """One line with its explanation, parts and corrections."""
    with work(read_only=True) as uow:
        return _json(_detail(uow, line_id))


@blp.post("/bill-lines")
@blp.arguments(s.BillLineNewSchema)
@blp.response(201, s.BillLineDetailSchema)
@blp.alt_response(404, description="no such room, community or item")
@blp.alt_response(409, description="a request with the same Idempotency-Key is under way")
@access(p.ADJUST.code)
def bill_lines_create(data: dict[str, Any]) -> Response:
    """Charge a single amount. `Idempotency-Key` makes a repeat the same line."""
    body = dict(data)
    target = Target(
        *(data.pop(name) for name in ("object_kind", "object_id", "object_key", "community_id", "room_id"))
    )
    minor = data.pop("total")["amount"]
    payer = "person" if data["person_id"] else "text" if data["debtor_name"] else "owner"

    def charge(uow: UnitOfWork) -> dict[str, Any]:
        line = lines.charge_once(
            uow, actor=current_actor(), target=target, amount_minor=minor, payer=payer, **data
        )
        return _detail(uow, line.id)

    return _once("POST /api/v1/bill-lines", body, charge, 201)


@blp.post("/bill-lines/<uuid:line_id>/adjustments")
@blp.arguments(s.BillLineAdjustSchema)
@blp.response(201, s.BillLineDetailSchema)
@blp.alt_response(409, description="the line is void")
@access(p.ADJUST.code)
def bill_lines_adjust(data: dict[str, Any], line_id: UUID) -> Response:
    """Add to a bill or take off, as a line of its own."""

    def adjust(uow: UnitOfWork) -> dict[str, Any]:
        line = lines.adjust_line(
            uow,
            actor=current_actor(),
            line_id=line_id,
            amount_minor=data["total"]["amount"],
            reason=data["reason"],
        )
        return _detail(uow, line.id)

    return _once(f"POST /api/v1/bill-lines/{line_id}/adjustments", data, adjust, 201)


@blp.post("/bill-lines/<uuid:line_id>/void")
@blp.arguments(s.BillLineVoidSchema)
@blp.response(200, s.BillLineDetailSchema)
@blp.alt_response(409, description="something was paid on it, or it is void")
@access(p.ADJUST.code)
def bill_lines_void(data: dict[str, Any], line_id: UUID) -> Response:
    """Take a bill back before anything was paid on it."""

    def void(uow: UnitOfWork) -> dict[str, Any]:
        lines.void_line(uow, actor=current_actor(), line_id=line_id, reason=data["reason"])
        return _detail(uow, line_id)

    return _once(f"POST /api/v1/bill-lines/{line_id}/void", data, void, 200)


def _run(uow: UnitOfWork, run: BillRun) -> dict[str, Any]:
    job = job_state(uow, run.job_id) if run.job_id else None
    return run_view(run, uow.tenant.currency, job)


def _detail(uow: UnitOfWork, line_id: UUID) -> dict[str, Any]:
    currency = uow.tenant.currency
    line, balance, name = get_line(uow, actor=current_actor(), line_id=line_id)
    return line_view(line, balance, name, currency) | {
        "explanation": line.explanation,
        "parts": [part_view(part) for part in parts_of(uow, line.id)],
        "corrections": [line_view(*row, currency) for row in corrections_of(uow, line.id)],
    }


def _once(
    route: str, data: dict[str, Any], do: Callable[[UnitOfWork], dict[str, Any]], status: int
) -> Response:
    """Run it, once for an Idempotency-Key."""
    key, user_id = request.headers.get("Idempotency-Key", ""), current_actor().user_id
    with work() as uow:
        if not key or user_id is None:
            return _json(do(uow), status)
        body = sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS, default=str)).digest()
        done, answer = run_idempotent(
            uow, route, key[:200], user_id, body, lambda: (status, orjson.loads(_bytes(do(uow))))
        )
        return _json(answer, done)


def _json(body: Any, status: int = 200) -> Response:
    return Response(_bytes(body), status, mimetype="application/json")


def _bytes(body: Any) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)
