"""Cursor paging over a stable sort: the cursor holds the last row's sort keys, nothing secret."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Session

from saas.core.errors import InvalidInput

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

_WRITERS: tuple[tuple[type, str, Callable[[Any], str]], ...] = (
    (UUID, "u", str),
    (datetime, "t", datetime.isoformat),
    (date, "d", date.isoformat),
)
_READERS: dict[str, Callable[[str], Any]] = {
    "u": UUID,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
}


def encode_cursor(values: Sequence[Any]) -> str:
    marked = [_mark(value) for value in values]
    return urlsafe_b64encode(json.dumps(marked, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(text: str, length: int) -> tuple[Any, ...]:
    try:
        marked = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        values = tuple(_READERS[mark](raw) if mark else raw for mark, raw in marked)
    except (ValueError, KeyError, TypeError, BinasciiError) as error:
        raise _bad_cursor() from error
    if len(values) != length or not all(isinstance(value, (str, int, UUID, date)) for value in values):
        raise _bad_cursor()
    return values


def clamp_limit(limit: int | None) -> int:
    return max(1, min(limit or DEFAULT_LIMIT, MAX_LIMIT))


def page(
    session: Session,
    statement: Select[Any],
    *,
    keys: Sequence[Any],
    cursor: str | None = None,
    limit: int | None = None,
    descending: bool = False,
) -> tuple[list[Any], str | None]:
    """Run ``statement`` sorted by ``keys`` (not-null columns, the last one unique) and cut one page.

    Gives the rows (the entity itself when the statement selects one thing, else row tuples) and the cursor
    of the next page, or None on the last.
    """
    size = clamp_limit(limit)
    if cursor:
        after = tuple_(*decode_cursor(cursor, len(keys)))
        here = tuple_(*keys)
        statement = statement.where(here < after if descending else here > after)
    ordering = [key.desc() if descending else key.asc() for key in keys]
    selected = len(statement.column_descriptions)
    wide = statement.add_columns(*keys).order_by(None).order_by(*ordering).limit(size + 1)
    found = session.execute(wide).all()
    shown = found[:size]
    rows = [row[0] if selected == 1 else tuple(row[:selected]) for row in shown]
    more = len(found) > size
    return rows, encode_cursor(shown[-1][selected:]) if more else None


def _mark(value: Any) -> tuple[str, Any]:
    for kind, mark, write in _WRITERS:
        if isinstance(value, kind):
            return mark, write(value)
    return "", value


def _bad_cursor() -> InvalidInput:
    message = _l("This page address is out of date. Start again from the first page.")
    return InvalidInput(message, code="invalid_cursor", fields={"cursor": [message]})
