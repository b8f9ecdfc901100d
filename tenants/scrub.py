"""What may not leave the process in logs and error reports: personal numbers and secrets are replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REMOVED = "[removed]"
_DEPTH = 8

# Digits are bounded by non-alphanumerics so that UUIDs and hashes, which logs need, stay readable.
_EDGE_LEFT, _EDGE_RIGHT = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_PATTERNS = (
    # What PostgreSQL adds to an error: the row that was refused, with everything in it.
    re.compile(r"(?m)^(?:DETAIL|CONTEXT):.*$"),
    re.compile(rf"{_EDGE_LEFT}(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{{4}}[- ]?\d{{4}}{_EDGE_RIGHT}"),  # mobile phone
    re.compile(rf"{_EDGE_LEFT}\d{{17}}[\dXx]{_EDGE_RIGHT}"),  # resident identity number
    re.compile(rf"{_EDGE_LEFT}\d{{16,19}}{_EDGE_RIGHT}"),  # bank card
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),  # e-mail address
    re.compile(
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·•]?[A-Z0-9]{5,6}"
    ),  # plate
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),  # credentials in an address
    re.compile(
        r"(?:(?<=/activate/)|(?<=/enter/)|(?<=/q/)|(?<=ticket=))[\w.-]{8,}"
    ),  # links that open something
)
_SECRET_NAMES = re.compile(
    r"pass(word|wd|phrase)?|secret|token|authorization|cookie|csrf|api_?key|master_?key|data_?key|phone|mobile"
    r"|id_?number|id_?card|plate|bank_?account|e?mail|otp|one_time|x-forwarded-for|set-cookie|dsn|ticket",
    re.IGNORECASE,
)


def scrub_text(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(REMOVED, text)
    return text


def scrub(value: Any, depth: int = _DEPTH) -> Any:
    """The same shape with personal values and secrets replaced; values of telling names go whole."""
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, bytes):
        return REMOVED
    if depth == 0 or value is None or isinstance(value, (bool, int, float)):
        return value if not isinstance(value, int) else _scrub_number(value)
    if isinstance(value, Mapping):
        return {name: _scrub_item(str(name), item, depth) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [scrub(item, depth - 1) for item in value]
    return scrub_text(str(value))


def _scrub_item(name: str, item: Any, depth: int) -> Any:
    if item is not None and not isinstance(item, bool) and _SECRET_NAMES.search(name):
        return REMOVED
    return scrub(item, depth - 1)


def _scrub_number(value: int) -> int | str:
    text = str(value)
    return value if scrub_text(text) == text else REMOVED
