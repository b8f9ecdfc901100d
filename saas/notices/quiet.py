"""Quiet hours of a firm, by its own clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of_quiet(at: datetime, quiet_from: str, quiet_to: str, zone: str) -> datetime | None:
    """When the quiet hours that ``at`` falls into are over (UTC), or None outside of them.

    The hours may span midnight; equal ends mean that there are none.
    """
    begin, end = time.fromisoformat(quiet_from), time.fromisoformat(quiet_to)
    local = at.astimezone(ZoneInfo(zone))
    now = local.time().replace(tzinfo=None)
    if begin == end:
        return None
    spans_midnight = begin > end
    inside = (now >= begin or now < end) if spans_midnight else begin <= now < end
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if spans_midnight and now >= begin else local.date()
    return datetime.combine(day, end, ZoneInfo(zone)).astimezone(UTC)
