"""What happened, as frozen dataclasses, and how they become JSON and back."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID


@dataclass(frozen=True)
class Event:
    """Base of all events. Fields: UUID, str, int, bool, datetime, date, None and tuples of these."""


E = TypeVar("E", bound=Event)


def event_name(event_class: type[Event]) -> str:
    """`repairs.OrderSubmitted` for `saas.repairs.events.OrderSubmitted`."""
    parts = [part for part in event_class.__module__.split(".") if part not in ("saas", "events")]
    return ".".join((*parts[-1:], event_class.__name__))


def to_payload(event: Event) -> dict[str, Any]:
    return {field.name: _encode(getattr(event, field.name)) for field in fields(event)}


def from_payload(event_class: type[E], payload: dict[str, Any]) -> E:
    """Build the event; fields that an older release did not write take their defaults, unknown ones are left."""
    hints = _hints(event_class)
    return event_class(
        **{name: _decode(hints[name], value) for name, value in payload.items() if name in hints}
    )


_known_hints: dict[type[Event], dict[str, Any]] = {}


def _hints(event_class: type[Event]) -> dict[str, Any]:
    hints = _known_hints.get(event_class)
    if hints is None:
        known = {field.name for field in fields(event_class)}
        found = get_type_hints(event_class).items()
        hints = _known_hints[event_class] = {name: hint for name, hint in found if name in known}
    return hints


def _encode(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    raise TypeError(f"an event cannot carry {type(value).__name__}")


def _decode(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        inner = [argument for argument in get_args(hint) if argument is not NoneType]
        return _decode(inner[0], value)
    if get_origin(hint) is tuple:
        return tuple(_decode(get_args(hint)[0], item) for item in value)
    if hint is UUID:
        return UUID(value)
    if hint in (datetime, date):
        return hint.fromisoformat(value)
    return value
