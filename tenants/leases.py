"""Leases in the control schema: one holder of a name at a time, with a fencing number that only rises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from tenants.clock import utcnow
from tenants.unit_of_work import platform_unit_of_work


@dataclass(frozen=True)
class Lease:
    name: str
    holder: str
    fencing: int


class LeaseLost(Exception):
    """The work went on past its lease, and someone else may hold it now."""


def acquire(name: str, holder: str, seconds: float) -> Lease | None:
    """Take the lease when it is free or run out. None when someone holds it, be it the same holder."""
    now = utcnow()
    values = {"name": name, "holder": holder, "now": now, "until": now + timedelta(seconds=seconds)}
    with platform_unit_of_work() as uow:
        fencing = uow.session.execute(_ACQUIRE, values).scalar()
    return None if fencing is None else Lease(name, holder, fencing)


def renew(lease: Lease, seconds: float) -> None:
    """Prolong the lease, or raise LeaseLost."""
    values = {**_identity(lease), "until": utcnow() + timedelta(seconds=seconds)}
    with platform_unit_of_work() as uow:
        if uow.session.execute(_RENEW, values).first() is None:
            raise LeaseLost(lease.name)


def release(lease: Lease) -> None:
    """Give the lease back early; a lost one is left to its new holder."""
    with platform_unit_of_work() as uow:
        uow.session.execute(_RENEW, {**_identity(lease), "until": utcnow()})


class PeriodicLease:
    """Runs something once per period, however many processes ask: the lease lasts as long as the period."""

    def __init__(self, name: str, seconds: float, handler: Callable[[], None]) -> None:
        self.name = name
        self.seconds = seconds
        self.handler = handler

    def run_if_due(self, holder: str) -> bool:
        if acquire(f"every:{self.name}", holder, self.seconds) is None:
            return False
        self.handler()
        return True


def _identity(lease: Lease) -> dict[str, object]:
    return {"name": lease.name, "holder": lease.holder, "fencing": lease.fencing}


_ACQUIRE = text(
    "INSERT INTO platform.lease (name, holder, expires_at, fencing) VALUES (:name, :holder, :until, 1)"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,"
    " fencing = lease.fencing + 1 WHERE lease.expires_at <= :now RETURNING fencing"
)
_RENEW = text(
    "UPDATE platform.lease SET expires_at = :until"
    " WHERE name = :name AND holder = :holder AND fencing = :fencing RETURNING fencing"
)
