"""What the other slices may hear about repair orders. Ids and states only, nothing personal."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.outbox import Event


@dataclass(frozen=True)
class OrderSubmitted(Event):
    """A fault was reported; `needs_confirmation` when the classifier was not sure enough."""

    order_id: UUID
    community_id: UUID
    urgency: str
    needs_confirmation: bool


@dataclass(frozen=True)
class OrderTransitioned(Event):
    """The order went from one state to another; `transition_id` is the row of its history."""

    order_id: UUID
    transition_id: UUID
    from_state: str
    to_state: str
    at: datetime
    by_user_id: UUID | None


@dataclass(frozen=True)
class OrderTriaged(Event):
    """Category and urgency stand, by the classifier or by the front desk."""

    order_id: UUID
    category: str
    urgency: str
    by_front_desk: bool


@dataclass(frozen=True)
class OrderDispatched(Event):
    """The order is offered to these staff members; the round counts the offers of this order."""

    order_id: UUID
    round: int
    staff_ids: tuple[str, ...]
    emergency: bool


@dataclass(frozen=True)
class OrderUnplaced(Event):
    """Nobody is left to ask; a person has to decide."""

    order_id: UUID
    round: int
    emergency: bool


@dataclass(frozen=True)
class OrderWithdrawn(Event):
    """The order was taken from this staff member by the front desk, or cancelled under way."""

    order_id: UUID
    transition_id: UUID
    staff_id: UUID
    by_user_id: UUID | None


@dataclass(frozen=True)
class OrderAccepted(Event):
    """A technician took the order."""

    order_id: UUID
    staff_id: UUID


@dataclass(frozen=True)
class OrderFinished(Event):
    """The technician says it is repaired."""

    order_id: UUID
    staff_id: UUID
    at: datetime


@dataclass(frozen=True)
class OrderRated(Event):
    """The resident rated; `call_back` when a mark is so low that somebody has to ring."""

    order_id: UUID
    lowest: int
    call_back: bool


@dataclass(frozen=True)
class OrderLate(Event):
    """A service level is about to be missed (`warned`) or missed (`breached`)."""

    order_id: UUID
    due: str
    stage: str
    due_at: datetime


@dataclass(frozen=True)
class OrderJoined(Event):
    """Somebody else has the same fault and follows the order."""

    order_id: UUID
    followers: int
