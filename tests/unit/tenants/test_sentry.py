"""Reports to Sentry, as a local sink receives them, hold no personal data and no local variables."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
import sentry_sdk

from tenants import sentry
from tenants.context import bound
from tenants.logs import log_context
from tenants.settings import load_settings
from tenants.tenant import Tenant

TENANT = Tenant(UUID("01890000-0000-7000-8000-00000000000b"), "jinxiu", "锦绣物业")
# Reports quote source lines, so the values that must not appear are not written out here.
PHONE, IDENTITY, ADDRESS, LOCAL = (
    "139" + "1234" * 2,
    "110101" + "19900307" + "1234",
    ".".join("9876"),
    "秘" * 5,
)


class Sink(ThreadingHTTPServer):
    bodies: list[str]


class Receive(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.bodies.append(body.decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink(("127.0.0.1", 0), Receive)
    server.bodies = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    sentry_sdk.get_client().close()
    sentry_sdk.init()
    sentry_sdk.get_isolation_scope().clear()
    server.shutdown()
    server.server_close()


def fail(identity_number: str) -> None:
    local = LOCAL.lower()
    raise ValueError(f"cannot reach {PHONE} of {identity_number}, {len(local)}")


def test_a_report_arrives_scrubbed_and_tagged(sink: Sink) -> None:
    dsn = f"http://key@127.0.0.1:{sink.server_address[1]}/1"
    settings = replace(load_settings({}), sentry_dsn=dsn)
    assert sentry.configure(settings, process="test", default_integrations=False)
    with bound(TENANT), log_context(request_id="r-7"):
        sentry_sdk.add_breadcrumb(message=f"looked up {PHONE}", data={"phone": PHONE})
        sentry_sdk.set_user({"id": "1", "ip_address": ADDRESS, "email": "li@example.cn"})
        sentry_sdk.set_context("form", {"id_number": IDENTITY})
        try:
            fail(IDENTITY)
        except ValueError as error:
            sentry_sdk.capture_exception(error)
    sentry_sdk.flush(5)
    (report,) = sink.bodies
    assert "ValueError" in report
    assert str(TENANT.id) in report
    assert "r-7" in report
    for personal in (PHONE, IDENTITY, "li@example.cn", ADDRESS, LOCAL):
        assert personal not in report, personal


def test_without_an_address_nothing_starts() -> None:
    assert not sentry.configure(load_settings({}), process="test")
