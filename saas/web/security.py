"""What every answer carries to keep a browser safe: policy headers, host-bound cookies, CSRF checks."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, Request, current_app, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from saas.core.tickets import app_secret
from saas.web.auth import bearer_token, current_actor, is_api_request, request_access
from tenants.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SMALL_BODY = 2 * 1024 * 1024

csrf = CSRFProtect()


def init_app(app: Flask, settings: Settings) -> None:
    secure = is_secure(settings)
    app.config.update(
        SECRET_KEY=app_secret(settings.secret_key_file),
        SESSION_COOKIE_NAME=cookie_name("anju", settings),
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
    )
    app.session_interface = HostBoundSessions()
    csrf.init_app(app)
    app.before_request(limit_body)
    app.before_request(check_csrf)
    app.after_request(add_headers)


def is_secure(settings: Settings) -> bool:
    return (settings.public_url or "").startswith("https://")


def cookie_name(name: str, settings: Settings) -> str:
    """``__Host-`` on TLS: the browser then refuses it from any other host or path."""
    return f"__Host-{name}" if is_secure(settings) else name


class HostBoundSessions(SecureCookieSessionInterface):
    """Signs Flask's own session (CSRF token, flashes) per host: a cookie of tenant A means nothing at B."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        return _signer(app.config["SECRET_KEY"], request.host)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """As Flask's; a request without the cookie (every API call with a token) has nothing to verify."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


@lru_cache(maxsize=1024)
def _signer(secret: str, host: str) -> URLSafeTimedSerializer:
    ours = HostBoundSessions
    return URLSafeTimedSerializer(
        secret,
        salt=f"{ours.salt}|{host}",
        serializer=ours.serializer,
        signer_kwargs={"key_derivation": ours.key_derivation, "digest_method": ours.digest_method},
    )


def limit_body() -> None:
    """Files come from people who are signed in, as multipart; everything else is small. Refused before it is read."""
    if request.method in SAFE_METHODS:
        return
    if request.mimetype != "multipart/form-data" or current_actor().kind == "guest":
        request.max_content_length = SMALL_BODY


def check_csrf() -> None:
    if needs_csrf():
        csrf.protect()


def needs_csrf() -> bool:
    """Pages always; the API when a cookie and not a token says who calls."""
    if request.method in SAFE_METHODS or request.endpoint is None:
        return False
    declared = request_access()
    if declared is not None and not declared.csrf:
        return False
    if is_api_request():
        return bearer_token() is None and current_actor().kind != "guest"
    return True


def stream_url(asked: Request, settings: Settings) -> str:
    """Where the browser opens live streams: behind a proxy the same host, on a laptop the next port."""
    if settings.public_url:
        return "/live"
    host = asked.host.rpartition(":")[0] if ":" in asked.host.rpartition("]")[2] else asked.host
    return f"{asked.scheme}://{host}:{settings.stream_port}/live"


def add_headers(answer: Response) -> Response:
    settings: Settings = current_app.config["ANJU"]
    headers = answer.headers
    headers.setdefault("Content-Security-Policy", policy(request, settings))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault(
        "Permissions-Policy", "camera=(self), geolocation=(self), microphone=(self), payment=()"
    )
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if is_secure(settings):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "private, no-cache"
    return answer


def policy(asked: Request, settings: Settings) -> str:
    return _policy(stream_url(asked, settings))


@lru_cache(maxsize=1024)
def _policy(stream: str) -> str:
    origin = "" if stream.startswith("/") else " " + stream.removesuffix("/live")
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            f"connect-src 'self'{origin}",
            "media-src 'self' blob:",
            "worker-src 'self'",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
