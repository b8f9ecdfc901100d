"""The committed table of routes and roles is what the code says, and the door keeps to it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from saas.web.routes import declared_routes
from tenants.database import boot
from tenants.settings import Settings
from tests.conftest import HostClient
from tests.isolation.permission_table import COMMAND, GUEST, TABLE, admission, render
from tests.isolation.walking import browsers, filled, from_nowhere
from tests.isolation.world import make_world

# These end the very session that asks.
ENDS_THE_SESSION = (
    "/logout",
    "/account/logout-everywhere",
    "/api/v1/auth/logout",
    "/api/v1/auth/logout-everywhere",
)

# Asked without topics it refuses: there is nothing to follow.
NAMES_TOPICS = "/live/ticket"


def test_the_committed_table_is_up_to_date(app: Flask) -> None:
    assert TABLE.read_text(encoding="utf-8") == render(app), f"look at the difference, then run: {COMMAND}"


def test_a_route_that_is_open_to_everyone_says_why(app: Flask) -> None:
    silent = [
        route.rule
        for route in declared_routes(app)
        if route.access and route.access.kind == "public" and len(route.access.reason or "") < 20
    ]
    assert silent == []


def test_the_door_keeps_to_the_table(app: Flask, migrated: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every role and a guest knock at every route, with ids of nothing and nothing in their hands."""
    boot(migrated)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    world = make_world("鹧鸪丙", "137550003")
    guest = HostClient(app, app.response_class)
    guest.host = world.host
    wrong: list[Any] = []
    for route in declared_routes(app):
        if route.access is None or route.rule in ENDS_THE_SESSION:
            continue
        path, _ = filled(app, route, from_nowhere(world))
        for browser in browsers(app, world):
            status = browser.ask(route.method, path).status_code
            shut = admission(route.access, browser.role) == "-"
            # The services may refuse more than the door does, but nothing to the administrator.
            allowed = browser.role == "administrator" and route.rule != NAMES_TOPICS
            if status >= 500 or (shut and status != 403) or (allowed and status == 403):
                wrong.append((browser.role, route.method, route.rule, status))
        if admission(route.access, GUEST) == "-":
            answer = guest.open(path, method=route.method, headers={"Accept": "text/html"})
            # A guest's form lacks its token before anyone asks who sends it.
            expected = {401} if path.startswith("/api/") else {302} if route.method == "GET" else {302, 403}
            if answer.status_code not in expected:
                wrong.append((GUEST, route.method, route.rule, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
