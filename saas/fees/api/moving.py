"""What routes that move money share: the key that makes a repeat the same, amounts in the firm's currency, answers."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson
from flask import Response, request
from flask_babel import lazy_gettext as _l

from saas.core.errors import InvalidInput
from saas.fees.errors import wrong
from saas.fees.services.payments_intent import PrepaidOwner
from saas.web.auth import current_actor
from saas.web.work import work
from tenants.context import current_tenant
from tenants.idempotency import run_idempotent
from tenants.unit_of_work import UnitOfWork


def required_key() -> str:
    """The request's Idempotency-Key. Raises InvalidInput: money is never moved without one."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not 1 <= len(key) <= 200:
        message = _l("Send an Idempotency-Key of 1 to 200 characters, a new one for each new wish.")
        raise InvalidInput(message, code="idempotency_key_missing")
    return key


def once(
    route: str, data: dict[str, Any], do: Callable[[UnitOfWork], dict[str, Any]], status: int
) -> Response:
    """Do it once for its key; whoever asks again gets the same answer."""
    key, actor = required_key(), current_actor()
    with work() as uow:
        if actor.user_id is None:
            return answer(do(uow), status)
        body = sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS, default=str)).digest()
        done, kept = run_idempotent(
            uow, route, key, actor.user_id, body, lambda: (status, orjson.loads(_bytes(do(uow))))
        )
        return answer(kept, done)


def minor_of(data: dict[str, Any], name: str) -> int | None:
    """The minor units of an amount in the firm's currency; None when it was not given."""
    given = data.get(name)
    if given is None:
        return None
    if given["currency"] != current_tenant().currency:
        raise wrong(name, _l("This firm keeps its books in another currency."))
    return int(given["amount"])


def minor(data: dict[str, Any], name: str) -> int:
    """The minor units of an amount that must be given."""
    return minor_of(data, name) or 0


def owner_of(given: dict[str, Any] | None) -> PrepaidOwner | None:
    """Whose prepaid account, as the client said."""
    return PrepaidOwner(**given) if given else None


def answer(body: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(_bytes(body), status, mimetype="application/json")


def _bytes(body: Any) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)
