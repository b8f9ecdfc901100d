"""Preferences are typed, audited, cached per process and invalidated over Redis."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import text

from tenants import caches, preferences
from tenants.caches import CHANNEL, InvalidationListener, ProcessCache
from tenants.preferences import InvalidPreference, UnknownPreference, declare, get, put
from tenants.tenant import Tenant
from tenants.unit_of_work import ActorRef, unit_of_work

ACTOR = ActorRef("staff", None, "manager")


@pytest.fixture(autouse=True)
def _declared() -> Iterator[None]:
    known = dict(preferences._declared)
    declare("test.rate_days", int, default=7, help="Days to rate", check=lambda days: 1 <= days <= 30)
    declare("test.greeting", str, default="您好", help="Greeting")
    yield
    preferences._declared = known


def read(tenant: Tenant, name: str = "test.rate_days") -> Any:
    with unit_of_work(tenant, read_only=True) as uow:
        return get(uow, name)


def test_a_preference_has_a_default_until_it_is_set(
    tenant_pair: tuple[Tenant, Tenant], valkey: Redis
) -> None:
    mine, other = tenant_pair
    assert (read(mine), read(mine, "test.greeting")) == (7, "您好")
    with unit_of_work(mine) as uow:
        put(uow, "test.rate_days", 14, actor=ACTOR)
        assert get(uow, "test.rate_days") == 14
    assert (read(mine), read(other)) == (14, 7)
    with unit_of_work(mine, read_only=True) as uow:
        entry = uow.session.execute(text("SELECT action, fields FROM audit_entry")).one()
    assert (entry.action, entry.fields) == ("preference.changed", ["test.rate_days"])


def test_a_change_that_rolled_back_is_not_seen(tenant: Tenant, valkey: Redis) -> None:
    with pytest.raises(RuntimeError), unit_of_work(tenant) as uow:
        put(uow, "test.rate_days", 14, actor=ACTOR)
        raise RuntimeError
    assert read(tenant) == 7


@pytest.mark.parametrize("value", [0, 31, "7", True, None])
def test_a_wrong_value_is_refused(tenant: Tenant, value: Any) -> None:
    with pytest.raises(InvalidPreference), unit_of_work(tenant) as uow:
        put(uow, "test.rate_days", value, actor=ACTOR)


def test_an_undeclared_name_is_refused(tenant: Tenant) -> None:
    with pytest.raises(UnknownPreference):
        read(tenant, "test.unknown")


def test_a_change_works_without_redis(tenant: Tenant, no_redis: Callable[[], None]) -> None:
    no_redis()
    with unit_of_work(tenant) as uow:
        put(uow, "test.rate_days", 14, actor=ACTOR)
    assert read(tenant) == 14


def test_another_process_hears_of_an_invalidation(tenant: Tenant, valkey: Redis) -> None:
    """Two caches of one name stand for two processes: the second hears over Redis only."""
    here: ProcessCache[int] = ProcessCache("test-heard", 600)
    listener = InvalidationListener()
    listener.start()
    try:
        assert listener.listening.wait(5)
        assert here.get(tenant.id, "k", lambda: 1) == 1
        valkey.publish(CHANNEL, f'{{"cache": "test-heard", "tenant": "{tenant.id}", "key": "k"}}')
        deadline = time.monotonic() + 5
        while here.get(tenant.id, "k", lambda: 2) != 2 and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        assert here.get(tenant.id, "k", lambda: 3) == 2
    finally:
        listener.stop()
        listener.join(5)
        del caches._caches["test-heard"]
