"""Which language a page speaks, and that all words exist in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from saas.web import catalogs

from .conftest import Shell, token_of


def lang(shell: Shell, headers: dict[str, str] | None = None, cookie: str | None = None) -> str:
    client = shell.client()
    if cookie:
        client.set_cookie("anju_locale", cookie, domain="anhe.localhost")
    text = client.get("/offline", headers=headers or {}).text
    return "en" if 'lang="en"' in text else "zh"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (None, "zh"),
        ("en-GB,en;q=0.8", "en"),
        ("fr,zh-TW;q=0.9,en;q=0.5", "zh"),
        ("fr", "zh"),
        ("en;q=0,zh", "zh"),
    ],
)
def test_the_browser_is_heard_else_the_firm_decides(
    shell: Shell, accepted: str | None, expected: str
) -> None:
    assert lang(shell, {"Accept-Language": accepted} if accepted else None) == expected


def test_the_users_setting_beats_the_browser_and_the_devices_choice_beats_both(shell: Shell) -> None:
    shell.sign_in()
    assert shell.actor[0] is not None
    shell.actor[0] = replace(shell.actor[0], locale="en")
    assert lang(shell, {"Accept-Language": "zh"}) == "en"
    assert lang(shell, {"Accept-Language": "zh"}, cookie="zh_Hans_CN") == "zh"
    assert lang(shell, cookie="xx") == "en"


def test_the_switch_is_a_plain_form(shell: Shell) -> None:
    client = shell.client()
    token = token_of(client.get("/offline").text)
    form = {"name": "size", "value": "large", "next": "/offline", "csrf_token": token}
    answer = client.post("/display", data=form)
    assert (answer.status_code, answer.location) == (302, "/offline")
    assert 'data-size="large"' in client.get("/offline").text
    assert client.post("/display", data={**form, "value": "huge"}).status_code == 422


@pytest.mark.parametrize("folder", catalogs.slices(), ids=lambda folder: folder.name)
def test_every_message_has_its_chinese_words(folder: Path) -> None:
    assert [str(gap) for gap in catalogs.gaps([folder])] == []


def test_placeholders_survive_translation() -> None:
    assert [str(gap) for gap in catalogs.misfits()] == []


def test_one_message_has_one_translation() -> None:
    assert [str(gap) for gap in catalogs.conflicts()] == []
