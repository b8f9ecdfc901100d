"""Each request can be found again: its id in logs, error reports and the answer; its time in the metrics."""

from __future__ import annotations

import re
from time import perf_counter

import structlog
from flask import Flask, g, request
from werkzeug.wrappers import Response

from tenants.ids import new_id
from tenants.logs import get_logger
from tenants.metrics import instrument_flask

log = get_logger("anju.web")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def init_app(app: Flask) -> None:
    instrument_flask(app)
    app.before_request(_begin)
    app.after_request(_end)
    app.jinja_env.globals["request_id"] = lambda: g.get("request_id", "")


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
    g.request_began = perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(answer: Response) -> Response:
    answer.headers["X-Request-Id"] = g.get("request_id", "")
    if request.endpoint in _QUIET:
        return answer
    log.info(
        "request",
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=answer.status_code,
        ms=round((perf_counter() - g.get("request_began", perf_counter())) * 1000, 1),
    )
    return answer


_QUIET = frozenset({"web.static_file", "health.alive", "health.ready", "health.metrics"})
