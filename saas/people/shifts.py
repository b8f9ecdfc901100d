"""Shifts: early, day, night and office hours, how lists write them, and who is on duty when."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from flask_babel import lazy_gettext as _l

from saas.people.phones import cell_text

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WORKDAYS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Shift:
    """A shift with its local hours; one that ends before it starts runs over midnight."""

    key: str
    start: time
    end: time
    weekdays: tuple[int, ...] = EVERY_DAY

    def covers(self, local: datetime) -> bool:
        """Whether someone with this shift works at this local time; the start belongs to it, the end does not."""
        now, today = local.time().replace(tzinfo=None), local.isoweekday()
        if self.start < self.end:
            return today in self.weekdays and self.start <= now < self.end
        yesterday = today - 1 or 7
        return (today in self.weekdays and now >= self.start) or (
            yesterday in self.weekdays and now < self.end
        )


SHIFTS = {
    "office": Shift("office", time(8, 30), time(17, 30), WORKDAYS),
    "early": Shift("early", time(7), time(15)),
    "day": Shift("day", time(15), time(23)),
    "night": Shift("night", time(23), time(7)),
}
SHIFT_TITLES: dict[str, Any] = {
    "office": _l("Office hours"),
    "early": _l("Early shift"),
    "day": _l("Middle shift"),
    "night": _l("Night shift"),
}
_WORDS = {
    "行政": "office",
    "常白": "office",
    "白班": "office",
    "早": "early",
    "中": "day",
    "晚": "night",
    "夜": "night",
}
_HOURS = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-~至到]\s*(?:次日)?(\d{1,2})[:.](\d{2})")


def read_shift(value: object) -> Shift | None:
    """早班(07:00-15:00), 早班, 夜班 …; None when the text names no known shift."""
    text = cell_text(value)
    key = next((key for word, key in _WORDS.items() if word in text), None)
    if key is None:
        return None
    usual = SHIFTS[key]
    hours = _HOURS.search(text)
    if hours is None:
        return usual
    from_hour, from_minute, to_hour, to_minute = (int(part) for part in hours.groups())
    if from_hour > 23 or to_hour > 24 or from_minute > 59 or to_minute > 59:
        return usual
    return Shift(key, time(from_hour, from_minute), time(to_hour % 24, to_minute), usual.weekdays)
