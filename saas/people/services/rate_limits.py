"""How often one may try to sign in, sign up, activate or ask for a token. Counted in Redis, in this process
while Redis is away: a limit that is forgotten is better than a sign-in that is refused."""

import time
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis import ConnectionPool

from saas.people.errors import TooManyTries
from tenants.redis_client import RedisError, redis
from tenants.tenant import Tenant


@dataclass(frozen=True)
class Limit:
    """So many tries in so many minutes for one key."""

    name: str
    tries: int
    minutes: int

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerMinute(self.tries, self.minutes, namespace="anju")


# Wrong passwords for one identifier lock it, known or not; addresses share a wider limit (offices have one).
LOGIN_FAILURES = Limit("login-failures", 5, 15)
LOGIN_FROM_ADDRESS = Limit("login-address", 120, 5)
SIGNUP_FROM_ADDRESS = Limit("signup-address", 30, 60)
ACTIVATION_FROM_ADDRESS = Limit("activation-address", 60, 15)
ACTIVATION_OF_ROOM = Limit("activation-room", 10, 15)
FIND_FROM_ADDRESS = Limit("find-address", 30, 5)

_memory_limiter = FixedWindowRateLimiter(MemoryStorage())


def _key(tenant: Tenant | None, who: str) -> tuple[str, str]:
    scope = f"t:{tenant.id}" if tenant else "base"
    return scope, sha256(who.strip().lower().encode()).hexdigest()[:32]


def _limiters() -> list[FixedWindowRateLimiter]:
    try:
        return [_redis_limiter(redis().connection_pool), _memory_limiter]
    except RedisError:
        return [_memory_limiter]


@lru_cache(maxsize=4)
def _redis_limiter(pool: ConnectionPool) -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(RedisStorage("redis://configured", connection_pool=pool))


def spend(limit: Limit, who: str, *, tenant: Tenant | None = None) -> None:
    """Count one try; TooManyTries when there are none left."""
    key = (limit.name, *_key(tenant, who))
    for limiter in _limiters():
        try:
            if not limiter.hit(limit.item, *key):
                raise TooManyTries(_retry_after(limiter, limit, key))
            return
        except RedisError:
            continue


def require_left(limit: Limit, who: str, *, tenant: Tenant | None = None) -> None:
    """TooManyTries when the limit is used up, without counting a try."""
    key = (limit.name, *_key(tenant, who))
    for limiter in _limiters():
        try:
            if not limiter.test(limit.item, *key):
                raise TooManyTries(_retry_after(limiter, limit, key))
            return
        except RedisError:
            continue


def forgive(limit: Limit, who: str, *, tenant: Tenant | None = None) -> None:
    """A good sign-in wipes the count of bad ones."""
    key = (limit.name, *_key(tenant, who))
    for limiter in _limiters():
        try:
            limiter.clear(limit.item, *key)
        except RedisError:
            continue


def _retry_after(limiter: FixedWindowRateLimiter, limit: Limit, key: tuple[str, ...]) -> int:
    stats = limiter.get_window_stats(limit.item, *key)
    return max(1, int(stats.reset_time - time.time()))
