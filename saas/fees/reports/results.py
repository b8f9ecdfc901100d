"""What a report is asked for and what it answers: columns, rows, totals, a chart, and where each row leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

Kind = Literal["text", "money", "number", "percent", "date"]


@dataclass(frozen=True)
class ReportFilter:
    """Days are inclusive business dates. `by`: what a row stands for; each report says what it can."""

    start: date
    end: date
    by: str = ""
    community_id: UUID | None = None
    building_id: UUID | None = None
    room_id: UUID | None = None
    item_id: UUID | None = None
    person_id: UUID | None = None
    cashier_id: UUID | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Column:
    """`title` is a lazy string. Money is minor units; percent is a number between 0 and 100, or None."""

    key: str
    title: Any
    kind: Kind = "money"


@dataclass(frozen=True)
class Chart:
    """`bars` or `lines`: a label for each point, and series of numbers in minor units."""

    kind: Literal["bars", "lines"]
    labels: Sequence[str]
    series: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Row:
    """Cells by column, and the filter that leads to what is behind them."""

    cells: Mapping[str, Any]
    drill: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """The answer. `ties`: accounts whose balance the totals must equal, for those who check."""

    name: str
    title: Any
    wanted: ReportFilter
    columns: Sequence[Column]
    rows: Sequence[Row]
    totals: Mapping[str, Any]
    chart: Chart | None = None
    note: Any = ""


def summed(columns: Sequence[Column], rows: Sequence[Row]) -> dict[str, Any]:
    """The totals of all money and number columns."""
    keys = [column.key for column in columns if column.kind in ("money", "number")]
    return {key: sum(row.cells.get(key) or 0 for row in rows) for key in keys}


def bars(rows: Sequence[Row], label: str, keys: Sequence[str], most: int = 30) -> Chart:
    """The first rows as bars."""
    shown = rows[:most]
    return Chart(
        "bars",
        [str(row.cells[label]) for row in shown],
        {key: [int(row.cells.get(key) or 0) for row in shown] for key in keys},
    )


def percent(part: int, whole: int) -> float | None:
    """Part of whole, one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None
