"""What strangers send: forwarded headers, large bodies, odd JSON; and what production keeps to itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from saas.web.proxies import TrustedProxies
from saas.web.security import SMALL_BODY
from tenants.ids import new_id
from tenants.settings import Settings, SettingsError
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work
from tests.integration.people.conftest import bearer, seed_firm, token_of

ClientOf = Callable[[Tenant | None], FlaskClient]


@pytest.mark.parametrize(
    ("peer", "seen"),
    [
        ("10.1.2.3", "203.0.113.9 https anhe.example"),
        ("192.0.2.1", "203.0.113.9 https anhe.example"),
        ("192.0.2.2", "192.0.2.2 http localhost"),
        ("", " http localhost"),
    ],
)
def test_forwarded_headers_count_from_listed_proxies_only(peer: str, seen: str) -> None:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: f"{request.remote_addr or ''} {request.scheme} {request.host}")
    app.wsgi_app = TrustedProxies(app.wsgi_app, ("192.0.2.1", "10.0.0.0/8"))  # type: ignore[method-assign]
    headers = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "anhe.example",
    }
    assert app.test_client().get("/", headers=headers, environ_base={"REMOTE_ADDR": peer}).text == seen


def test_a_proxy_that_is_no_address_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="ANJU_TRUSTED_PROXIES"):
        TrustedProxies(Flask(__name__).wsgi_app, ("proxy.local",))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/auth/login", "application/json"),
        ("/login", "application/x-www-form-urlencoded"),
        ("/login", "multipart/form-data; boundary=x"),
    ],
)
def test_a_stranger_sends_little(client: FlaskClient, path: str, kind: str) -> None:
    answer = client.post(path, data=b"x" * (SMALL_BODY + 1), content_type=kind)
    assert answer.status_code == 413


def test_without_a_token_production_shows_no_metrics_and_no_details(
    app: Flask, client_of: ClientOf, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "ANJU", replace(settings, mode="production"))
    assert client_of(None).get("/metrics").status_code == 404
    assert client_of(None).get("/readyz").json == {"ready": True}
    monkeypatch.setitem(app.config, "ANJU", replace(settings, mode="production", metrics_token="t0ken"))
    assert client_of(None).get("/metrics").status_code == 404
    right = {"Authorization": "Bearer t0ken"}
    assert client_of(None).get("/metrics", headers=right).status_code == 200
    assert "checks" in client_of(None).get("/readyz", headers=right).json


@pytest.mark.parametrize("version", ['"²"', '"³1"'])
def test_a_version_in_superscript_is_no_number(client_of: ClientOf, tenant: Tenant, version: str) -> None:
    with unit_of_work(tenant) as uow:
        seed_firm(uow)
    client = client_of(tenant)
    headers = bearer(token_of(client)) | {"If-Match": version}
    path = f"/api/v1/repairs/{new_id()}/transitions"
    assert client.post(path, json={"to": "accepted"}, headers=headers).status_code == 422
    changed = client.put(f"/api/v1/staff/{new_id()}", json={"name": "x"}, headers=headers)
    assert changed.status_code == 409
