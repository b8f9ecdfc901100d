"""The one import of a plugin author. What is listed in __all__ is stable within an API version."""

from __future__ import annotations

import pluggy

from plugins.contracts.ai import (
    CATEGORIES,
    REPAIR_REQUEST,
    URGENCIES,
    Because,
    Classification,
    ClassifyRequest,
    Correction,
    LabelScore,
    Prediction,
)
from plugins.contracts.errors import NotEnabled, PluginError, PluginRefused, Unknown
from plugins.contracts.money import Money, Quantity
from plugins.contracts.payments import (
    FORWARD,
    ActionKind,
    CloseOutcome,
    CloseResult,
    ParsedNotification,
    PaymentAction,
    PaymentCapabilities,
    PaymentEvent,
    PaymentRequest,
    PaymentResult,
    PaymentStatus,
    RawNotification,
    RefundRequest,
    RefundResult,
    RefundStatus,
    Statement,
    StatementKind,
    StatementLine,
    is_final,
    may_become,
)

API_VERSION = 1

hookimpl = pluggy.HookimplMarker("anju")

__all__ = [
    "API_VERSION",
    "CATEGORIES",
    "FORWARD",
    "REPAIR_REQUEST",
    "URGENCIES",
    "ActionKind",
    "Because",
    "Classification",
    "ClassifyRequest",
    "CloseOutcome",
    "CloseResult",
    "Correction",
    "LabelScore",
    "Money",
    "NotEnabled",
    "ParsedNotification",
    "PaymentAction",
    "PaymentCapabilities",
    "PaymentEvent",
    "PaymentRequest",
    "PaymentResult",
    "PaymentStatus",
    "PluginError",
    "PluginRefused",
    "Prediction",
    "Quantity",
    "RawNotification",
    "RefundRequest",
    "RefundResult",
    "RefundStatus",
    "Statement",
    "StatementKind",
    "StatementLine",
    "Unknown",
    "hookimpl",
    "is_final",
    "may_become",
]
