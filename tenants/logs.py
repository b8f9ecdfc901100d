"""Logs as JSON lines with tenant, request and job ids, and without personal data."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import orjson
import structlog
from structlog.contextvars import bind_contextvars, get_contextvars, reset_contextvars
from structlog.typing import Processor

from tenants.context import tenant_if_bound
from tenants.scrub import scrub, scrub_text

_UNTOUCHED = frozenset({"timestamp", "level", "logger", "tenant", "request_id", "job_id"})


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's loggers to one stream of JSON lines."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_tenant,
    ]
    structlog.configure(
        # First of all the level: nothing is put together for a record that nobody will see.
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _scrub_event,
                structlog.processors.JSONRenderer(serializer=_to_json),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("rq.worker", "rq.job", "rq.queue", "urllib3", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    return structlog.stdlib.get_logger(name)


@contextmanager
def log_context(**values: str) -> Iterator[None]:
    """Add ids (request_id, job_id …) to every record of the block."""
    tokens = bind_contextvars(**values)
    try:
        yield
    finally:
        reset_contextvars(**tokens)


def current_request_id() -> str | None:
    """The id of the request or job that is running, if one is."""
    values = get_contextvars()
    found = values.get("request_id") or values.get("job_id")
    return None if found is None else str(found)


def _add_tenant(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    tenant = tenant_if_bound()
    if tenant is not None:
        event.setdefault("tenant", str(tenant.id))
    return event


def _scrub_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    kept = {name: value for name, value in event.items() if name in _UNTOUCHED}
    rest = {name: value for name, value in event.items() if name not in _UNTOUCHED}
    return {**kept, **scrub(rest)}


def _to_json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=lambda value: scrub_text(str(value))).decode()
