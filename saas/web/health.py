"""Is the process alive, can it work, what does it measure. Answers on any host; details need a token."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from flask import Blueprint, Flask, current_app, json, request
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from saas.web.auth import bearer_token, public
from tenants.metrics import exposition
from tenants.redis_client import redis
from tenants.settings import Settings
from tenants.unit_of_work import platform_unit_of_work

blueprint = Blueprint("health", __name__)
LOOPBACK = frozenset({"127.0.0.1", "::1"})


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
@public("a load balancer asks whether the process lives")
def alive() -> Response:
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@public("a load balancer asks whether the process can work; details only for the operator")
def ready() -> Response:
    checks = {"database": _database(), "redis": _redis()}
    # Redis holds hints only: without it pages still work, so it does not take the process out of service.
    good = checks["database"] == "ok"
    body: dict[str, Any] = {"ready": good, **({"checks": checks} if may_see_details() else {})}
    return Response(json.dumps(body), 200 if good else 503, mimetype="application/json")


@blueprint.get("/metrics")
@public("Prometheus, with the metrics token, or from this machine in demo mode")
def metrics() -> Response:
    if not may_see_details():
        raise NotFound()
    return Response(exposition(), content_type=CONTENT_TYPE_LATEST)


def may_see_details() -> bool:
    """With the token when one is set; else in demo mode from this machine, unless a proxy hides who asks.

    In production a proxy on the same machine may say nothing of whom it asks for, so nothing goes without a token.
    """
    settings: Settings = current_app.config["ANJU"]
    if settings.metrics_token is not None:
        return compare_digest((bearer_token() or "").encode(), settings.metrics_token.encode())
    return settings.demo and request.remote_addr in LOOPBACK and not request.headers.get("X-Forwarded-For")


def _database() -> str:
    try:
        with platform_unit_of_work(read_only=True) as uow:
            uow.session.execute(text("select 1"))
    except SQLAlchemyError as error:
        return type(error).__name__
    return "ok"


def _redis() -> str:
    try:
        redis().ping()
    except (RedisError, OSError) as error:
        return type(error).__name__
    return "ok"
