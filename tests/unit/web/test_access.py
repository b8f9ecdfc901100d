"""Access is declared once per route and enforced before the view runs."""

from __future__ import annotations

import pytest

from saas.core.actors import EVERYWHERE
from saas.web.auth import access, public, signed_in
from saas.web.routes import declared_routes

from .conftest import Shell


def test_every_route_of_the_shell_declares_its_access(shell: Shell) -> None:
    assert [route for route in declared_routes(shell.app) if route.access is None] == []


def test_an_undeclared_route_is_seen_by_the_walker(shell: Shell) -> None:
    shell.app._got_first_request = False
    shell.app.add_url_rule("/open", "open", lambda: "open")
    undeclared = [route.rule for route in declared_routes(shell.app) if route.access is None]
    assert undeclared == ["/open"]


def test_two_declarations_are_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        access("a.b")(signed_in(public("x")(lambda: "")))


def test_a_page_asks_a_guest_to_sign_in_and_come_back(shell: Shell) -> None:
    answer = shell.client().get("/board?area=3")
    assert (answer.status_code, answer.location) == (302, "/login?next=%2Fboard%3Farea%3D3")


def test_a_part_of_a_page_sends_the_whole_browser_to_sign_in(shell: Shell) -> None:
    answer = shell.client().get("/board", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/login")


def test_the_api_answers_401_and_403_as_problems(shell: Shell) -> None:
    client = shell.client()
    answer = client.get("/api/v1/samples/")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.json["code"] == "unauthenticated"
    shell.sign_in()
    assert client.get("/api/v1/samples/").json["code"] == "forbidden"
    shell.sign_in(repairs__board=EVERYWHERE)
    assert client.get("/api/v1/samples/").json == {"items": [], "next_cursor": None}


def test_signed_in_needs_no_permission(shell: Shell) -> None:
    shell.sign_in()
    assert shell.client().get("/mine").text == "mine"
    assert shell.client().get("/board").status_code == 403
