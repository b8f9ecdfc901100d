"""The whole application on real servers: every route declared, tickets, pages by cursor, readiness."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Integer, column, select, values

from saas.core import live
from saas.core.actors import GUEST, Actor
from saas.core.errors import Forbidden
from saas.core.paging import page
from saas.web.routes import declared_routes
from tenants.ids import new_id
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

JSON = {"Accept": "application/json"}


def test_every_route_declares_its_access(app: Flask) -> None:
    undeclared = [f"{route.method} {route.rule}" for route in declared_routes(app) if route.access is None]
    assert undeclared == []


def test_public_routes_say_why(app: Flask) -> None:
    silent = [
        r.rule for r in declared_routes(app) if r.access and r.access.kind == "public" and not r.access.reason
    ]
    assert silent == []


def test_readiness_answers_on_any_host(client_of: Callable[[Tenant | None], FlaskClient]) -> None:
    answer = client_of(None).get("/readyz")
    assert answer.json == {"ready": True, "checks": {"database": "ok", "redis": "ok"}}
    behind_proxy = client_of(None).get("/readyz", headers={"X-Forwarded-For": "203.0.113.9"})
    assert behind_proxy.json == {"ready": True}
    assert client_of(None).get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    assert b"anju_" in client_of(None).get("/metrics").data


def test_finding_ones_firm(client_of: Callable[[Tenant | None], FlaskClient], tenant: Tenant) -> None:
    browser = client_of(None)
    assert browser.get(f"/find?firm={tenant.slug}").location == f"http://{tenant.slug}.localhost/"
    missing = browser.get("/find?firm=nobody-here", headers={"Accept-Language": "en"})
    assert missing.status_code == 200 and "We know no firm by this short name" in missing.text


def test_a_guest_gets_no_ticket(client: FlaskClient) -> None:
    answer = client.post("/live/ticket", json={"topics": ["repairs.board"]}, headers=JSON)
    assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")


def test_topics_are_authorised_one_by_one(uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_authorisers", {})
    mine = new_id()
    live.register_topic("sample.order", lambda uow, actor, subject: subject == mine)
    live.register_topic("sample.board", lambda uow, actor, subject: actor.kind == "staff")
    staff = Actor(kind="staff")
    wanted = ("sample.board", f"sample.order:{mine}")
    assert live.authorise_topics(uow, staff, [*wanted, wanted[0]]) == wanted
    refused = (
        [f"sample.order:{new_id()}"],
        ["sample.order:x"],
        ["unknown"],
        [],
        [wanted[0]] * 1 + ["unknown"],
    )
    for topics in refused:
        with pytest.raises(Forbidden):
            live.authorise_topics(uow, staff, topics)
    with pytest.raises(Forbidden):
        live.authorise_topics(uow, GUEST, ["sample.board"])


def test_live_updates_leave_only_after_commit(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    monkeypatch.setattr(live, "publish", lambda tenant, channel, payload: sent.append(payload))
    with pytest.raises(RuntimeError), unit_of_work(tenant) as unit:
        live.publish_live(unit, "sample.board", {"n": 1})
        raise RuntimeError
    assert sent == []
    with unit_of_work(tenant) as unit:
        live.publish_live(unit, "sample.board", {"n": 2})
        assert sent == []
    assert sent == [{"topic": "sample.board", "data": {"n": 2}}]


@pytest.mark.parametrize("descending", [False, True])
def test_pages_follow_each_other_without_gap_or_repeat(uow: UnitOfWork, descending: bool) -> None:
    table = values(column("id", Integer), column("weight", Integer), name="sample").data(
        [(number, number // 3) for number in range(10)]
    )
    seen: list[int] = []
    cursor = None
    for _ in range(4):
        found, cursor = page(
            uow.session,
            select(table.c.id),
            keys=(table.c.weight, table.c.id),
            cursor=cursor,
            limit=3,
            descending=descending,
        )
        seen.extend(found)
    assert cursor is None
    assert seen == (list(range(9, -1, -1)) if descending else list(range(10)))
