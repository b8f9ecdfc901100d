"""Every error is a problem for programs and a sentence for people; nothing internal leaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from saas.core.actors import EVERYWHERE
from saas.web.problems import flatten

from .conftest import Shell


def test_a_missing_page_speaks_the_firms_language(shell: Shell) -> None:
    answer = shell.client().get("/nowhere")
    assert answer.status_code == 404
    assert "没有找到" in answer.text and 'lang="zh-CN"' in answer.text


def test_a_missing_api_path_is_a_problem(shell: Shell) -> None:
    answer = shell.client().get("/api/v1/nowhere", headers={"Accept-Language": "en"})
    assert answer.mimetype == "application/problem+json"
    assert answer.json == {
        "type": "urn:anju:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "We could not find this. It may have been removed, or the address has a typing mistake.",
        "code": "not_found",
    }


@pytest.mark.parametrize("path", ["/board", "/api/v1/samples/"])
def test_405_keeps_allow(shell: Shell, path: str) -> None:
    answer = shell.client().delete(path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"] and "DELETE" not in answer.headers["Allow"]


def test_field_errors_are_named(shell: Shell) -> None:
    shell.sign_in(repairs__board=EVERYWHERE)
    answer = shell.client().post("/api/v1/samples/", headers={"Authorization": "Bearer token-of-a-test"})
    assert (answer.status_code, answer.json["fields"]) == (422, {"phone": ["one digit is missing"]})


def test_a_failure_says_what_is_safe_and_gives_a_number(
    shell: Shell, quiet_errors: Callable[[], None]
) -> None:
    answer = shell.client().get(
        "/broken", headers={"Accept-Language": "en", "X-Request-Id": "given-by-a-test"}
    )
    assert answer.status_code == 500
    assert "Nothing was changed" in answer.text and "given-by-a-test" in answer.text
    assert "secret details" not in answer.text


def test_a_part_of_a_page_gets_a_toast(shell: Shell) -> None:
    answer = shell.client().get("/nowhere", headers={"HX-Request": "true", "HX-Target": "sheet"})
    assert answer.headers["HX-Retarget"] == "#toasts"
    assert "<html" not in answer.text and 'role="alert"' in answer.text


def test_an_unknown_host_has_no_firm(shell: Shell) -> None:
    answer = shell.client("nobody.localhost").get("/board")
    assert answer.status_code == 404 and "没有这家公司" in answer.text


def test_nested_messages_become_dotted_names() -> None:
    messages = {"json": {"name": ["missing"], "rooms": {0: {"floor": ["not a number"]}}, "_schema": ["odd"]}}
    assert flatten(messages) == {"name": ["missing"], "rooms.0.floor": ["not a number"], "body": ["odd"]}
