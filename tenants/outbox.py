"""The outbox: what a transaction owes to others, written with the change itself and delivered after its commit."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants.clock import utcnow
from tenants.events import Event, event_name, to_payload
from tenants.fields import decrypt_field, encrypt_field
from tenants.ids import new_id
from tenants.kernel_models import OutboxHistory, OutboxMessage
from tenants.logs import current_request_id
from tenants.queues import SHORT, send_once
from tenants.tenant import Tenant
from tenants.unit import Unit

__all__ = ["EffectRefused", "Event", "add_effect", "add_event", "register_effect", "subscribe"]

OUTBOX = "outbox"
DRAIN = "tenants.drain.drain_job"
# The hint normally arrives within milliseconds; the scheduler looks when it did not.
HINT_PATIENCE = timedelta(seconds=5)
MAX_ATTEMPTS = 12
MAX_BACKOFF_SECONDS = 3600
SECRET = "secret"

E = TypeVar("E", bound=Event)
EventHandler = Callable[[Any, Any], None]
EffectHandler = Callable[[Tenant, dict[str, Any], int], Mapping[str, Any] | None]
OnDelivered = Callable[[Any, dict[str, Any], Mapping[str, Any]], None]
OnDead = Callable[[Any, dict[str, Any], str], None]


class EffectRefused(Exception):
    """Raised by an effect that will never succeed: it is not tried again."""


class UnknownHandler(LookupError):
    """A message is meant for a handler that this process does not have."""


@dataclass(frozen=True)
class Subscriber:
    event_class: type[Event]
    handle: EventHandler


@dataclass(frozen=True)
class Effect:
    call: EffectHandler
    on_delivered: OnDelivered | None
    on_dead: OnDead | None


_subscribers: dict[str, Subscriber] = {}
_effects: dict[str, Effect] = {}


def subscribe(event_class: type[E], name: str, handler: Callable[[Any, E], None]) -> None:
    """Let `handler(uow, event)` run once for each event, in the transaction that marks it delivered.

    `name` is stored with each message, so it must not change. Register before the first event is emitted.
    """
    known = _subscribers.get(name)
    if known is not None and known.handle is not handler:
        raise ValueError(f"subscriber {name} is registered twice")
    _subscribers[name] = Subscriber(event_class, handler)


def register_effect(
    name: str, call: EffectHandler, *, on_delivered: OnDelivered | None = None, on_dead: OnDead | None = None
) -> None:
    """Register an outward call `call(tenant, payload, attempt)`, made outside any transaction, at least once.

    `on_delivered(uow, payload, result)` and `on_dead(uow, payload, error_class)` run in the transaction that
    records the outcome; the payload they get has no secret.
    """
    known = _effects.get(name)
    if known is not None and known.call is not call:
        raise ValueError(f"effect {name} is registered twice")
    _effects[name] = Effect(call, on_delivered, on_dead)


def subscriber(name: str) -> Subscriber:
    try:
        return _subscribers[name]
    except KeyError:
        raise UnknownHandler(name) from None


def effect(name: str) -> Effect:
    try:
        return _effects[name]
    except KeyError:
        raise UnknownHandler(name) from None


def add_event(uow: Unit, event: Event) -> None:
    """Write one message per subscriber of the event's class."""
    names = [name for name, entry in _subscribers.items() if entry.event_class is type(event)]
    if not names:
        return
    payload = to_payload(event)
    rows = [_row("event", event_name(type(event)), name, payload) for name in names]
    uow.session.execute(insert(OutboxMessage), rows)
    _announce(uow)


def add_effect(uow: Unit, name: str, payload: Mapping[str, Any], dedup_key: str | None = None) -> None:
    """Write one outward call. With a `dedup_key` it is made for that key once only.

    The payload's part `secret` is stored encrypted and removed with the delivery.
    """
    effect(name)
    clear = dict(payload)
    secret = clear.pop(SECRET, None)
    if dedup_key is not None and _delivered(uow, name, dedup_key):
        return
    row = _row("effect", name, name, clear) | {"dedup_key": dedup_key}
    if secret is not None:
        row["secret"] = _encrypt(uow, row["id"], secret)
    statement = insert(OutboxMessage).values(row)
    uow.session.execute(statement.on_conflict_do_nothing(index_elements=["handler", "dedup_key"]))
    _announce(uow)


def full_payload(
    uow: Unit, message_id: UUID, payload: Mapping[str, Any], secret: bytes | None
) -> dict[str, Any]:
    """The payload with its secret part, for the call itself."""
    complete = dict(payload)
    if secret is not None:
        text = decrypt_field(uow, secret, table="outbox_message", column=SECRET, row_id=message_id)
        complete[SECRET] = orjson.loads(text)
    return complete


def backoff(attempts: int) -> timedelta:
    """2, 4, 8 … seconds up to an hour, spread by a quarter so that failures do not come back in step."""
    seconds = min(2.0**attempts, float(MAX_BACKOFF_SECONDS))
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))


def hint(tenant_id: UUID) -> None:
    """Ask a worker to look at the tenant's outbox now."""
    send_once(SHORT, DRAIN, tenant_id)


def _announce(uow: Unit) -> None:
    uow.hold_wakeup(OUTBOX, utcnow() + HINT_PATIENCE)
    if not uow.session.info.get(OUTBOX):
        uow.session.info[OUTBOX] = True
        tenant_id = uow.tenant.id
        uow.after_commit(lambda: hint(tenant_id))


def _delivered(uow: Unit, name: str, dedup_key: str) -> bool:
    found = select(OutboxHistory.message_id).where(
        OutboxHistory.handler == name, OutboxHistory.dedup_key == dedup_key
    )
    return uow.session.execute(found).first() is not None


def _encrypt(uow: Unit, message_id: UUID, secret: Any) -> bytes:
    text = orjson.dumps(secret).decode()
    return encrypt_field(uow, text, table="outbox_message", column=SECRET, row_id=message_id)


def _row(kind: str, name: str, handler: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    now = utcnow()
    return {
        "id": new_id(),
        "kind": kind,
        "name": name,
        "handler": handler,
        "payload": dict(payload),
        "secret": None,
        "dedup_key": None,
        "state": "due",
        "due_at": now,
        "attempts": 0,
        "claim": None,
        "error_class": None,
        "created_at": now,
        "request_id": current_request_id(),
    }
