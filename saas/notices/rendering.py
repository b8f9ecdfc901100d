"""Words of a message: parameters become text in the recipient's language and the firm's zone, nothing is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import has_app_context
from flask_babel import force_locale

from saas.core.messages import PLACEHOLDER

ENGLISH = "en"
CHINESE = "zh_Hans_CN"


def language_of(locale: str | None, fallback: str) -> str:
    """One of our two languages."""
    return CHINESE if (locale or fallback).startswith("zh") else ENGLISH


def fill(words: str, texts: Mapping[str, str]) -> str:
    """Put the texts in place of ``{name}``; a name without text leaves nothing behind."""
    return PLACEHOLDER.sub(lambda match: texts.get(match.group(1), ""), words)


def texts_of(params: Mapping[str, Any], locale: str, zone: str) -> dict[str, str]:
    """Every parameter as text; a mapping with keys zh and en is chosen from by language."""
    return {name: _text(value, locale, zone) for name, value in params.items()}


def _text(value: Any, locale: str, zone: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return str(value.get("zh" if locale.startswith("zh") else "en", ""))
    if isinstance(value, datetime):
        return _moment(value.astimezone(ZoneInfo(zone)), locale)
    if isinstance(value, date):
        return _day(value, locale)
    if isinstance(value, str | int | UUID):
        return str(value)
    return _lazy(value, locale)


def _lazy(value: Any, locale: str) -> str:
    if not has_app_context():
        return str(value)
    with force_locale(locale):
        return str(value)


def _moment(moment: datetime, locale: str) -> str:
    clock = f"{moment:%H:%M}"
    return (
        f"{moment.month}月{moment.day}日 {clock}"
        if locale.startswith("zh")
        else f"{moment.day} {moment:%b} {clock}"
    )


def _day(day: date, locale: str) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if locale.startswith("zh") else f"{day.day} {day:%b %Y}"


def storable(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON, for the record of what was said."""
    return {name: _plain(value) for name, value in params.items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): str(inner) for key, inner in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
