"""Delivery of the outbox: events in the transaction that marks them done, effects outside any transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from tenants import queues
from tenants.clock import utcnow
from tenants.context import bound
from tenants.events import from_payload
from tenants.ids import new_id
from tenants.kernel_models import OutboxHistory, OutboxMessage
from tenants.logs import get_logger, log_context
from tenants.metrics import outbox_lag_seconds, outbox_total
from tenants.outbox import (
    DRAIN,
    MAX_ATTEMPTS,
    OUTBOX,
    EffectRefused,
    backoff,
    effect,
    full_payload,
    hint,
    subscriber,
)
from tenants.registry import tenant_by_id
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

BATCH = 100
# A tenant with more than this waits for the others before it goes on.
TURN = 300
EFFECT_BATCH = 10
EFFECT_LEASE = timedelta(seconds=120)
# An effect is not begun with less than this left of the lease.
EFFECT_MARGIN = timedelta(seconds=30)
LOOK_AGAIN = timedelta(seconds=2)
EFFECTS = "tenants.drain.effects_job"

log = get_logger(__name__)
Message = Row[Any]


@dataclass(frozen=True)
class Drained:
    """What one turn did. `more` says that rows are still due."""

    delivered: int = 0
    failed: int = 0
    more: bool = False


@dataclass(frozen=True)
class ClaimedEffect:
    """An effect that this process may call until the claim's lease runs out."""

    id: UUID
    handler: str
    payload: dict[str, Any]
    clear_payload: dict[str, Any]
    attempts: int
    created_at: datetime
    dedup_key: str | None


def drain_job(tenant_id: str) -> None:
    """What the hint in Redis runs."""
    queues.taken(DRAIN, UUID(tenant_id))
    tenant = tenant_by_id(UUID(tenant_id))
    if tenant is None:
        return
    with bound(tenant), log_context(job_id=f"drain:{new_id()}"):
        if drain_events(tenant).more:
            hint(tenant.id)
        if effects_due(tenant):
            queues.send_once(queues.EFFECTS, EFFECTS, tenant.id)


def effects_job(tenant_id: str) -> None:
    """What the hint for outward calls runs."""
    queues.taken(EFFECTS, UUID(tenant_id))
    tenant = tenant_by_id(UUID(tenant_id))
    if tenant is None:
        return
    with bound(tenant), log_context(job_id=f"effects:{new_id()}"):
        if drain_effects(tenant).more:
            queues.send_once(queues.EFFECTS, EFFECTS, tenant.id)


def drain(tenant: Tenant) -> Drained:
    """Deliver what is due, events first: one turn of each."""
    with bound(tenant):
        events, effects = drain_events(tenant), drain_effects(tenant)
    return Drained(
        events.delivered + effects.delivered, events.failed + effects.failed, events.more or effects.more
    )


def drain_events(tenant: Tenant, turn: int = TURN) -> Drained:
    """Each event in a transaction of its own: subscribers lock what they need, and no two wait for each other."""
    delivered = failed = 0
    while delivered + failed < turn:
        with unit_of_work(tenant, read_only=True) as uow:
            due = list(uow.session.scalars(_due_events()))
        results = [_deliver(tenant, message_id) for message_id in due]
        delivered, failed = delivered + results.count(True), failed + results.count(False)
        if len(due) < BATCH or not any(result is not None for result in results):
            return Drained(delivered, failed)
    return Drained(delivered, failed, more=True)


def drain_effects(tenant: Tenant) -> Drained:
    claim = new_id()
    until = utcnow() + EFFECT_LEASE
    with unit_of_work(tenant) as uow:
        claimed = _claim_effects(uow, claim, until)
    delivered = failed = 0
    for message in claimed:
        if utcnow() > until - EFFECT_MARGIN:
            break
        if _call(tenant, claim, message):
            delivered += 1
        else:
            failed += 1
    return Drained(delivered, failed, more=len(claimed) == EFFECT_BATCH)


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the outbox must be looked at again. What is due already is on its way and gets a moment."""
    earliest = uow.session.scalar(
        select(func.min(OutboxMessage.due_at)).where(OutboxMessage.state.in_(("due", "claimed")))
    )
    return None if earliest is None else max(earliest, utcnow() + LOOK_AGAIN)


def effects_due(tenant: Tenant) -> bool:
    with unit_of_work(tenant, read_only=True) as uow:
        return uow.session.execute(_due_effects().limit(1)).first() is not None


def _due_events() -> Select[Any]:
    return (
        select(OutboxMessage.id)
        .where(OutboxMessage.kind == "event", OutboxMessage.state == "due", OutboxMessage.due_at <= utcnow())
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(BATCH)
    )


def _still_due(message_id: UUID) -> Select[Any]:
    return (
        select(
            OutboxMessage.id,
            OutboxMessage.kind,
            OutboxMessage.name,
            OutboxMessage.handler,
            OutboxMessage.payload,
            OutboxMessage.dedup_key,
            OutboxMessage.attempts,
            OutboxMessage.created_at,
        )
        .where(OutboxMessage.id == message_id, OutboxMessage.state == "due", OutboxMessage.due_at <= utcnow())
        .with_for_update(skip_locked=True)
    )


def _deliver(tenant: Tenant, message_id: UUID) -> bool | None:
    """Hand an event to its subscriber; None when another process has it. What went well leaves the outbox."""
    with unit_of_work(tenant) as uow:
        row = uow.session.execute(_still_due(message_id)).first()
        if row is None:
            return None
        if not _handled(uow, row):
            return False
        uow.session.execute(insert(OutboxHistory).values(_history(row, row.attempts + 1, None)))
        uow.session.execute(delete(OutboxMessage).where(OutboxMessage.id == row.id))
        uow.after_commit(lambda: _count_delivered(row))
        return True


def _handled(uow: UnitOfWork, row: Message) -> bool:
    try:
        with uow.savepoint():
            entry = subscriber(row.handler)
            entry.handle(uow, from_payload(entry.event_class, row.payload))
            uow.session.flush()
    except Exception as error:
        log.warning("subscriber failed", handler=row.handler, attempts=row.attempts + 1, exc_info=True)
        _put_back(uow, row.id, row.attempts + 1, error)
        outbox_total.labels("event", "failed").inc()
        return False
    return True


def _put_back(uow: UnitOfWork, message_id: UUID, attempts: int, error: Exception) -> bool:
    """Try again later, or never; only the error's class is kept. True when it is dead."""
    dead = attempts >= MAX_ATTEMPTS or isinstance(error, EffectRefused)
    values: dict[str, Any] = {
        "state": "dead" if dead else "due",
        "due_at": utcnow() + backoff(attempts),
        "attempts": attempts,
        "claim": None,
        "error_class": type(error).__name__,
    }
    if dead:
        values["secret"] = None
    uow.session.execute(update(OutboxMessage).where(OutboxMessage.id == message_id).values(values))
    if not dead:
        uow.hold_wakeup(OUTBOX, values["due_at"])
    return dead


def _due_effects() -> Select[Any]:
    """Effects that are due, or whose claim's lease ran out: a claimed row's due_at is the end of its lease."""
    return (
        select(OutboxMessage)
        .where(
            OutboxMessage.kind == "effect",
            or_(OutboxMessage.state == "due", OutboxMessage.state == "claimed"),
            OutboxMessage.due_at <= utcnow(),
        )
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
    )


def _claim_effects(uow: UnitOfWork, claim: UUID, until: datetime) -> list[ClaimedEffect]:
    statement = _due_effects().limit(EFFECT_BATCH).with_for_update(skip_locked=True)
    claimed = []
    for row in uow.session.scalars(statement).all():
        if row.attempts >= MAX_ATTEMPTS:  # its caller died each time
            row.state, row.secret, row.claim, row.error_class = "dead", None, None, "WorkerDied"
            if (on_dead := _on_dead(row.handler)) is not None:
                on_dead(uow, dict(row.payload), "WorkerDied")
            continue
        row.state, row.claim, row.due_at, row.attempts = "claimed", claim, until, row.attempts + 1
        complete = full_payload(uow, row.id, row.payload, row.secret)
        claimed.append(
            ClaimedEffect(
                row.id, row.handler, complete, dict(row.payload), row.attempts, row.created_at, row.dedup_key
            )
        )
    if claimed:
        uow.hold_wakeup(OUTBOX, until)
    return claimed


def _call(tenant: Tenant, claim: UUID, message: ClaimedEffect) -> bool:
    try:
        result = effect(message.handler).call(tenant, dict(message.payload), message.attempts) or {}
    except Exception as error:
        log.warning("effect failed", handler=message.handler, attempts=message.attempts, exc_info=True)
        _record_failure(tenant, claim, message, error)
        return False
    _record_delivery(tenant, claim, message, dict(result))
    return True


def _record_failure(tenant: Tenant, claim: UUID, message: ClaimedEffect, error: Exception) -> None:
    outbox_total.labels("effect", "failed").inc()
    with unit_of_work(tenant) as uow:
        if not _still_ours(uow, claim, message.id):
            return
        dead = _put_back(uow, message.id, message.attempts, error)
        if dead and (on_dead := _on_dead(message.handler)) is not None:
            on_dead(uow, message.clear_payload, type(error).__name__)


def _record_delivery(tenant: Tenant, claim: UUID, message: ClaimedEffect, result: Mapping[str, Any]) -> None:
    with unit_of_work(tenant) as uow:
        if not _still_ours(uow, claim, message.id):
            return
        values = {
            "message_id": message.id,
            "kind": "effect",
            "name": message.handler,
            "handler": message.handler,
            "dedup_key": message.dedup_key,
            "attempts": message.attempts,
            "result": dict(result),
            "created_at": message.created_at,
            "delivered_at": utcnow(),
        }
        uow.session.execute(upsert(OutboxHistory).values(values).on_conflict_do_nothing())
        uow.session.execute(delete(OutboxMessage).where(OutboxMessage.id == message.id))
        on_delivered = effect(message.handler).on_delivered
        if on_delivered is not None:
            on_delivered(uow, message.clear_payload, result)
    outbox_total.labels("effect", "delivered").inc()
    outbox_lag_seconds.labels("effect").observe(max(0.0, (utcnow() - message.created_at).total_seconds()))


def _still_ours(uow: UnitOfWork, claim: UUID, message_id: UUID) -> bool:
    """Whether no one else has claimed the message since: our lease may have run out during the call."""
    statement = select(OutboxMessage.claim).where(OutboxMessage.id == message_id).with_for_update()
    return uow.session.scalar(statement) == claim


def _on_dead(handler: str) -> Any:
    try:
        return effect(handler).on_dead
    except LookupError:
        return None


def _history(row: Message, attempts: int, result: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "message_id": row.id,
        "kind": row.kind,
        "name": row.name,
        "handler": row.handler,
        "dedup_key": row.dedup_key,
        "attempts": attempts,
        "result": result,
        "created_at": row.created_at,
        "delivered_at": utcnow(),
    }


def _count_delivered(row: Message) -> None:
    outbox_total.labels("event", "delivered").inc()
    outbox_lag_seconds.labels("event").observe(max(0.0, (utcnow() - row.created_at).total_seconds()))
