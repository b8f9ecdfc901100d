"""Answers kept for requests with an Idempotency-Key: per user, route and key, for seven days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from tenants.clock import utcnow
from tenants.kernel_models import IdempotencyRecord
from tenants.unit import Unit

KEPT = timedelta(days=7)
Answer = tuple[int, Any]


class IdempotencyMismatch(Exception):
    """The key was used for another body: 422."""


class IdempotencyInFlight(Exception):
    """The first request with this key is still being worked on: 409."""


def run_idempotent(
    uow: Unit, route: str, key: str, user_id: UUID, body_hash: bytes, work: Callable[[], Answer]
) -> Answer:
    """Run `work` once per user, route and key, and give the same (status, JSON body) to whoever asks again.

    The record lives in the transaction of the work itself: if that rolls back, nothing is remembered.
    """
    if not _begin(uow, route, key, user_id, body_hash):
        return _recorded(uow, route, key, user_id, body_hash)
    status, answer = work()
    uow.session.execute(
        update(IdempotencyRecord).where(*_identity(route, key, user_id)).values(status=status, answer=answer)
    )
    return status, answer


def forget_old_answers(uow: Unit) -> int:
    """Remove the records older than seven days."""
    statement = delete(IdempotencyRecord).where(IdempotencyRecord.created_at < utcnow() - KEPT)
    return len(uow.session.execute(statement.returning(IdempotencyRecord.key)).all())


def _begin(uow: Unit, route: str, key: str, user_id: UUID, body_hash: bytes) -> bool:
    """Claim the key. False when it is answered already; IdempotencyInFlight while another holds it.

    A second insert of the key waits for the first transaction, so the wait is cut to a moment and told apart by its
    SQLSTATE; the savepoint puts lock_timeout back.
    """
    now = utcnow()
    expired = delete(IdempotencyRecord).where(
        *_identity(route, key, user_id), IdempotencyRecord.created_at < now - KEPT
    )
    claim = (
        insert(IdempotencyRecord)
        .values(user_id=user_id, route=route, key=key, body_hash=body_hash, created_at=now)
        .on_conflict_do_nothing()
        .returning(IdempotencyRecord.key)
    )
    try:
        with uow.savepoint():
            uow.session.execute(text("SET LOCAL lock_timeout = '20ms'"))
            uow.session.execute(expired)
            claimed = uow.session.execute(claim).first() is not None
            uow.session.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    except DBAPIError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise IdempotencyInFlight(key) from None
        raise
    return claimed


def _recorded(uow: Unit, route: str, key: str, user_id: UUID, body_hash: bytes) -> Answer:
    row = uow.session.execute(
        select(IdempotencyRecord.body_hash, IdempotencyRecord.status, IdempotencyRecord.answer).where(
            *_identity(route, key, user_id)
        )
    ).first()
    if row is None or row.status is None:
        raise IdempotencyInFlight(key)
    if row.body_hash != body_hash:
        raise IdempotencyMismatch(key)
    return row.status, row.answer


def _identity(route: str, key: str, user_id: UUID) -> tuple[Any, ...]:
    return (
        IdempotencyRecord.user_id == user_id,
        IdempotencyRecord.route == route,
        IdempotencyRecord.key == key,
    )
