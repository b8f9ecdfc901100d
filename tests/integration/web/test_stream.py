"""The live stream end to end: gunicorn with gevent workers, a real Valkey, tickets, topics, revocation."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from uuid import UUID

import pytest

from saas.core.live import close_streams
from saas.core.tickets import Ticket, app_secret, sign_ticket
from tenants.database import Kernel
from tenants.ids import new_id
from tenants.redis_client import publish, redis
from tenants.settings import Settings
from tenants.tenant import Tenant

FIRM = Tenant(id=new_id(), slug="anhe", name="安和物业")
OTHER = Tenant(id=new_id(), slug="other", name="别家物业")
ORIGIN = "http://anhe.localhost:8000"


class Stream:
    """One open stream, read event by event."""

    def __init__(self, port: int, ticket: str, origin: str | None = ORIGIN) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        self.connection.request("GET", f"/live?ticket={ticket}", headers={"Origin": origin} if origin else {})
        self.answer = self.connection.getresponse()

    def event(self) -> tuple[str, object]:
        name, data = "message", None
        while True:
            line = self.answer.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line and data is not None:
                return name, data

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(scope="module")
def port(settings: Settings) -> Iterator[int]:
    """A stream process of its own; answers its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANJU_")}
    environment |= {"ANJU_HOME": str(settings.home), "ANJU_REDIS_URL": settings.redis_url}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        "-k",
        "gevent",
        "-b",
        f"127.0.0.1:{number}",
    ]
    process = subprocess.Popen(
        [*command, "--graceful-timeout", "1", "ops.stream:app"], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(number, process)
        yield number
    finally:
        process.terminate()
        process.wait(10)


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the stream process ended with {process.returncode}")
        if status_of(port, "/readyz") == 200:
            return
        time.sleep(0.05)
    raise AssertionError("the stream process did not become ready")


def status_of(port: int, path: str, method: str = "GET") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def ticket(settings: Settings, *topics: str, tenant: Tenant = FIRM, session: UUID | None = None) -> str:
    entry = Ticket(tenant.id, new_id(), session or new_id(), topics, ORIGIN)
    return sign_ticket(app_secret(settings.secret_key_file), entry)


def test_a_message_arrives_within_two_seconds(port: int, settings: Settings, kernel: Kernel) -> None:
    stream = Stream(port, ticket(settings, "repairs.board"))
    assert stream.answer.status == 200
    assert stream.answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert stream.event() == ("hello", {})
    began = time.monotonic()
    publish(FIRM, "live", {"topic": "repairs.board", "data": {"new": 4}})
    assert stream.event() == ("message", {"topic": "repairs.board", "data": {"new": 4}})
    assert time.monotonic() - began < 2
    stream.close()


def test_other_topics_and_other_tenants_are_not_heard(port: int, settings: Settings, kernel: Kernel) -> None:
    stream = Stream(port, ticket(settings, "repairs.board"))
    assert stream.event() == ("hello", {})
    publish(FIRM, "live", {"topic": "repairs.order:1", "data": {"canary": 1}})
    publish(OTHER, "live", {"topic": "repairs.board", "data": {"canary": 2}})
    publish(FIRM, "live", {"topic": "repairs.board", "data": {"mine": True}})
    assert stream.event() == ("message", {"topic": "repairs.board", "data": {"mine": True}})
    stream.close()


def test_a_revoked_session_ends_its_stream_and_no_other(
    port: int, settings: Settings, kernel: Kernel
) -> None:
    revoked = new_id()
    ended = Stream(port, ticket(settings, "repairs.board", session=revoked))
    kept = Stream(port, ticket(settings, "repairs.board"))
    assert (ended.event(), kept.event()) == (("hello", {}), ("hello", {}))
    close_streams(FIRM, revoked)
    assert ended.event() == ("bye", {})
    assert ended.answer.readline() == b""
    publish(FIRM, "live", {"topic": "repairs.board", "data": {}})
    assert kept.event() == ("message", {"topic": "repairs.board", "data": {}})
    signed_before = ticket(settings, "repairs.board", session=revoked)
    assert status_of(port, f"/live?ticket={signed_before}") == 401
    ended.close()
    kept.close()


def test_without_a_good_ticket_there_is_no_stream(port: int, settings: Settings) -> None:
    good = ticket(settings, "repairs.board")
    assert Stream(port, good[:-3] + "abc").answer.status == 401
    assert Stream(port, "").answer.status == 401
    foreign = Stream(port, good, origin="http://evil.example")
    assert foreign.answer.status == 403
    assert "Access-Control-Allow-Origin" not in foreign.answer.headers
    assert status_of(port, "/live", "POST") == 405
    assert status_of(port, "/other") == 404
    assert status_of(port, "/healthz") == 200


def test_when_redis_loses_its_clients_everyone_looks_again(
    port: int, settings: Settings, kernel: Kernel
) -> None:
    stream = Stream(port, ticket(settings, "repairs.board"))
    assert stream.event() == ("hello", {})
    redis().client_kill_filter(_type="pubsub")
    assert stream.event() == ("resync", {})
    publish(FIRM, "live", {"topic": "repairs.board", "data": {"after": True}})
    assert stream.event() == ("message", {"topic": "repairs.board", "data": {"after": True}})
    stream.close()
