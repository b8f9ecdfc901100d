"""Meters, readings and reports as the API writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from saas.fees.models import FeeImport
from saas.fees.queries.meters import MeterRow, ReadingRow
from saas.fees.reports.results import Report

_METER = (
    "id", "number", "kind", "community_id", "building_id", "room_id", "pool_key", "place_text", "registers",
    "digits", "installed_on", "removed_on", "initial_values", "final_values", "replaces_id", "state", "note",
    "version",
)  # fmt: skip
_READING = (
    "id", "meter_id", "register", "read_on", "read_at", "period", "is_rolled_over", "is_late", "source", "state",
    "held_because", "corrects_id", "note",
)  # fmt: skip


def meter_view(row: MeterRow) -> dict[str, Any]:
    """A meter with its room's key."""
    view = {name: getattr(row.meter, name) for name in _METER}
    return view | {"multiplier": _exact(row.meter.multiplier), "room_key": row.room_key}


def reading_view(row: ReadingRow) -> dict[str, Any]:
    """A reading with its meter's number."""
    view = {name: getattr(row.reading, name) for name in _READING}
    amounts = {name: _exact(getattr(row.reading, name)) for name in ("value", "previous", "usage")}
    place = {"meter_number": row.meter.number, "room_id": row.meter.room_id, "room_key": row.room_key}
    return view | amounts | place | {"has_photo": row.reading.photo_key is not None}


def import_view(batch: FeeImport) -> dict[str, Any]:
    """A list of readings without its rows."""
    return {
        name: getattr(batch, name)
        for name in ("id", "state", "file_name", "community_id", "totals", "issues")
    }


def report_view(report: Report, currency: str) -> dict[str, Any]:
    """A report; only the cells of its columns, and what leads on from each row."""
    keys = [column.key for column in report.columns]
    chart = report.chart
    return {
        "name": report.name,
        "title": str(report.title),
        "currency": currency,
        "columns": [
            {"key": column.key, "title": str(column.title), "kind": column.kind} for column in report.columns
        ],
        "rows": [
            {"cells": {key: _cell(row.cells.get(key)) for key in keys}, "drill": dict(row.drill)}
            for row in report.rows
        ],
        "totals": {key: _cell(value) for key, value in report.totals.items()},
        "chart": None
        if chart is None
        else {"kind": chart.kind, "labels": list(chart.labels), "series": dict(chart.series)},
        "note": str(report.note),
    }


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _exact(value: Decimal | None) -> str | None:
    if value is None:
        return None
    return format(
        value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize(), "f"
    )
