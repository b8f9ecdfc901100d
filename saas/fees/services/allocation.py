"""Which lines a sum of money pays, in which order. Pure arithmetic, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class OpenLine:
    """What is open of one line; a negative line is money in favour of its debtor and takes nothing."""

    line_id: UUID
    due_on: date
    priority: int
    is_late_fee: bool
    open_minor: int


@dataclass(frozen=True)
class Share:
    """So much of the money goes to a line."""

    line_id: UUID
    minor: int


@dataclass(frozen=True)
class Allocation:
    """The shares, each above nothing and none above what is open, and what is left over. All sums to the amount."""

    shares: tuple[Share, ...]
    rest: int


def in_order(lines: Sequence[OpenLine], *, late_fee_first: bool = False) -> list[OpenLine]:
    """Principal before late fee (or turned round), the oldest due first, then by the item's priority."""
    return sorted(
        lines,
        key=lambda line: (line.is_late_fee != late_fee_first, line.due_on, line.priority, line.line_id),
    )


def allocate(lines: Sequence[OpenLine], amount: int, *, late_fee_first: bool = False) -> Allocation:
    """Give `amount` minor units to the lines in their order; the last one that gets anything may stay partly open."""
    if amount < 0:
        raise ValueError("there is no negative money to allocate")
    left, shares = amount, []
    for line in in_order(lines, late_fee_first=late_fee_first):
        part = min(left, line.open_minor)
        if part > 0:
            shares.append(Share(line.line_id, part))
            left -= part
    return Allocation(tuple(shares), left)
