"""Access declarations, one per route, and the actor of the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from flask import Flask, current_app, g, redirect, request
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from saas.core.actors import GUEST, Actor, resolve_actor
from tenants.context import tenant_if_bound

View = TypeVar("View", bound=Callable[..., Any])
ATTRIBUTE = "__anju_access__"
LOGIN_PATH = "/login"


@dataclass(frozen=True)
class Access:
    kind: Literal["permission", "public", "signed_in"]
    permission: str | None = None
    reason: str | None = None
    csrf: bool = True


class MissingAccess(RuntimeError):
    """A route without a declaration; the route test finds it before a user can."""


def access(permission: str) -> Callable[[View], View]:
    """The route needs this permission somewhere; the service checks the row's own place."""
    return _declare(Access("permission", permission=permission))


def public(reason: str, *, csrf: bool = True) -> Callable[[View], View]:
    """Open to anyone. ``csrf=False`` only for endpoints whose caller proves itself in another way."""
    return _declare(Access("public", reason=reason, csrf=csrf))


def signed_in(view: View) -> View:
    return _declare(Access("signed_in"))(view)


def current_actor() -> Actor:
    """The actor of this request; GUEST when nobody is signed in."""
    if "actor" not in g:
        # Set first: resolving may itself ask for the language, which asks for the actor.
        g.actor = None
        if tenant_if_bound() is not None:
            g.actor = resolve_actor(request)
    return g.actor or GUEST


def is_signed_in() -> bool:
    return current_actor().kind != "guest"


def access_of(view: Callable[..., Any], method: str) -> Access | None:
    """The declaration of a view function, or of a MethodView's handler for ``method``."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        handler = getattr(view_class, method.lower(), None)
        if handler is None and method == "HEAD":
            handler = getattr(view_class, "get", None)
        return getattr(handler, ATTRIBUTE, None) or getattr(view_class, ATTRIBUTE, None)
    return getattr(view, ATTRIBUTE, None)


def request_access() -> Access | None:
    """The declaration of the matched route; None when no route matched or Flask answers OPTIONS itself."""
    if request.endpoint is None:
        return None
    declared = access_of(current_app.view_functions[request.endpoint], request.method)
    if declared is None and request.method != "OPTIONS":
        raise MissingAccess(f"{request.method} {request.url_rule} declares no access")
    return declared


def enforce_access() -> Response | None:
    declared = request_access()
    if declared is None or declared.kind == "public":
        return None
    actor = current_actor()
    if actor.kind == "guest":
        return _ask_to_sign_in()
    if declared.permission is not None:
        actor.require(declared.permission)
    return None


def init_app(app: Flask) -> None:
    app.before_request(enforce_access)
    app.jinja_env.globals["current_actor"] = current_actor


def is_api_request() -> bool:
    return request.path.startswith("/api/")


def bearer_token() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _ask_to_sign_in() -> Response:
    if is_api_request() or request.accept_mimetypes.best == "application/json":
        raise Unauthorized()
    if request.headers.get("HX-Request"):
        answer = Response(status=204)
        answer.headers["HX-Redirect"] = LOGIN_PATH
        return answer
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(f"{LOGIN_PATH}?{urlencode({'next': back})}")


def _declare(declared: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        if hasattr(view, ATTRIBUTE):
            raise ValueError(f"{view.__qualname__} declares its access twice")
        setattr(view, ATTRIBUTE, declared)
        return view

    return mark
