"""Short numbers for people, taken last in a transaction; gaps are allowed."""

from __future__ import annotations

from sqlalchemy import text

from tenants.unit import Unit

_NEXT = text(
    "INSERT INTO counter (kind, period, value) VALUES (:kind, :period, 1)"
    " ON CONFLICT (kind, period) DO UPDATE SET value = counter.value + 1 RETURNING value"
)


def next_number(uow: Unit, kind: str, period: str = "") -> int:
    """The next number of a kind and period. The row stays locked until the commit, so take it last."""
    number = uow.session.execute(_NEXT, {"kind": kind, "period": period}).scalar_one()
    return int(number)
