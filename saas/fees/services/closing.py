"""Closing days and months: what is closed stays as it is, corrections go to the next open day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, insert, select

from saas.core.actors import Actor
from saas.fees import permissions as p
from saas.fees.errors import day_is_closed, not_closable, wrong
from saas.fees.models import BalanceSnapshot, LedgerAccount, LedgerClose, LedgerTransfer
from saas.fees.services.ledger import closed_before, hold_gate
from tenants import clock
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

_PERIODS = ("day", "month")


def close_day(uow: UnitOfWork, *, actor: Actor, day: date, note: str = "") -> LedgerClose:
    """Close a day and all before it. Waits for whoever is posting; then nobody posts there any more."""
    actor.require(p.CLOSE.code, everywhere=True)
    return _close(uow, actor, "day", day, day + timedelta(days=1), note)


def close_month(uow: UnitOfWork, *, actor: Actor, month: date, note: str = "") -> LedgerClose:
    """Close the month that a day lies in, and keep the sums of all accounts at its end."""
    actor.require(p.CLOSE.code, everywhere=True)
    first = month.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    closed = _close(uow, actor, "month", first, following, note)
    _take_snapshot(uow, following)
    return closed


def reopen_last(uow: UnitOfWork, *, actor: Actor, reason: str) -> LedgerClose:
    """Open the last closed day or month again, with a reason that stays in the audit trail."""
    actor.require(p.CLOSE.code, everywhere=True)
    if not reason.strip():
        raise wrong("reason", _l("Say why."))
    hold_gate(uow, alone=True)
    wanted = (
        select(LedgerClose)
        .where(LedgerClose.kind.in_(_PERIODS), LedgerClose.state == "closed")
        .order_by(LedgerClose.ends_on.desc(), LedgerClose.starts_on, LedgerClose.id)
        .limit(1)
    )
    last = uow.session.scalar(wanted)
    if last is None:
        raise not_closable(_l("Nothing is closed."))
    last.state = "reopened"
    if last.kind == "month":
        uow.session.execute(delete(BalanceSnapshot).where(BalanceSnapshot.as_of == last.ends_on))
    uow.audit("fees.books_reopened", actor=actor.ref(), subject=("ledger_close", last.id),
              details={"kind": last.kind, "starts_on": last.starts_on.isoformat(), "reason": reason.strip()})  # fmt: skip
    return last


def rebuild_snapshots(uow: UnitOfWork, *, actor: Actor) -> int:
    """Throw the kept sums away and add them up again from the transfers; gives how many rows there are."""
    actor.require(p.CLOSE.code, everywhere=True)
    hold_gate(uow, alone=True)
    uow.session.execute(delete(BalanceSnapshot))
    months = select(LedgerClose.ends_on).where(LedgerClose.kind == "month", LedgerClose.state == "closed")
    for as_of in uow.session.scalars(months.order_by(LedgerClose.ends_on)).all():
        _take_snapshot(uow, as_of)
    return uow.session.scalar(select(func.count()).select_from(BalanceSnapshot)) or 0


def day_totals(uow: UnitOfWork, starts_on: date, ends_on: date) -> dict[str, Any]:
    """What moved in the days: number and sum of transfers, money in and out by channel."""
    within = (LedgerTransfer.business_date >= starts_on, LedgerTransfer.business_date < ends_on)
    number, total = uow.session.execute(
        select(func.count(), func.coalesce(func.sum(LedgerTransfer.minor), 0)).where(*within)
    ).one()
    moved: dict[str, dict[str, int]] = {"in": {}, "out": {}}
    for way, column in (("in", LedgerTransfer.debit_id), ("out", LedgerTransfer.credit_id)):
        rows = (
            select(LedgerAccount.channel, func.sum(LedgerTransfer.minor))
            .join(LedgerAccount, LedgerAccount.id == column)
            .where(LedgerAccount.kind == "cash", *within)
            .group_by(LedgerAccount.channel)
        )
        moved[way] = {str(channel): int(minor) for channel, minor in uow.session.execute(rows)}
    return {"transfers": number, "total_minor": int(total), **moved}


def _close(
    uow: UnitOfWork, actor: Actor, kind: str, starts_on: date, ends_on: date, note: str
) -> LedgerClose:
    if ends_on > clock.business_date(uow.tenant.time_zone) + timedelta(days=1):
        raise not_closable(_l("Days to come cannot be closed."), code="not_over_yet")
    hold_gate(uow, alone=True)
    before = closed_before(uow)
    if before is not None and (ends_on < before or (kind == "day" and ends_on <= before)):
        raise day_is_closed(before)
    closed = LedgerClose(
        id=new_id(), kind=kind, state="closed", starts_on=starts_on, ends_on=ends_on,
        totals=day_totals(uow, starts_on, ends_on), note=note.strip(), closed_by=actor.user_id,
        closed_by_name=actor.name,
    )  # fmt: skip
    if _is_closed(uow, kind, starts_on):
        raise day_is_closed(before)
    uow.session.add(closed)
    uow.session.info.pop("fees.ledger.closed_before", None)
    uow.audit("fees.books_closed", actor=actor.ref(), subject=("ledger_close", closed.id),
              details={"kind": kind, "starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()})  # fmt: skip
    uow.session.flush()
    return closed


def _is_closed(uow: UnitOfWork, kind: str, starts_on: date) -> UUID | None:
    return uow.session.scalar(
        select(LedgerClose.id).where(
            LedgerClose.kind == kind, LedgerClose.starts_on == starts_on, LedgerClose.state == "closed"
        )
    )


def _take_snapshot(uow: UnitOfWork, as_of: date) -> None:
    sums: dict[UUID, list[int]] = {}
    for side, column in enumerate((LedgerTransfer.debit_id, LedgerTransfer.credit_id)):
        moved = (
            select(column, func.sum(LedgerTransfer.minor))
            .where(LedgerTransfer.business_date < as_of)
            .group_by(column)
        )
        for account, minor in uow.session.execute(moved):
            sums.setdefault(account, [0, 0])[side] = int(minor)
    rows = [
        {"account_id": account, "as_of": as_of, "debit_minor": debit, "credit_minor": credit}
        for account, (debit, credit) in sums.items()
    ]
    if rows:
        uow.session.execute(insert(BalanceSnapshot), rows)
