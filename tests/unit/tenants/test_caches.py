"""Process caches: fresh until their time is over, and never keep what was invalidated during the load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from tenants import caches
from tenants.caches import ProcessCache, apply_message

A, B = UUID(int=1), UUID(int=2)


@pytest.fixture
def cache() -> Iterator[ProcessCache[int]]:
    yield ProcessCache("numbers", 5.0)
    del caches._caches["numbers"]


def test_a_value_is_loaded_once_per_tenant_and_key(cache: ProcessCache[int]) -> None:
    values = iter(range(10))
    assert [cache.get(A, "x", lambda: next(values)) for _ in range(3)] == [0, 0, 0]
    assert cache.get(B, "x", lambda: next(values)) == 1
    assert cache.get(A, "y", lambda: next(values)) == 2


def test_a_value_grows_old(cache: ProcessCache[int], monkeypatch: pytest.MonkeyPatch) -> None:
    present = 1000.0
    monkeypatch.setattr("tenants.caches.time.monotonic", lambda: present)
    assert cache.get(A, "x", lambda: 1) == 1
    present += 4.9
    assert cache.get(A, "x", lambda: 2) == 1
    present += 0.2
    assert cache.get(A, "x", lambda: 2) == 2


def test_a_message_forgets_one_tenant_only(cache: ProcessCache[int]) -> None:
    for tenant in (A, B):
        cache.get(tenant, "x", lambda: 1)
    apply_message(json.dumps({"cache": "numbers", "tenant": str(A), "key": None}))
    assert (cache.get(A, "x", lambda: 2), cache.get(B, "x", lambda: 2)) == (2, 1)


def test_a_value_invalidated_during_its_load_is_not_kept(cache: ProcessCache[int]) -> None:
    def load() -> int:
        cache.forget(A)
        return 1

    assert cache.get(A, "x", load) == 1
    assert cache.get(A, "x", lambda: 2) == 2


def test_a_message_for_an_unknown_cache_is_ignored() -> None:
    apply_message(json.dumps({"cache": "of a later release", "tenant": str(A), "key": "x"}))
