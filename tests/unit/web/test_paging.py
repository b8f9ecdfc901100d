"""Cursors carry sort keys of all kinds and refuse what was never one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from saas.core.errors import InvalidInput
from saas.core.paging import clamp_limit, decode_cursor, encode_cursor


def test_keys_come_back_with_their_types() -> None:
    keys = (datetime(2026, 11, 23, 2, 31, 5, 123456, tzinfo=UTC), date(2026, 11, 23), uuid4(), 42, "3-2-1203")
    assert decode_cursor(encode_cursor(keys), len(keys)) == keys


@pytest.mark.parametrize(
    "text", ["", "x", "!!!!", "W10", "WzFd", "eyJhIjoxfQ", encode_cursor((1,)), "WyJ1IiwieCJd"]
)
def test_foreign_cursors_are_invalid_input(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_cursor(text, 2)
    assert refused.value.code == "invalid_cursor"


def test_limits_stay_in_bounds() -> None:
    assert [clamp_limit(limit) for limit in (None, 0, -5, 7, 9999)] == [50, 50, 1, 7, 200]
