"""Error reports to Sentry, scrubbed: no local variables, no personal data, tenant and request as tags."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import sentry_sdk
from structlog.contextvars import get_contextvars

from tenants.context import tenant_if_bound
from tenants.scrub import scrub
from tenants.settings import Settings

# Ids and times that reports are found by; they hold nothing personal and must keep their shape.
_UNTOUCHED = frozenset(
    {"event_id", "timestamp", "start_timestamp", "level", "platform", "sdk", "release", "environment",
     "modules", "tags", "type", "transaction_info", "debug_meta"}
)  # fmt: skip
_TAGS = ("request_id", "job_id")


def configure(settings: Settings, *, process: str, **options: Any) -> bool:
    """Start reporting when `SENTRY_DSN` is set. Returns whether it is.

    `send_default_pii` stays unset: that means off, and setting it is deprecated.
    """
    if settings.sentry_dsn is None:
        return False
    sentry_sdk.init(
        dsn=settings.sentry_dsn,
        environment=settings.mode,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=scrub_event,
        before_send_transaction=scrub_event,
        before_breadcrumb=scrub_breadcrumb,
        server_name=process,
        **options,
    )
    sentry_sdk.set_tag("process", process)
    return True


def scrub_event(event: Any, _hint: Any) -> Any:
    """Replace what is personal or secret and tag the report with tenant, request and job."""
    tags: MutableMapping[str, Any] = dict(event.get("tags") or {})
    tenant = tenant_if_bound()
    if tenant is not None:
        tags["tenant"] = str(tenant.id)
    context = get_contextvars()
    tags.update({name: str(context[name]) for name in _TAGS if name in context})
    cleaned = {name: value if name in _UNTOUCHED else scrub(value) for name, value in event.items()}
    if "trace" in (event.get("contexts") or {}):
        cleaned["contexts"]["trace"] = event["contexts"]["trace"]
    _drop_request_details(cleaned)
    cleaned["tags"] = tags
    cleaned.pop("user", None)
    return cleaned


def scrub_breadcrumb(crumb: Any, _hint: Any) -> Any:
    return scrub(crumb)


def _drop_request_details(event: MutableMapping[str, Any]) -> None:
    request = event.get("request")
    if isinstance(request, dict):
        for name in ("data", "cookies", "env", "query_string"):
            request.pop(name, None)
