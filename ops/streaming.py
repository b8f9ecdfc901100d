"""Server-sent events from Redis to browsers: no database, no session, only signed tickets.

One Redis subscription per process is fanned out to the listeners by tenant and topic. Redis may lose messages, and
so may a slow listener; both end with the browser being told to look again, never with a wrong state shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol
from urllib.parse import parse_qs
from uuid import UUID

import gevent
import orjson
from gevent.queue import Empty, Full, Queue

from saas.core.tickets import LIFETIME, InvalidTicket, Ticket, app_secret, read_ticket
from tenants.logs import get_logger
from tenants.redis_client import RedisError, connect
from tenants.settings import Settings

log = get_logger("anju.stream")

PATTERN = "t:*:live"
HEARTBEAT_SECONDS = 15
# A listener comes back with a fresh ticket now and then, so that permissions taken away take effect.
LONGEST_SECONDS = 15 * 60
WAITING = 100
MAX_PER_TENANT = 5000

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Subscriber(Protocol):
    def get_message(self, ignore_subscribe_messages: bool, timeout: float) -> dict[str, Any] | None: ...


class Listener:
    """One open stream: what it may hear, and what waits to be written to it."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.topics = frozenset(ticket.topics)
        self.queue: Queue[bytes | None] = Queue(maxsize=WAITING)

    def put(self, frame: bytes) -> None:
        try:
            self.queue.put_nowait(frame)
        except Full:
            self.close(frame_of("again"))

    def close(self, last: bytes) -> None:
        """Write ``last`` and end. What was waiting is dropped: the page looks afresh anyway."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(last)
        self.queue.put_nowait(None)


class Hub:
    """All listeners of this process, found by tenant."""

    def __init__(self) -> None:
        self.listeners: dict[UUID, set[Listener]] = {}
        self.connected = False
        self._ended: dict[str, float] = {}

    def add(self, listener: Listener) -> bool:
        of_tenant = self.listeners.setdefault(listener.ticket.tenant_id, set())
        if len(of_tenant) >= MAX_PER_TENANT:
            return False
        of_tenant.add(listener)
        return True

    def has_ended(self, ticket: Ticket) -> bool:
        """Whether the session was revoked since the ticket was signed."""
        return self._ended.get(str(ticket.session_id), 0.0) > time.monotonic()

    def remove(self, listener: Listener) -> None:
        of_tenant = self.listeners.get(listener.ticket.tenant_id, set())
        of_tenant.discard(listener)
        if not of_tenant:
            self.listeners.pop(listener.ticket.tenant_id, None)

    def hand_out(self, channel: str, payload: bytes) -> None:
        """Give one message of channel t:<tenant>:live to those who may hear it."""
        tenant_id = tenant_of(channel)
        of_tenant = self.listeners.get(tenant_id, set()) if tenant_id else set()
        message = decoded(payload)
        revoked, topic = message.get("revoked"), message.get("topic")
        if revoked is not None:
            self._revoke(of_tenant, str(revoked))
        elif isinstance(topic, str):
            frame = b"data: " + orjson.dumps({"topic": topic, "data": message.get("data", {})}) + b"\n\n"
            for listener in [each for each in of_tenant if topic in each.topics]:
                listener.put(frame)

    def tell_all(self, frame: bytes) -> None:
        for of_tenant in list(self.listeners.values()):
            for listener in list(of_tenant):
                listener.put(frame)

    def _revoke(self, of_tenant: set[Listener], session_id: str) -> None:
        """End the session's streams, and take no ticket of its own that was signed just before."""
        now = time.monotonic()
        self._ended = {each: until for each, until in self._ended.items() if until > now}
        self._ended[session_id] = now + LIFETIME
        for listener in list(of_tenant):
            if str(listener.ticket.session_id) == session_id:
                listener.close(frame_of("bye"))


class StreamApp:
    """The WSGI application; its subscription starts with the first request, inside the worker."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.secret = app_secret(settings.secret_key_file)
        self.hub = Hub()
        self._follower: gevent.Greenlet[..., None] | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        self._follow()
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return plain(start_response, "405 Method Not Allowed", "use GET\n", [("Allow", "GET, HEAD")])
        if path == "/healthz":
            return plain(start_response, "200 OK", "ok\n")
        if path == "/readyz":
            status = "200 OK" if self.hub.connected else "503 Service Unavailable"
            return plain(start_response, status, "ok\n" if self.hub.connected else "redis\n")
        if path == "/live":
            return self.open_stream(environ, start_response)
        return plain(start_response, "404 Not Found", "not found\n")

    def open_stream(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        given = parse_qs(environ.get("QUERY_STRING", "")).get("ticket", [""])[0]
        try:
            ticket = read_ticket(self.secret, given)
        except InvalidTicket:
            return plain(start_response, "401 Unauthorized", "the ticket is not valid\n")
        if self.hub.has_ended(ticket):
            return plain(start_response, "401 Unauthorized", "the session is over\n")
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and origin != ticket.origin:
            return plain(start_response, "403 Forbidden", "another origin\n")
        listener = Listener(ticket)
        if not self.hub.add(listener):
            return plain(start_response, "503 Service Unavailable", "too many\n", [("Retry-After", "30")])
        start_response("200 OK", stream_headers(origin))
        return frames(self.hub, listener)

    def _follow(self) -> None:
        if self._follower is None:
            self._follower = gevent.spawn(follow, self.hub, self.settings.redis_url)
            gevent.sleep(0)


def frames(hub: Hub, listener: Listener) -> Iterator[bytes]:
    """What is written to one browser until it leaves, is revoked, or is asked to come again."""
    beats = LONGEST_SECONDS // HEARTBEAT_SECONDS
    try:
        yield frame_of("hello")
        while beats > 0:
            try:
                frame = listener.queue.get(timeout=HEARTBEAT_SECONDS)
            except Empty:
                beats -= 1
                yield b": beat\n\n"
                continue
            if frame is None:
                return
            yield frame
        yield frame_of("again")
    finally:
        hub.remove(listener)


def follow(hub: Hub, redis_url: str) -> None:
    """Keep one subscription for as long as the process lives; after a gap everyone looks again."""
    wait = 0.2
    while True:
        try:
            subscription = connect(redis_url, timeout=None).pubsub(ignore_subscribe_messages=True)
            subscription.psubscribe(PATTERN)
            hub.connected, wait = True, 0.2
            hub.tell_all(frame_of("resync"))
            read(hub, subscription)
        except (RedisError, OSError) as error:
            hub.connected = False
            log.warning("redis_lost", error=type(error).__name__, wait=wait)
            gevent.sleep(wait)
            wait = min(wait * 2, 5.0)


def read(hub: Hub, subscription: Subscriber) -> None:
    while True:
        message = subscription.get_message(ignore_subscribe_messages=True, timeout=30.0)
        if message is not None and message["type"] == "pmessage":
            hub.hand_out(message["channel"].decode(), message["data"])


def frame_of(event: str) -> bytes:
    return f"event: {event}\ndata: {{}}\n\n".encode()


def tenant_of(channel: str) -> UUID | None:
    try:
        return UUID(channel.removeprefix("t:").removesuffix(":live"))
    except ValueError:
        return None


def decoded(payload: bytes) -> dict[str, Any]:
    try:
        message = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return message if isinstance(message, dict) else {}


def stream_headers(origin: str | None) -> list[tuple[str, str]]:
    headers = [
        ("Content-Type", "text/event-stream; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("X-Accel-Buffering", "no"),
        ("X-Content-Type-Options", "nosniff"),
        ("Vary", "Origin"),
    ]
    return [*headers, ("Access-Control-Allow-Origin", origin)] if origin else headers


def plain(
    start_response: StartResponse, status: str, text: str, headers: list[tuple[str, str]] | None = None
) -> list[bytes]:
    body = text.encode()
    start_response(
        status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), *(headers or [])]
    )
    return [body]
