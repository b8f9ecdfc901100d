"""Per-process caches keyed by tenant, invalidated over Redis and, when Redis is down, by their age."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar, cast
from uuid import UUID

import orjson
from redis.client import PubSub

from tenants.logs import get_logger
from tenants.redis_client import RedisError, connect, decode, redis, redis_url

CHANNEL = "cache:invalidate"
MAX_ENTRIES = 10_000
_RECONNECT_SECONDS = 1.0

V = TypeVar("V")
log = get_logger(__name__)
_caches: dict[str, ProcessCache[object]] = {}


class ProcessCache(Generic[V]):
    """Values that may be `ttl` seconds old; a tenant's entries go at once when someone invalidates them."""

    def __init__(self, name: str, ttl: float) -> None:
        if name in _caches:
            raise ValueError(f"a cache named {name} exists already")
        self.name = name
        self.ttl = ttl
        self._entries: dict[tuple[UUID, str], tuple[float, V]] = {}
        self._generation = 0
        self._lock = threading.Lock()
        _caches[name] = cast("ProcessCache[object]", self)

    def get(self, tenant_id: UUID, key: str, load: Callable[[], V]) -> V:
        """The cached value, or what `load` answers. A value loaded while it was invalidated is not kept."""
        entry = self._entries.get((tenant_id, key))
        now = time.monotonic()
        if entry is not None and now - entry[0] < self.ttl:
            return entry[1]
        generation = self._generation
        value = load()
        with self._lock:
            if generation == self._generation:
                if len(self._entries) >= MAX_ENTRIES:
                    self._entries.clear()
                self._entries[tenant_id, key] = (now, value)
        return value

    def invalidate(self, tenant_id: UUID, key: str | None = None) -> None:
        """Forget here and, by message, in every other process."""
        self.forget(tenant_id, key)
        message = {"cache": self.name, "tenant": str(tenant_id), "key": key}
        try:
            redis().publish(CHANNEL, orjson.dumps(message))
        except RedisError as error:
            log.warning("cache invalidation not published", cache=self.name, error=type(error).__name__)

    def forget(self, tenant_id: UUID, key: str | None = None) -> None:
        """Forget in this process only."""
        with self._lock:
            self._generation += 1
            if key is not None:
                self._entries.pop((tenant_id, key), None)
                return
            for known in [known for known in self._entries if known[0] == tenant_id]:
                del self._entries[known]

    def clear(self) -> None:
        with self._lock:
            self._generation += 1
            self._entries.clear()


def apply_message(data: bytes | str) -> None:
    """Forget what a published message names."""
    message = decode(data)
    cache = _caches.get(str(message.get("cache")))
    if cache is not None:
        cache.forget(UUID(message["tenant"]), message.get("key"))


def clear_all() -> None:
    for cache in _caches.values():
        cache.clear()


class InvalidationListener(threading.Thread):
    """Listens for invalidations. Whenever the connection was lost, messages may be missing: all caches are cleared."""

    def __init__(self) -> None:
        super().__init__(name="cache-invalidation", daemon=True)
        self._stopping = threading.Event()
        self.listening = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                with connect(redis_url(), timeout=None) as client, client.pubsub() as subscription:
                    self._listen(subscription)
            except (RedisError, OSError) as error:
                log.warning("cache invalidation is not heard", error=type(error).__name__)
            self.listening.clear()
            self._stopping.wait(_RECONNECT_SECONDS)

    def stop(self) -> None:
        self._stopping.set()

    def _listen(self, subscription: PubSub) -> None:
        subscription.subscribe(CHANNEL)
        while not self._stopping.is_set():
            message = subscription.get_message(timeout=1.0)
            if message is None:
                continue
            if message["type"] == "subscribe":
                clear_all()
                self.listening.set()
            elif message["type"] == "message":
                apply_message(message["data"])
