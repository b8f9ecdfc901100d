"""Timers in the tenant's tables, and the one row per tenant and kind in `platform.wakeup` that the scheduler reads.

The row is moved earlier before the tenant's transaction commits, so it may be too early but never missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert

from tenants.kernel_models import Timer
from tenants.unit import Unit

TimerHandler = Callable[[Any, str, datetime], None]

# How long a transaction may take from moving the wakeup to having committed, before only the sweep finds it.
COMMIT_GRACE = timedelta(seconds=5)
# A claimed wakeup comes back after this when nobody settled it (the job was lost with Redis or its worker).
CLAIM_RETRY = timedelta(seconds=60)
TIMERS = "timers"
_REARM_SECONDS = 1.0


class Executor(Protocol):
    """A session or connection in the platform schema."""

    def execute(self, statement: Any, parameters: Any = None, /) -> Any: ...


@dataclass(frozen=True)
class ClaimedWakeup:
    tenant_id: UUID
    kind: str


class UnknownTimer(Exception):
    """A timer's kind has no handler in this process."""


_handlers: dict[str, TimerHandler] = {}
_armed: dict[tuple[UUID, str], tuple[datetime, float]] = {}


def on_wakeup(kind: str, handler: TimerHandler) -> None:
    """Register `handler(uow, key, due_at)` for the timers of one kind."""
    if _handlers.get(kind, handler) is not handler:
        raise ValueError(f"timer kind {kind} has a handler already")
    _handlers[kind] = handler


def timer_handler(kind: str) -> TimerHandler:
    try:
        return _handlers[kind]
    except KeyError:
        raise UnknownTimer(kind) from None


def arm(uow: Unit, kind: str, key: str, due_at: datetime) -> None:
    """Set the timer `kind`/`key` to `due_at`; a timer of that name is moved."""
    values = {"due_at": due_at, "retry_at": None, "state": "due", "attempts": 0, "error_class": None}
    statement = insert(Timer).values(kind=kind, key=key, **values)
    uow.session.execute(statement.on_conflict_do_update(index_elements=["kind", "key"], set_=values))
    uow.hold_wakeup(TIMERS, due_at)


def cancel(uow: Unit, kind: str, key: str) -> None:
    """Forget a timer; it is no error when it is not set."""
    uow.session.execute(delete(Timer).where(Timer.kind == kind, Timer.key == key))


def not_armed_yet(tenant_id: UUID, due: Mapping[str, datetime]) -> dict[str, datetime]:
    """Those wakeups of a transaction that the scheduler must still be told of.

    A kind that this process armed for the same time or earlier within the last second is left out: its row cannot
    be settled before `COMMIT_GRACE` is over, and the look that it causes finds this transaction's rows too.
    """
    now = time.monotonic()
    return {kind: at for kind, at in due.items() if not _armed_recently(tenant_id, kind, at, now)}


def move_earlier(platform: Executor, tenant_id: UUID, due: Mapping[str, datetime]) -> None:
    """Move the tenant's wakeups earlier, in a transaction of the platform schema."""
    if not due:
        return
    rows = [
        {"tenant_id": tenant_id, "kind": kind, "due_at": due_at, "armed_at": datetime.now(UTC)}
        for kind, due_at in sorted(due.items())
    ]
    platform.execute(_MOVE_EARLIER, rows)


def remember_armed(tenant_id: UUID, due: Mapping[str, datetime]) -> None:
    """Called once the platform transaction of `move_earlier` has committed."""
    now = time.monotonic()
    for kind, due_at in due.items():
        _armed[tenant_id, kind] = (due_at, now)


def forget_armed() -> None:
    _armed.clear()


def claim_due(platform: Executor, now: datetime, limit: int = 200) -> list[ClaimedWakeup]:
    """Take the due wakeups; each comes back after `CLAIM_RETRY` unless it is settled."""
    rows = platform.execute(_CLAIM, {"now": now, "retry": now + CLAIM_RETRY, "limit": limit})
    return [ClaimedWakeup(row.tenant_id, row.kind) for row in rows]


def settle(platform: Executor, wakeup: ClaimedWakeup, next_due: datetime | None, looked_at: datetime) -> None:
    """Set the wakeup to the tenant's next due time, as read from its tables at `looked_at`.

    A transaction that armed shortly before the look may not have been visible to it, so the row then stays and is
    looked at once more. It is removed only when nothing is due and nobody armed it for a while.
    """
    values = {
        "tenant_id": wakeup.tenant_id,
        "kind": wakeup.kind,
        "quiet_since": looked_at - COMMIT_GRACE,
        "recheck": looked_at + COMMIT_GRACE,
    }
    if next_due is None:
        removed = platform.execute(_REMOVE_QUIET, values)
        if removed.rowcount == 0:
            platform.execute(_RECHECK, values)
        return
    platform.execute(_SET_NEXT, {**values, "next_due": next_due})


def forget_tenant(platform: Executor, tenant_id: UUID) -> None:
    """Remove the wakeups of a tenant that no longer exists."""
    platform.execute(
        text("DELETE FROM platform.wakeup WHERE tenant_id = :tenant_id"), {"tenant_id": tenant_id}
    )


def _armed_recently(tenant_id: UUID, kind: str, due_at: datetime, now: float) -> bool:
    known = _armed.get((tenant_id, kind))
    return known is not None and known[0] <= due_at and now - known[1] < _REARM_SECONDS


_MOVE_EARLIER = text(
    "INSERT INTO platform.wakeup (tenant_id, kind, due_at, armed_at)"
    " VALUES (:tenant_id, :kind, :due_at, :armed_at)"
    " ON CONFLICT (tenant_id, kind) DO UPDATE"
    " SET due_at = LEAST(wakeup.due_at, excluded.due_at), armed_at = excluded.armed_at"
)
_CLAIM = text(
    "UPDATE platform.wakeup SET due_at = :retry WHERE (tenant_id, kind) IN ("
    "SELECT tenant_id, kind FROM platform.wakeup WHERE due_at <= :now"
    " ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING tenant_id, kind"
)
_REMOVE_QUIET = text(
    "DELETE FROM platform.wakeup WHERE tenant_id = :tenant_id AND kind = :kind AND armed_at < :quiet_since"
)
_RECHECK = text(
    "UPDATE platform.wakeup SET due_at = LEAST(due_at, :recheck) WHERE tenant_id = :tenant_id AND kind = :kind"
)
_SET_NEXT = text(
    "UPDATE platform.wakeup SET due_at = CASE WHEN armed_at < :quiet_since THEN :next_due"
    " ELSE LEAST(due_at, :recheck, :next_due) END WHERE tenant_id = :tenant_id AND kind = :kind"
)
