"""The process's Redis client. Redis holds hints, caches and queues that may be lost at any moment, so calls fail
fast (no retries, short timeouts) and callers treat `RedisError` as "the hint was lost"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tenants.database import kernel
from tenants.tenant import Tenant

__all__ = ["RedisError", "connect", "decode", "key", "publish", "redis", "redis_url", "tenant_channel"]

TIMEOUT_SECONDS = 2.0


def connect(url: str, *, timeout: float | None = TIMEOUT_SECONDS) -> Redis:
    """A client of its own, for those who block (workers, subscribers); others share `redis()`."""
    return Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=TIMEOUT_SECONDS, retry=Retry(NoBackoff(), 0)
    )


_clients: dict[str, Redis] = {}


def redis() -> Redis:
    """The shared client of this process."""
    url = redis_url()
    client = _clients.get(url)
    if client is None:
        client = _clients.setdefault(url, connect(url))
    return client


def redis_url() -> str:
    return kernel().settings.redis_url


def key(tenant: Tenant, *parts: str) -> str:
    """Every key that belongs to a tenant begins with its id."""
    return ":".join((f"t:{tenant.id}", *parts))


def tenant_channel(tenant: Tenant, channel: str) -> str:
    return key(tenant, channel)


def publish(tenant: Tenant, channel: str, payload: Mapping[str, Any]) -> bool:
    """Publish to one of the tenant's channels. False when Redis could not be reached."""
    try:
        redis().publish(tenant_channel(tenant, channel), orjson.dumps(payload, default=str))
    except RedisError:
        return False
    return True


def decode(data: bytes | str) -> dict[str, Any]:
    """The payload of a published message."""
    loaded = orjson.loads(data)
    return loaded if isinstance(loaded, dict) else {}
