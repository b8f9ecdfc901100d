"""How money, dates, times and phones look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask_babel import force_locale

from saas.web import filters
from tenants import clock

from .conftest import Shell

NOW = datetime(2026, 11, 23, 2, 31, tzinfo=UTC)  # 10:31 in Shanghai


@pytest.fixture(params=["zh_Hans_CN", "en"])
def language(request: pytest.FixtureRequest, shell: Shell) -> Iterator[str]:
    with shell.app.test_request_context("/"), force_locale(request.param), clock.at(NOW):
        yield request.param


def test_money() -> None:
    assert filters.money(123450) == "¥1,234.50"
    assert filters.money(-5) == "-¥0.05"
    assert filters.money(32173, symbol=False) == "321.73"
    assert filters.money(None) == "—"


def test_dates_in_both_languages(language: str) -> None:
    shown = filters.day(date(2026, 11, 23))
    assert shown == {"zh_Hans_CN": "2026年11月23日", "en": "23 Nov 2026"}[language]
    late = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert filters.day(late, year=False) == {"zh_Hans_CN": "11月24日", "en": "24 Nov"}[language]
    assert filters.clock_time(NOW) == "10:31"


def test_relative_times_carry_the_exact_one(language: str) -> None:
    text = str(filters.ago(NOW - timedelta(minutes=5)))
    assert {"zh_Hans_CN": ">5 分钟前<", "en": ">5 minutes ago<"}[language] in text
    assert "10:26" in text
    old = str(filters.ago(NOW - timedelta(days=2)))
    assert {"zh_Hans_CN": ">2026年11月21日<", "en": ">21 Nov 2026<"}[language] in old


def test_spans(language: str) -> None:
    shown = [filters.span(seconds) for seconds in (59, 240, 7500, 90000)]
    assert (
        shown
        == {
            "zh_Hans_CN": ["0 分", "4 分", "2 时 5 分", "1 天 1 小时"],
            "en": ["0 min", "4 min", "2 h 5 min", "1 d 1 h"],
        }[language]
    )


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13800000617", "138****0617"), ("021-5555", "021*5555"), ("110", "1**"), (None, "—"), ("", "—")],
)
def test_masked_phones(phone: str | None, shown: str) -> None:
    assert filters.masked_phone(phone) == shown
