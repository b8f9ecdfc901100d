"""From Host header to tenant: the base host, slugs, own domains, private installs, suspension."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import text

from tenants import clock, lifecycle, registry
from tenants.context import tenant_if_bound
from tenants.database import Kernel, boot
from tenants.lifecycle import ForbiddenTransition, UnknownTenant
from tenants.registry import BASE, tenant_for_host
from tenants.settings import Settings
from tenants.tenant import Tenant
from tenants.unit_of_work import platform_unit_of_work, unit_of_work
from tenants.web import init_app, works_while_suspended


@pytest.fixture
def browser(kernel: Kernel) -> FlaskClient:
    """A bare application behind the host hook."""
    app = Flask("hosts")
    init_app(app)

    @app.route("/who", methods=["GET", "POST"])
    def who() -> str:
        bound = tenant_if_bound()
        assert bound == g.tenant
        return bound.slug if bound else "base"

    @app.post("/login")
    @works_while_suspended
    def login() -> str:
        return "in"

    @app.get("/healthz")
    def alive() -> str:
        assert tenant_if_bound() is None
        return "ok"

    return app.test_client()


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "192.168.1.7", "[::1]:8000", "LOCALHOST."]
)
def test_base_hosts(kernel: Kernel, host: str) -> None:
    assert tenant_for_host(host) is BASE


def test_a_slug_is_a_tenant(tenant: Tenant) -> None:
    for host in (f"{tenant.slug}.localhost", f"{tenant.slug.upper()}.localhost:8000"):
        assert tenant_for_host(host) == tenant


@pytest.mark.parametrize("host", ["nobody.localhost", "example.org", "a.b.localhost", "", "x'; --.localhost"])
def test_unknown_hosts(kernel: Kernel, host: str) -> None:
    assert tenant_for_host(host) is None


def test_an_own_domain_is_a_tenant(tenant: Tenant) -> None:
    with platform_unit_of_work() as uow:
        uow.session.execute(
            text("INSERT INTO host (name, tenant_id, created_at) VALUES (:name, :id, :at)"),
            {"name": f"{tenant.slug}.example.cn", "id": tenant.id, "at": clock.utcnow()},
        )
    assert tenant_for_host(f"{tenant.slug}.example.cn:443") == tenant


@pytest.fixture
def with_settings(migrated: Settings) -> Iterator[Callable[..., None]]:
    """Boot with some settings changed, for one test."""

    def change(**values: object) -> None:
        boot(replace(migrated, **values))  # type: ignore[arg-type]

    yield change
    boot(migrated)


def test_a_private_install_has_one_tenant_on_any_host(
    tenant: Tenant, with_settings: Callable[..., None]
) -> None:
    with_settings(single_tenant=tenant.slug)
    assert [tenant_for_host(host) for host in ("localhost", "10.0.0.5", "wuye.corp")] == [tenant] * 3


def test_the_base_domain(tenant: Tenant, with_settings: Callable[..., None]) -> None:
    with_settings(base_domain="anju.example", public_url="https://start.example")
    assert tenant_for_host("anju.example") is BASE
    assert tenant_for_host("start.example") is BASE
    assert tenant_for_host(f"{tenant.slug}.anju.example") == tenant
    assert tenant_for_host(f"{tenant.slug}.anju.example.evil.org") is None


def test_a_known_host_costs_no_query(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tenant_for_host(f"{tenant.slug}.localhost") == tenant
    monkeypatch.setattr(registry, "platform_unit_of_work", None)
    assert tenant_for_host(f"{tenant.slug}.localhost") == tenant


def test_the_hook_binds_for_one_request(browser: FlaskClient, tenant: Tenant, other: Tenant) -> None:
    seen = [
        browser.get("/who", headers={"Host": host}).text
        for host in (f"{tenant.slug}.localhost", f"{other.slug}.localhost", "localhost")
    ]
    assert seen == [tenant.slug, other.slug, "base"]
    assert tenant_if_bound() is None


def test_an_unknown_host_is_404_and_health_answers_anywhere(browser: FlaskClient) -> None:
    assert browser.get("/who", headers={"Host": "nobody.localhost"}).status_code == 404
    assert browser.get("/healthz", headers={"Host": "nobody.localhost"}).text == "ok"
    assert tenant_if_bound() is None


def test_suspended_reads_but_does_not_write(browser: FlaskClient, tenant: Tenant) -> None:
    at = {"Host": f"{tenant.slug}.localhost"}
    assert browser.post("/who", headers=at).status_code == 200
    assert lifecycle.suspend(tenant.id, "unpaid").state == "suspended"
    assert browser.post("/who", headers=at).status_code == 503
    assert browser.get("/who", headers=at).text == tenant.slug
    assert browser.post("/login", headers=at).text == "in"
    assert lifecycle.resume(tenant.id).state == "active"
    assert browser.post("/who", headers=at).status_code == 200


def test_each_step_of_life_is_in_the_tenants_audit_once(tenant: Tenant) -> None:
    lifecycle.suspend(tenant.id, "unpaid")
    lifecycle.suspend(tenant.id, "unpaid")
    lifecycle.resume(tenant.id, "paid")
    with unit_of_work(tenant, read_only=True) as uow:
        rows = uow.session.execute(text("SELECT action, details FROM audit_entry ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [
        ("tenant.suspended", {"from": "active", "reason": "unpaid"}),
        ("tenant.active", {"from": "suspended", "reason": "paid"}),
    ]


def test_forbidden_steps(tenant: Tenant) -> None:
    with platform_unit_of_work() as uow:
        uow.session.execute(text("UPDATE tenant SET state = 'erased' WHERE id = :id"), {"id": tenant.id})
    with pytest.raises(ForbiddenTransition):
        lifecycle.resume(tenant.id)
    with pytest.raises(UnknownTenant):
        lifecycle.suspend(UUID(int=7), "x")
