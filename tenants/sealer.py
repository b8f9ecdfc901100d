"""Chains committed audit rows by hash into seals, anchors the head outside the schema, and verifies both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, delete, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from tenants.audit import SEAL_DELAY
from tenants.clock import utcnow
from tenants.kernel_models import AuditEntry, AuditPending, AuditSeal
from tenants.metrics import sealer_entries_total
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, platform_unit_of_work, unit_of_work

BATCH = 500
GENESIS = bytes(32)
# The verifier reads this many entries at a time.
VERIFY_BATCH = 2000

_ENTRY_COLUMNS = (
    AuditEntry.id,
    AuditEntry.recorded_at,
    AuditEntry.action,
    AuditEntry.actor_kind,
    AuditEntry.actor_id,
    AuditEntry.actor_label,
    AuditEntry.subject_type,
    AuditEntry.subject_id,
    AuditEntry.fields,
    AuditEntry.details,
    AuditEntry.request_id,
)


@dataclass(frozen=True)
class Verdict:
    """What the verifier found. `first_bad` names the first row or seal that does not hold, or is None."""

    sealed: int
    unsealed: tuple[UUID, ...]
    first_bad: str | None
    head_sequence: int

    @property
    def intact(self) -> bool:
        return self.first_bad is None


def seal_tenant(tenant: Tenant) -> int:
    """Seal all committed entries that wait. Returns how many were sealed.

    Entries are taken from a queue by their ids, so one that commits late is sealed later and never skipped. Two
    sealers at once meet on the seal's primary key; the later one leaves the rest to the next look.
    """
    sealed = 0
    while True:
        try:
            with unit_of_work(tenant) as uow:
                count = _seal_batch(uow)
        except IntegrityError:
            break
        sealed += count
        if count < BATCH:
            break
    _anchor(tenant)
    sealer_entries_total.inc(sealed)
    return sealed


def verify_tenant(tenant: Tenant) -> Verdict:
    """Recompute the chain from its beginning and compare it with entries and anchors."""
    with platform_unit_of_work(read_only=True) as platform:
        anchors = _anchors(platform.session, tenant.id)
    with unit_of_work(tenant, read_only=True) as uow:
        return _verify(uow, anchors)


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the sealer must look again."""
    waiting = uow.session.execute(select(AuditPending.entry_id).limit(1)).first()
    return None if waiting is None else utcnow() + SEAL_DELAY


def entry_hash(entry: Row[Any]) -> bytes:
    """Hash of one entry: SHA-256 of its columns as JSON with sorted keys."""
    content = dict(entry._mapping)
    content["recorded_at"] = entry.recorded_at.timestamp()
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def seal_hash(sequence: int, previous: bytes, ids: Sequence[UUID], hashes: Sequence[bytes]) -> bytes:
    digest = sha256(previous)
    digest.update(sequence.to_bytes(8))
    for entry_id, value in zip(ids, hashes, strict=True):
        digest.update(entry_id.bytes)
        digest.update(value)
    return digest.digest()


def _seal_batch(uow: UnitOfWork) -> int:
    waiting = (
        uow.session.execute(
            select(AuditPending.entry_id)
            .order_by(AuditPending.entry_id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        .scalars()
        .all()
    )
    if not waiting:
        return 0
    entries = uow.session.execute(
        select(*_ENTRY_COLUMNS).where(AuditEntry.id.in_(waiting)).order_by(AuditEntry.id)
    ).all()
    head = _head(uow)
    sequence, previous = (head.sequence + 1, head.hash) if head else (1, GENESIS)
    ids, hashes = [entry.id for entry in entries], [entry_hash(entry) for entry in entries]
    values = {
        "sequence": sequence,
        "sealed_at": utcnow(),
        "entry_ids": ids,
        "entry_hashes": hashes,
        "previous_hash": previous,
        "hash": seal_hash(sequence, previous, ids, hashes),
    }
    uow.session.execute(insert(AuditSeal).values(values))
    uow.session.execute(delete(AuditPending).where(AuditPending.entry_id.in_(waiting)))
    return len(waiting)


def _head(uow: UnitOfWork) -> Row[int, bytes] | None:
    statement = select(AuditSeal.sequence, AuditSeal.hash).order_by(AuditSeal.sequence.desc()).limit(1)
    return uow.session.execute(statement).first()


def _anchor(tenant: Tenant) -> None:
    """Note the head outside the schema, after it is committed there."""
    with unit_of_work(tenant, read_only=True) as uow:
        head = _head(uow)
    if head is None:
        return
    with platform_unit_of_work() as platform:
        platform.session.execute(
            _ANCHOR, {"tenant_id": tenant.id, "sequence": head.sequence, "hash": head.hash, "at": utcnow()}
        )


def _anchors(session: Any, tenant_id: UUID) -> dict[int, bytes]:
    rows = session.execute(
        text("SELECT sequence, hash FROM platform.audit_anchor WHERE tenant_id = :tenant_id"),
        {"tenant_id": tenant_id},
    )
    return {row.sequence: bytes(row.hash) for row in rows}


def _verify(uow: UnitOfWork, anchors: dict[int, bytes]) -> Verdict:
    expected_sequence, previous, sealed = 1, GENESIS, 0
    first_bad: str | None = None
    seen: set[UUID] = set()
    while first_bad is None:
        seal = uow.session.execute(
            select(AuditSeal).where(AuditSeal.sequence >= expected_sequence).order_by(AuditSeal.sequence)
            .limit(1)
        ).scalar()  # fmt: skip
        if seal is None:
            break
        first_bad = _check_seal(seal, expected_sequence, previous, anchors) or _check_entries(uow, seal)
        seen.update(seal.entry_ids)
        sealed += len(seal.entry_ids)
        expected_sequence, previous = seal.sequence + 1, seal.hash
        uow.session.expunge(seal)
    head = expected_sequence - 1
    if first_bad is None and anchors and max(anchors) > head:
        first_bad = f"seal {head + 1} is missing: seal {max(anchors)} was anchored"
    return Verdict(sealed, _unsealed(uow, seen) if first_bad is None else (), first_bad, head)


def _check_seal(seal: AuditSeal, expected: int, previous: bytes, anchors: dict[int, bytes]) -> str | None:
    if seal.sequence != expected:
        return f"seal {expected} is missing"
    if seal.previous_hash != previous:
        return f"seal {expected} does not follow the seal before it"
    if len(seal.entry_ids) != len(seal.entry_hashes):
        return f"seal {expected} was altered"
    if seal_hash(seal.sequence, previous, seal.entry_ids, seal.entry_hashes) != seal.hash:
        return f"seal {expected} was altered"
    if anchors.get(expected, seal.hash) != seal.hash:
        return f"seal {expected} differs from its anchor"
    return None


def _check_entries(uow: UnitOfWork, seal: AuditSeal) -> str | None:
    rows = uow.session.execute(select(*_ENTRY_COLUMNS).where(AuditEntry.id.in_(seal.entry_ids))).all()
    found = {row.id: entry_hash(row) for row in rows}
    for entry_id, expected in zip(seal.entry_ids, seal.entry_hashes, strict=True):
        if entry_id not in found:
            return f"entry {entry_id} of seal {seal.sequence} is missing"
        if found[entry_id] != expected:
            return f"entry {entry_id} of seal {seal.sequence} was altered"
    return None


def _unsealed(uow: UnitOfWork, sealed: set[UUID]) -> tuple[UUID, ...]:
    ids = uow.session.execute(
        select(AuditEntry.id).order_by(AuditEntry.id), execution_options={"yield_per": VERIFY_BATCH}
    ).scalars()
    return tuple(entry_id for entry_id in ids if entry_id not in sealed)


def oldest_unsealed_age(uow: UnitOfWork) -> timedelta | None:
    """How long the oldest waiting entry has waited, for monitoring."""
    oldest = uow.session.scalar(
        select(func.min(AuditEntry.recorded_at)).join(AuditPending, AuditPending.entry_id == AuditEntry.id)
    )
    return None if oldest is None else utcnow() - oldest


_ANCHOR = text(
    "INSERT INTO platform.audit_anchor (tenant_id, sequence, hash, at)"
    " VALUES (:tenant_id, :sequence, :hash, :at) ON CONFLICT (tenant_id, sequence) DO NOTHING"
)
