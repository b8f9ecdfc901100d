"""What happened with fees, told after commit. Frozen, importing nothing of this slice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tenants.events import Event


@dataclass(frozen=True)
class PaymentSucceeded(Event):
    """Money is booked: to lines, to a prepaid account, to a deposit."""

    payment_id: UUID
    channel: str
    amount_minor: int
    business_date: date
    room_id: UUID | None
    payer_id: UUID | None
    is_automatic: bool = False


@dataclass(frozen=True)
class PaymentNeedsAttention(Event):
    """Money came for a line that is void or paid, or after the close: it is in a prepaid account, a person looks."""

    payment_id: UUID
    reason: str
    community_id: UUID | None


@dataclass(frozen=True)
class PaymentRefunded(Event):
    """Money went back."""

    refund_id: UUID
    payment_id: UUID | None
    amount_minor: int


@dataclass(frozen=True)
class PrepaidRanLow(Event):
    """After paying new bills by itself a prepaid account holds less than the firm's limit."""

    person_id: UUID
    room_id: UUID | None
    balance_minor: int
    business_date: date


@dataclass(frozen=True)
class BillsPublished(Event):
    """A bill run was published as a whole: its lines may be shown, paid and told of."""

    run_id: UUID
    community_id: UUID | None
    period_from: date
    period_to: date
    lines: int
    amount_minor: int
