"""Reading JSON with the path of every field, so that an error says where to look."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.figures import exact

Choice = TypeVar("Choice", bound=str)
NAMING = {"id", "name", "what", "title", "note", "comment"}  # may stand anywhere and mean nothing here


def exact_json(text: str) -> object:
    """JSON with its numbers kept exactly as written; ValueError with the place when it is none."""
    try:
        found: object = json.loads(text, parse_float=Decimal, parse_constant=_refused)
    except RecursionError as error:
        raise ValueError("too deeply nested") from error
    return found


class Fields:
    """One JSON object. Names may have aliases; a field that nobody asked for is told by `ignored`."""

    def __init__(self, data: object, path: str = "") -> None:
        if not isinstance(data, Mapping):
            raise PricingError("not_an_object", f"{path or 'the case'} is not an object", path)
        self.data = data
        self.path = path
        self.asked: set[str] = set()
        self.children: dict[str, Fields] = {}

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def raw(self, *names: str) -> object:
        """The first of these names that is there and not null or blank."""
        self.asked.update(names)
        found = [self.data[name] for name in names if self.data.get(name) not in (None, "")]
        return found[0] if found else None

    def has(self, *names: str) -> bool:
        return self.raw(*names) is not None

    def number(self, *names: str) -> Fraction | None:
        value = self.raw(*names)
        return None if value is None else exact(value, self.at(names[0]))

    def number_or(self, default: Fraction | int, *names: str) -> Fraction:
        value = self.number(*names)
        return Fraction(default) if value is None else value

    def integer_or(self, default: int, *names: str) -> int:
        value = self.number_or(default, *names)
        if value.denominator != 1 or abs(value) > 10**9:
            raise PricingError("not_whole", f"{self.at(names[0])} is not a whole number", self.at(names[0]))
        return int(value)

    def day(self, *names: str) -> date | None:
        value = self.raw(*names)
        if value is None:
            return None
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError as error:
            where = self.at(names[0])
            raise PricingError("not_a_date", f"{where} is not a date such as 2026-10-31", where) from error

    def needed_day(self, *names: str) -> date:
        value = self.day(*names)
        if value is None:
            raise PricingError("missing", f"{self.at(names[0])} is missing", self.at(names[0]))
        return value

    def text(self, *names: str) -> str:
        value = self.raw(*names)
        return "" if value is None else str(value)

    def flag(self, default: bool, *names: str) -> bool:
        value = self.raw(*names)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise PricingError("not_a_flag", f"{self.at(names[0])} is true or false", self.at(names[0]))
        return value

    def choice(self, allowed: Sequence[Choice], default: Choice | None, *names: str) -> Choice:
        value = self.raw(*names)
        if value is None and default is not None:
            return default
        for one in allowed:
            if value == one:
                return one
        where = self.at(names[0])
        raise PricingError("not_a_choice", f"{where} is one of {', '.join(allowed)}", where)

    def child(self, *names: str) -> Fields | None:
        value = self.raw(*names)
        return None if value is None else self._grown(value, self.at(names[0]))

    def each(self, *names: str) -> list[Fields]:
        """A list of objects; a single object counts as a list of one."""
        value = self.raw(*names)
        if value is None:
            return []
        where = self.at(names[0])
        if isinstance(value, Mapping):
            return [self._grown(value, where)]
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise PricingError("not_a_list", f"{where} is not a list", where)
        return [self._grown(one, f"{where}[{index}]") for index, one in enumerate(value)]

    def ignored(self) -> list[str]:
        """Paths that were given and not read."""
        own = [self.at(str(name)) for name in self.data if name not in self.asked | NAMING]
        return own + [path for child in self.children.values() for path in child.ignored()]

    def _grown(self, value: object, path: str) -> Fields:
        """The same object read twice is one object, so that what either reader asked for counts."""
        if path not in self.children:
            self.children[path] = Fields(value, path)
        return self.children[path]


def _refused(name: str) -> object:
    raise ValueError(f"{name} is not a number")
