"""Headers, cookies and CSRF."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from saas.core.actors import EVERYWHERE
from saas.web.render import safe_next
from saas.web.security import cookie_name, stream_url

from .conftest import Shell, token_of


def test_the_policy_allows_nothing_inline_and_only_the_stream_beside_us(shell: Shell) -> None:
    policy = shell.client().get("/offline").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy and "style-src 'self';" in policy
    assert "connect-src 'self' http://anhe.localhost:8001;" in policy
    assert "frame-ancestors 'none'" in policy


def test_pages_hold_nothing_inline(shell: Shell) -> None:
    for path in ("/offline", "/nowhere"):
        text = shell.client().get(path).text
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text) == []
        assert re.findall(r'(?:src|href)="(?:https?:)?//', text) == []


def test_behind_a_proxy_the_stream_is_on_the_same_host(shell: Shell) -> None:
    settings = replace(shell.app.config["ANJU"], public_url="https://anju.example")
    with shell.app.test_request_context("/", base_url="http://anhe.localhost:8000") as context:
        assert stream_url(context.request, settings) == "/live"
        assert stream_url(context.request, shell.app.config["ANJU"]) == "http://anhe.localhost:8001/live"
    assert cookie_name("anju", settings) == "__Host-anju"


def test_a_form_without_its_token_is_refused(shell: Shell) -> None:
    shell.sign_in()
    client = shell.client()
    refused = client.post("/form")
    assert refused.status_code == 403
    token = token_of(client.get("/offline").text)
    accepted = client.post("/form", data={"csrf_token": token})
    assert accepted.status_code == 409


def test_a_token_of_another_host_is_refused(shell: Shell) -> None:
    shell.sign_in()
    client = shell.client()
    token = token_of(client.get("/offline").text)
    cookie = client.get_cookie("anju", domain="anhe.localhost")
    assert cookie is not None
    other = shell.client("localhost:8000")
    other.set_cookie("anju", cookie.value, domain="localhost")
    assert (
        other.post("/display", data={"name": "size", "value": "large", "csrf_token": token}).status_code
        == 403
    )


def test_the_api_asks_cookies_for_a_token_but_not_bearers(shell: Shell) -> None:
    shell.sign_in(repairs__board=EVERYWHERE)
    client = shell.client()
    assert client.post("/api/v1/samples/").json["code"] == "csrf_failed"
    bearer = client.post("/api/v1/samples/", headers={"Authorization": "Bearer abcdefgh"})
    assert bearer.json["code"] == "invalid_input"
    token = token_of(client.get("/offline").text)
    assert client.post("/api/v1/samples/", headers={"X-CSRFToken": token}).json["code"] == "invalid_input"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/board?x=1", "/board?x=1"),
        (None, "/"),
        ("", "/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("/a\nb", "/"),
    ],
)
def test_only_paths_of_this_host_are_gone_back_to(given: str | None, expected: str) -> None:
    assert safe_next(given) == expected


def test_static_files_are_kept_for_a_year_under_their_version(shell: Shell) -> None:
    client = shell.client()
    version = shell.app.extensions["anju_static"].version
    now = client.get(f"/static/{version}/css/tokens.css")
    assert now.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/old/css/tokens.css").headers["Cache-Control"] == "no-cache"
    assert client.get(f"/static/{version}/../app.py").status_code == 404
    assert client.get(f"/static/{version}/js/app.js").mimetype == "text/javascript"
