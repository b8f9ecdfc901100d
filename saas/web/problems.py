"""Errors become HTTP here and nowhere else: problem+json for programs, a friendly page for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, json, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError

from saas.core.errors import DomainError, NotFound, VersionConflict
from saas.web.auth import is_api_request
from saas.web.render import is_partial, page
from tenants.context import NoTenant
from tenants.idempotency import IdempotencyInFlight, IdempotencyMismatch
from tenants.ids import InvalidId
from tenants.logs import get_logger
from tenants.web import TenantSuspended, UnknownHost

log = get_logger("anju.web")


@dataclass(frozen=True)
class Problem:
    status: int
    code: str
    title: str
    detail: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"urn:anju:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.fields:
            body["fields"] = self.fields
        return body


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, answer_domain_error)
    app.register_error_handler(CSRFError, answer_csrf_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(UnknownHost, lambda error: answer(_unknown_host()))
    app.register_error_handler(TenantSuspended, lambda error: answer(_suspended()))
    app.register_error_handler(IdempotencyMismatch, lambda error: answer_domain_error(_reused_key()))
    app.register_error_handler(IdempotencyInFlight, lambda error: answer_domain_error(_in_flight()))
    app.register_error_handler(StaleDataError, lambda error: answer_domain_error(VersionConflict()))
    app.register_error_handler(DataError, answer_unstorable)
    app.register_error_handler(UnicodeEncodeError, answer_unstorable)
    app.register_error_handler(InvalidId, lambda error: answer_domain_error(NotFound()))
    app.register_error_handler(NoTenant, lambda error: answer_domain_error(NotFound()))


def answer_domain_error(error: DomainError) -> Response:
    return answer(problem_of(error))


def answer_unstorable(error: Exception) -> Response:
    """Characters that no database keeps (NUL, half a surrogate pair) and numbers beyond all measure."""
    log.warning(
        "unstorable_input", error=type(error).__name__, path=request.url_rule and request.url_rule.rule
    )
    return answer(Problem(422, "invalid_input", _title(422), _detail(422)))


def answer_csrf_error(error: CSRFError) -> Response:
    detail = _("This page was open for too long. Go back, reload it and send again.")
    return answer(Problem(403, "csrf_failed", _title(403), detail))


def answer_http_error(error: HTTPException) -> Response:
    ready = error.response
    if ready is not None:
        return ready  # type: ignore[return-value]
    if isinstance(error, InternalServerError):
        log.error(
            "request_failed",
            path=request.url_rule and request.url_rule.rule,
            exc_info=error.original_exception,
        )
    status = error.code or 500
    if 300 <= status < 400:
        return error.get_response()  # type: ignore[return-value]
    answered = _answer_in_any_case(_http_problem(error, status))
    # Allow of a 405, Retry-After of a 429 and the like belong to the error, not to its looks.
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answered.headers[name] = value
    return answered


def problem_of(error: DomainError) -> Problem:
    fields = {name: [str(said) for said in saids] for name, saids in error.fields.items()}
    return Problem(error.status, error.code, _title(error.status), str(error), fields)


def answer(problem: Problem) -> Response:
    if wants_problem_json():
        return Response(json.dumps(problem.body()), problem.status, mimetype="application/problem+json")
    if is_partial():
        headers = {"HX-Retarget": "#toasts", "HX-Reswap": "beforeend"}
        return page("web/problem_toast.html", status=problem.status, headers=headers, problem=problem)  # type: ignore[return-value]
    return page("web/error.html", status=problem.status, problem=problem)  # type: ignore[return-value]


def _answer_in_any_case(problem: Problem) -> Response:
    """What broke the page may break the error page too; then the plain words must do."""
    if problem.status < 500:
        return answer(problem)
    try:
        return answer(problem)
    except Exception:
        log.exception("error_page_failed")
        return Response(f"{problem.title}\n{problem.detail}\n", problem.status, mimetype="text/plain")


def wants_problem_json() -> bool:
    if is_api_request():
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best in ("application/json", "application/problem+json")


def _unknown_host() -> Problem:
    detail = _("There is no firm at this address. Check the address, or ask your property office for it.")
    return Problem(404, "unknown_host", _("No firm here"), detail)


def _suspended() -> Problem:
    detail = _("Your firm's service is paused. You can read everything; new entries wait until it goes on.")
    return Problem(503, "tenant_suspended", _("Service is paused"), detail)


def _reused_key() -> DomainError:
    return DomainError("idempotency_key_reused", _("This key was used for another request before."), 422)


def _in_flight() -> DomainError:
    return DomainError("in_flight", _("The same request is being worked on. Ask again in a moment."), 409)


def _http_problem(error: HTTPException, status: int) -> Problem:
    messages = (getattr(error, "data", None) or {}).get("messages")
    fields = flatten(messages) if messages else {}
    return Problem(status, _CODES.get(status, f"http_{status}"), _title(status), _detail(status), fields)


def flatten(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    """Nested messages of marshmallow, by dotted field name; the location (json, query) is dropped."""
    if not isinstance(messages, dict):
        return {
            prefix or "body": [str(said) for said in (messages if isinstance(messages, list) else [messages])]
        }
    found: dict[str, list[str]] = {}
    for name, inner in messages.items():
        top = not prefix and name in ("json", "query", "form", "files", "headers", "path", "json_or_form")
        key = "" if top or name == "_schema" else str(name)
        found.update(flatten(inner, ".".join(part for part in (prefix, key) if part)))
    return found


_CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_input",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}


def _title(status: int) -> str:
    titles = {
        400: _("The request could not be read"),
        401: _("Please sign in"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Not possible here"),
        409: _("Not possible any more"),
        413: _("Too large"),
        415: _("Wrong kind of content"),
        422: _("Please look again"),
        429: _("Too many tries"),
        503: _("Just a moment"),
    }
    return titles.get(status) or (
        _("Not possible") if status < 500 else _("Something went wrong on our side")
    )


def _detail(status: int) -> str:
    details = {
        400: _("Something in the request is damaged. Go back and try again."),
        401: _("Your sign-in has ended or was never there. Sign in and try again."),
        403: _("Your role does not allow this. Ask your administrator if you need it."),
        404: _("We could not find this. It may have been removed, or the address has a typing mistake."),
        405: _("This address does not take this kind of request."),
        409: _("This is not possible any more. Look at the present state."),
        413: _("What you sent is too large. Send fewer or smaller files."),
        415: _("This kind of content is not understood here. Send JSON or the form of the page."),
        422: _("Some details need another look."),
        429: _("Too many tries in a short time. Wait a minute, then try again."),
        503: _("The service is starting or very busy. Wait a moment, then try again."),
    }
    fallback = (
        _("This could not be done.")
        if status < 500
        else _(
            "Nothing was changed by this. Try again in a moment; if it happens again, tell us the number below."
        )
    )
    return details.get(status, fallback)
