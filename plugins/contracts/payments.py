"""payments/1: attempts at payment and refund through a gateway. Only the dataclasses here cross the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from plugins.contracts.money import Money


class PaymentStatus(StrEnum):
    """Where an attempt stands. UNKNOWN: the gateway's answer was lost, so it is asked, never tried again."""

    REQUIRES_ACTION = "REQUIRES_ACTION"
    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"


_ENDS = frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.CANCELED})
_UNSURE = frozenset({PaymentStatus.UNKNOWN})

FORWARD: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.REQUIRES_ACTION: frozenset({PaymentStatus.PENDING, PaymentStatus.AUTHORIZED})
    | _ENDS
    | _UNSURE,
    PaymentStatus.PENDING: frozenset({PaymentStatus.AUTHORIZED}) | _ENDS | _UNSURE,
    PaymentStatus.AUTHORIZED: _ENDS | _UNSURE,
    # Where an unknown attempt really stands is what a query tells: anywhere.
    PaymentStatus.UNKNOWN: frozenset(
        {PaymentStatus.REQUIRES_ACTION, PaymentStatus.PENDING, PaymentStatus.AUTHORIZED}
    )
    | _ENDS,
    PaymentStatus.SUCCEEDED: frozenset(),
    PaymentStatus.FAILED: frozenset(),
    PaymentStatus.CANCELED: frozenset(),
}


def may_become(present: PaymentStatus, following: PaymentStatus) -> bool:
    """Whether a status may follow another. Late, repeated or reordered news that goes back is ignored."""
    return following in FORWARD[present]


def is_final(status: PaymentStatus) -> bool:
    """Nothing follows. A success that arrives after FAILED or CANCELED is a case for a person, not a change."""
    return not FORWARD[status]


ActionKind = Literal["qr", "jsapi", "redirect", "form"]
CloseOutcome = Literal["CLOSED", "PAID", "NEVER_EXISTED"]
StatementKind = Literal["trades", "refunds", "settlement"]
RefundStatus = Literal["PENDING", "SUCCEEDED", "FAILED", "UNKNOWN"]


@dataclass(frozen=True)
class PaymentCapabilities:
    """What a gateway can do; what is not declared is not called."""

    methods: tuple[str, ...]
    currencies: tuple[str, ...] = ("CNY",)
    capture: bool = False
    close: bool = True
    partial_refund: bool = True
    reverse: bool = False
    payer_auth: bool = False
    statement_kinds: tuple[StatementKind, ...] = ()
    smallest: Money | None = None
    largest: Money | None = None
    refund_days: int | None = None


@dataclass(frozen=True)
class PaymentRequest:
    """``attempt_id`` is ours, committed before the call, and the gateway's idempotency key.

    ``payer_ref`` is the payer's id at the gateway (openid), ``auth_code`` what a payer's barcode said;
    ``expires_at`` is aware UTC. ``subject`` is shown to the payer and holds no personal data.
    """

    attempt_id: str
    order_no: str
    amount: Money
    method: str
    subject: str
    expires_at: datetime
    payer_ref: str | None = None
    auth_code: str | None = field(default=None, repr=False)
    return_url: str | None = None
    notify_url: str | None = None


@dataclass(frozen=True)
class PaymentAction:
    """What the payer has to do: scan ``payload`` (qr), hand ``fields`` to the page (jsapi, form) or go to ``url``."""

    kind: ActionKind
    payload: str = ""
    url: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PaymentResult:
    """An answer of create, capture or query. ``amount`` is what the gateway took; the host compares it with ours."""

    status: PaymentStatus
    attempt_id: str
    provider_ref: str | None = None
    amount: Money | None = None
    fee: Money | None = None
    paid_at: datetime | None = None
    action: PaymentAction | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class CloseResult:
    """CLOSED: can no longer be paid. PAID: it was paid before. NEVER_EXISTED: the gateway does not know it."""

    outcome: CloseOutcome
    attempt_id: str
    payment: PaymentResult | None = None


@dataclass(frozen=True)
class RefundRequest:
    """``refund_id`` is ours, committed before the call; ``provider_ref`` names the payment."""

    refund_id: str
    attempt_id: str
    provider_ref: str
    amount: Money
    paid: Money
    reason: str


@dataclass(frozen=True)
class RefundResult:
    status: RefundStatus
    refund_id: str
    provider_ref: str | None = None
    amount: Money | None = None
    refunded_at: datetime | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class RawNotification:
    """A gateway's call exactly as it came; stored before it is parsed."""

    headers: Mapping[str, str]
    body: bytes
    path: str
    received_at: datetime


@dataclass(frozen=True)
class PaymentEvent:
    """One thing a notification says. ``event_key`` is unique at the gateway and de-duplicates repeats."""

    event_key: str
    merchant_ref: str
    payment: PaymentResult | None = None
    refund: RefundResult | None = None


@dataclass(frozen=True)
class ParsedNotification:
    """Events with the bytes that acknowledge them, sent after they are credited."""

    events: tuple[PaymentEvent, ...]
    acknowledgement: bytes
    content_type: str = "application/json"


@dataclass(frozen=True)
class StatementLine:
    """A trade or refund as the gateway's statement has it; refunds are negative."""

    provider_ref: str
    attempt_id: str
    amount: Money
    fee: Money
    at: datetime
    refund_id: str | None = None


@dataclass(frozen=True)
class Statement:
    """A day's statement with the gateway's own totals, against which its lines are added up."""

    day: date
    kind: StatementKind
    lines: tuple[StatementLine, ...]
    total: Money
    total_fee: Money
    count: int
