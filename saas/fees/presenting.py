"""Runs, drafts and lines as the API shows them."""

from __future__ import annotations

from typing import Any

from saas.fees.models import BillLine, BillLinePart, BillRun, LineBalance
from saas.fees.queries.runs import DraftRow
from saas.fees.schemas.money import money
from saas.fees.words import draft_error
from tenants.jobs import JobState

PART_FIELDS = (
    "position", "label", "quantity", "unit", "price", "starts_on", "ends_on", "months", "detail", "amount_minor",
)  # fmt: skip


def run_view(run: BillRun, currency: str, job: JobState | None = None) -> dict[str, Any]:
    """A run with the totals of its drafts; `progress` while a worker is at it."""
    names = (
        "id", "number", "state", "mode", "community_id", "period_from", "period_to", "item_ids", "issue_on",
        "error_code", "created_at", "published_at",
    )  # fmt: skip
    totals = run.totals
    return {name: getattr(run, name) for name in names} | {
        "lines": totals.get("lines", 0),
        "errors": totals.get("errors", 0),
        "outliers": totals.get("outliers", 0),
        "total": money(totals.get("amount_minor", 0), currency),
        "previous": money(totals.get("previous_minor", 0), currency),
        "by_item": totals.get("by_item", []),
        "by_error": totals.get("by_error", {}),
        "published": totals.get("published"),
        "progress": None if job is None or job.finished else {"done": job.done, "total": job.total},
        "created_by": run.created_by_name,
        "approved_by": run.approved_by_name,
    }


def draft_view(row: DraftRow, currency: str) -> dict[str, Any]:
    """A draft with its error in words."""
    names = (
        "id", "kind", "item_id", "item_name", "object_kind", "object_id", "object_key", "room_id",
        "debtor_name", "period_from", "period_to", "due_on", "flags", "error", "explanation",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {
        "total": money(row.amount_minor, currency),
        "previous": money(row.previous_minor, currency),
        "error_text": str(draft_error(row.error)) if row.error else None,
        "parts": [dict(zip(PART_FIELDS, part, strict=True)) for part in row.parts],
    }


def line_view(line: BillLine, balance: LineBalance, item_name: str, currency: str) -> dict[str, Any]:
    """A line and what is open of it."""
    names = (
        "id", "run_id", "kind", "item_id", "assignment_id", "object_kind", "object_id", "object_key",
        "community_id", "room_id", "person_id", "debtor_name", "period_from", "period_to", "issue_on", "due_on",
        "corrects_id", "reason",
    )  # fmt: skip
    return {name: getattr(line, name) for name in names} | {
        "item_name": item_name,
        "total": money(line.amount_minor, currency),
        "open": money(balance.open_minor, currency),
        "state": balance.state,
        "tax_rate": str(line.tax_rate),
    }


def part_view(part: BillLinePart) -> dict[str, Any]:
    """One part of a line."""
    view = {name: getattr(part, name) for name in PART_FIELDS}
    for name in ("starts_on", "ends_on"):
        view[name] = view[name].isoformat() if view[name] else None
    return view
