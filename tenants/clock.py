"""The one source of time: aware UTC instants, business dates in a tenant's zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_override: ContextVar[datetime | None] = ContextVar("anju_clock", default=None)


def utcnow() -> datetime:
    """The present instant, aware, in UTC."""
    return _override.get() or datetime.now(UTC)


def overridden() -> datetime | None:
    """The instant set by `at`, if any."""
    return _override.get()


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Let `utcnow` answer `instant` inside the block (demo histories, tests)."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    token = _override.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _override.reset(token)


def business_date(zone: str, instant: datetime | None = None) -> date:
    """The calendar date that `instant` (default: now) falls on in `zone`."""
    return (instant or utcnow()).astimezone(ZoneInfo(zone)).date()
