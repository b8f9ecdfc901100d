"""Audit rows, written in the transaction of the act itself: ids and field names, never personal values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.kernel_models import AuditEntry, AuditPending
from tenants.logs import current_request_id
from tenants.unit import ActorLike, Unit

SEAL = "audit"
SEAL_DELAY = timedelta(seconds=2)


def record(
    uow: Unit,
    action: str,
    *,
    actor: ActorLike | None,
    subject: tuple[str, UUID],
    fields: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
) -> UUID:
    """Write one audit row. `actor` None stands for the system itself. Returns the row's id."""
    entry_id = new_id()
    now = utcnow()
    values = {
        "id": entry_id,
        "recorded_at": now,
        "action": action,
        "actor_kind": actor.kind if actor else "system",
        "actor_id": actor.id if actor else None,
        "actor_label": actor.label if actor else "",
        "subject_type": subject[0],
        "subject_id": subject[1],
        "fields": list(fields),
        "details": dict(details or {}),
        "request_id": current_request_id(),
    }
    uow.session.execute(insert(AuditEntry).values(values))
    uow.session.execute(insert(AuditPending).values(entry_id=entry_id))
    uow.hold_wakeup(SEAL, now + SEAL_DELAY)
    return entry_id
