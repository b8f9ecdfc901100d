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

API_VERSION = 1

hookimpl = pluggy.HookimplMarker("anju")

__all__ = [
    "API_VERSION",
    "CATEGORIES",
    "REPAIR_REQUEST",
    "URGENCIES",
    "Because",
    "Classification",
    "ClassifyRequest",
    "Correction",
    "LabelScore",
    "NotEnabled",
    "PluginError",
    "PluginRefused",
    "Prediction",
    "Unknown",
    "hookimpl",
]
