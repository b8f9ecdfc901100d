"""Words of a message: filling, languages, faults of a firm's own texts, quiet hours, server addresses."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from saas.core.messages import MessageTemplate
from saas.notices.errors import template_faults
from saas.notices.quiet import end_of_quiet
from saas.notices.rendering import fill, language_of, storable, texts_of
from saas.notices.smtp import Server

ZONE = "Asia/Shanghai"
TEMPLATE = MessageTemplate(
    "tests.accepted", "Accepted", "{number}已接单", "{number} accepted", "{technician}会来", "{technician} comes",
    params=("number", "technician"),
)  # fmt: skip


def test_only_declared_names_are_filled_and_nothing_is_evaluated() -> None:
    texts = {"name": "{number}{name.__class__}", "number": "R-1"}
    assert (
        fill("{name} {missing} {name.__class__} {0} %s", texts)
        == "{number}{name.__class__}  {name.__class__} {0} %s"
    )


def test_parameters_speak_the_recipients_language_and_the_firms_clock() -> None:
    params = {
        "at": datetime(2026, 11, 23, 3, 10, tzinfo=UTC),
        "day": date(2026, 2, 3),
        "category": {"zh": "给排水", "en": "plumbing"},
        "count": 3,
        "nobody": None,
    }
    assert texts_of(params, "zh_Hans_CN", ZONE) == {
        "at": "11月23日 11:10", "day": "2026年2月3日", "category": "给排水", "count": "3", "nobody": "",
    }  # fmt: skip
    assert texts_of(params, "en", ZONE)["at"] == "23 Nov 11:10"
    assert texts_of(params, "en", ZONE)["category"] == "plumbing"
    assert storable(params)["at"] == "2026-11-23T03:10:00Z"


@pytest.mark.parametrize(
    ("own", "firm", "language"),
    [
        ("en", "zh_Hans_CN", "en"),
        (None, "zh_Hans_CN", "zh_Hans_CN"),
        ("zh_Hans_CN", "en", "zh_Hans_CN"),
        (None, "en", "en"),
    ],
)
def test_the_recipients_language_outranks_the_firms(own: str | None, firm: str, language: str) -> None:
    assert language_of(own, firm) == language


def test_a_template_may_use_declared_parameters_only() -> None:
    with pytest.raises(ValueError, match="owner"):
        MessageTemplate("tests.bad", "Bad", "{owner}", "", "", "")


@pytest.mark.parametrize(
    ("title", "body", "faulty"),
    [
        ("{number} 有人接单了", "{technician} 马上到", set()),
        ("", "好", {"title"}),
        ("{number}", "{phone}", {"body"}),
        ("{number", "{technician.name}", {"title", "body"}),
        ("x" * 81, "y" * 1001, {"title", "body"}),
    ],
)
def test_faults_of_a_firms_own_words(title: str, body: str, faulty: set[str]) -> None:
    assert set(template_faults(TEMPLATE, {"title": title, "body": body})) == faulty


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-11-23T13:59:00", None),  # 21:59 in Shanghai
        ("2026-11-23T14:00:00", "2026-11-23T23:30:00"),
        ("2026-11-23T20:00:00", "2026-11-23T23:30:00"),
        ("2026-11-23T23:29:59", "2026-11-23T23:30:00"),
        ("2026-11-23T23:30:00", None),
    ],
)
def test_quiet_hours_span_midnight_by_the_firms_clock(at: str, end: str | None) -> None:
    expected = datetime.fromisoformat(end).replace(tzinfo=UTC) if end else None
    assert end_of_quiet(datetime.fromisoformat(at).replace(tzinfo=UTC), "22:00", "07:30", ZONE) == expected


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    assert end_of_quiet(noon, "12:00", "14:00", ZONE) == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert end_of_quiet(noon, "00:00", "00:00", ZONE) is None


def test_addresses_of_mail_servers() -> None:
    assert Server.from_url("smtp://127.0.0.1:2525") == Server("127.0.0.1", 2525, False, False, None, None)
    assert Server.from_url("smtps://a%40b:p%2Fw@mail.example") == Server(
        "mail.example", 465, True, False, "a@b", "p/w"
    )
    assert Server.from_url("smtp://mail.example:587?starttls=1").starttls
