"""Metrics count HTTP, SQL, pool, outbox, queues and jobs, with labels from closed sets."""

from __future__ import annotations

from flask import Flask
from prometheus_client import REGISTRY
from redis import Redis
from sqlalchemy import text

from tenants import metrics, queues
from tenants.database import Kernel
from tenants.ids import new_id
from tenants.scheduler import measure
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_request_is_counted_by_endpoint_and_never_by_path() -> None:
    app = Flask("metrics-test")
    metrics.instrument_flask(app)
    app.add_url_rule("/rooms/<key>", "rooms.show", lambda key: key)
    known = {"endpoint": "rooms.show", "method": "GET", "status": "200"}
    unknown = {"endpoint": "unmatched", "method": "other", "status": "404"}
    before = value("anju_http_request_seconds_count", **known)
    client = app.test_client()
    client.get("/rooms/1-1-101")
    client.get("/rooms/1-1-102")
    client.open("/nowhere", method="BREW")
    assert value("anju_http_request_seconds_count", **known) - before == 2
    assert value("anju_http_request_seconds_count", **unknown) >= 1
    assert b"1-1-101" not in metrics.exposition()


def test_statements_and_pool_are_counted(kernel: Kernel, tenant: Tenant) -> None:
    metrics.instrument_engine(kernel.tenant_engine(tenant))
    metrics.instrument_engine(kernel.tenant_engine(tenant))
    before = value("anju_sql_statement_seconds_count", verb="select")
    with unit_of_work(tenant, read_only=True) as uow:
        in_use = value("anju_pool_connections", state="in_use")
        uow.session.execute(text("SELECT 1"))
        assert value("anju_pool_connections", state="in_use") - in_use == 1
    assert value("anju_sql_statement_seconds_count", verb="select") - before == 1
    assert value("anju_pool_connections", state="in_use") == in_use


def test_queues_are_measured(kernel: Kernel, valkey: Redis) -> None:
    for _ in range(3):
        assert queues.send(queues.SHORT, "tenants.drain.drain_job", new_id())
    measure()
    assert value("anju_queue_length", queue="short") == 3
    assert value("anju_queue_length", queue="long") == 0
    assert 0 <= value("anju_queue_age_seconds", queue="short") < 5
    valkey.flushdb()
    measure()
    assert value("anju_queue_length", queue="short") == 0
