"""The host hook of the Flask application: from the Host header to the bound tenant, before anything else runs."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from werkzeug.exceptions import HTTPException, NotFound

from tenants import registry
from tenants.context import bound
from tenants.tenant import Tenant

HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ALLOWED = "anju_works_while_suspended"
_STACK = "_anju_host_stack"

View = TypeVar("View", bound=Callable[..., Any])


class UnknownHost(NotFound):
    """Nobody lives at the host that was asked for."""


class TenantSuspended(HTTPException):
    """The tenant may read but not write for now."""

    code = 503
    description = "This firm's service is paused. Reading still works."

    def __init__(self, tenant: Tenant) -> None:
        super().__init__()
        self.tenant = tenant


def init_app(app: Flask) -> None:
    """Bind the host's tenant around every request; `g.tenant` is None on the base host."""
    app.before_request(bind_host)
    app.teardown_request(_unbind)


def works_while_suspended(view: View) -> View:
    """Mark a writing view that a suspended tenant keeps: login, logout, callbacks, refunds, exports."""
    setattr(view, _ALLOWED, True)
    return view


def bind_host() -> None:
    """Find the tenant of the request's host and bind it. Raises UnknownHost or TenantSuspended."""
    g.tenant = None
    if request.path in HEALTH_PATHS:
        return
    found = registry.tenant_for_host(request.host)
    if found is None:
        raise UnknownHost()
    if not isinstance(found, Tenant):
        return
    stack = ExitStack()
    stack.enter_context(bound(found))
    setattr(g, _STACK, stack)
    g.tenant = found
    if found.state != "active" and not _allowed_while_suspended():
        raise TenantSuspended(found)


def _allowed_while_suspended() -> bool:
    if request.method in SAFE_METHODS:
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, _ALLOWED, False))


def _unbind(error: BaseException | None) -> None:
    stack = g.pop(_STACK, None)
    if stack is not None:
        stack.close()
