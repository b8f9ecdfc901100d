"""The session in the browser: its cookie, and who a request comes from."""

import re

from flask import Request, current_app, request
from werkzeug.wrappers import Response

from saas.core.actors import Actor
from saas.people.services.sessions import OpenedSession, resolve_session
from saas.web.auth import bearer_token
from saas.web.security import cookie_name, is_secure
from tenants.context import tenant_if_bound
from tenants.settings import Settings

COOKIE = "anju_session"
YEAR = 365 * 24 * 3600

_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip


def resolve_request(asked: Request) -> Actor | None:
    """The actor of a request: an API token in the header, else the session cookie; both only on their own tenant."""
    tenant = tenant_if_bound()
    if tenant is None:
        return None
    token = bearer_token()
    if token is not None:
        return resolve_session(tenant, token, "api")
    cookie = asked.cookies.get(_cookie_name())
    return resolve_session(tenant, cookie, "web") if cookie else None


def keep_session(answer: Response, session: OpenedSession) -> Response:
    """Give the browser its cookie; the server decides when it ends."""
    answer.set_cookie(
        _cookie_name(), session.secret, max_age=YEAR, path="/", httponly=True, samesite="Lax",
        secure=is_secure(_settings()),
    )  # fmt: skip
    return answer


def drop_session(answer: Response) -> Response:
    """Take the cookie away."""
    answer.delete_cookie(
        _cookie_name(), path="/", httponly=True, samesite="Lax", secure=is_secure(_settings())
    )
    return answer


def client_words() -> str:
    """Browser and system of this request in two words, for the list of one's sessions."""
    agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser or system:
        return " · ".join(part for part in (browser, system) if part)
    return re.sub(r"[^\w./ -]", "", agent)[:40]


def client_address() -> str:
    """The address that limits are counted for."""
    return request.remote_addr or "unknown"


def _cookie_name() -> str:
    return cookie_name(COOKIE, _settings())


def _settings() -> Settings:
    settings: Settings = current_app.config["ANJU"]
    return settings
