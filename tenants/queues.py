"""The one factory of RQ queues, for those who enqueue and for the workers, and the hints that go over it.

A hint only says "look at this tenant": it may be lost, doubled or late. Truth is in PostgreSQL."""

from __future__ import annotations

from uuid import UUID

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from tenants.logs import get_logger
from tenants.redis_client import RedisError, redis, redis_url

SHORT, EFFECTS, LONG = "short", "effects", "long"
QUEUES = (SHORT, EFFECTS, LONG)
TIMEOUT_SECONDS = {SHORT: 60, EFFECTS: 180, LONG: 4 * 3600}
# A queued hint that nobody ran for an hour is stale; the sweep has looked since.
HINT_TTL_SECONDS = 3600
HINT_ONCE_SECONDS = 30

_queues: dict[tuple[str, str], Queue] = {}
log = get_logger(__name__)


def make_queue(name: str, connection: Redis) -> Queue:
    return Queue(
        name, connection=connection, serializer=JSONSerializer, default_timeout=TIMEOUT_SECONDS[name]
    )


def queue(name: str) -> Queue:
    """The process's queue of that name. Kept, since a new one asks the server for its version."""
    known = _queues.get((redis_url(), name))
    if known is None:
        known = _queues.setdefault((redis_url(), name), make_queue(name, redis()))
    return known


def send(queue_name: str, function: str, tenant_id: UUID, *args: str) -> bool:
    """Enqueue `function(tenant_id, *args)`, all arguments as text. False when Redis could not be reached."""
    try:
        queue(queue_name).enqueue_call(
            function,
            args=(str(tenant_id), *args),
            timeout=TIMEOUT_SECONDS[queue_name],
            result_ttl=0,
            failure_ttl=3600,
            ttl=HINT_TTL_SECONDS,
            description=f"{function} {tenant_id}",
        )
    except RedisError as error:
        log.warning("hint lost", function=function, error=type(error).__name__)
        return False
    return True


def send_once(queue_name: str, function: str, tenant_id: UUID, *args: str) -> bool:
    """As `send`, unless the same hint waits already. Whoever runs it calls `taken` before looking."""
    try:
        first = redis().set(_once_key(function, tenant_id, *args), b"1", nx=True, ex=HINT_ONCE_SECONDS)
    except RedisError as error:
        log.warning("hint lost", function=function, error=type(error).__name__)
        return False
    return send(queue_name, function, tenant_id, *args) if first else True


def taken(function: str, tenant_id: UUID, *args: str) -> None:
    """From now on a new hint is needed; called before the tenant's tables are read."""
    try:
        redis().delete(_once_key(function, tenant_id, *args))
    except RedisError as error:
        log.warning("hint marker stays", function=function, error=type(error).__name__)


def _once_key(function: str, tenant_id: UUID, *args: str) -> str:
    return ":".join((f"t:{tenant_id}", "hint", function, *args))
