"""Sums of accounts: the snapshot of the last closed month, and what moved since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from saas.core.actors import Actor
from saas.fees import permissions as p
from saas.fees.models import BalanceSnapshot, LedgerAccount, LedgerClose, LedgerTransfer
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class KindBalance:
    """All accounts of one kind together, with the turnover on both sides."""

    kind: str
    accounts: int
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        return self.debit_minor - self.credit_minor


def account_balances(uow: UnitOfWork, ids: Sequence[UUID], at: date | None = None) -> dict[UUID, int]:
    """Debits − credits by account, up to and including the day `at` (default: all)."""
    sums = dict.fromkeys(ids, 0)
    if not ids:
        return sums
    cut = uow.session.scalar(_last_snapshot(at))
    if cut is not None:
        kept = select(
            BalanceSnapshot.account_id, BalanceSnapshot.debit_minor - BalanceSnapshot.credit_minor
        ).where(BalanceSnapshot.account_id.in_(ids), BalanceSnapshot.as_of == cut)
        for account, minor in uow.session.execute(kept):
            sums[account] = int(minor)
    for column, sign in ((LedgerTransfer.debit_id, 1), (LedgerTransfer.credit_id, -1)):
        moved = select(column, func.sum(LedgerTransfer.minor)).where(column.in_(ids)).group_by(column)
        if cut is not None:
            moved = moved.where(LedgerTransfer.business_date >= cut)
        if at is not None:
            moved = moved.where(LedgerTransfer.business_date <= at)
        for account, minor in uow.session.execute(moved):
            sums[account] += sign * int(minor)
    return sums


def trial_balance(uow: UnitOfWork, *, actor: Actor, at: date | None = None) -> list[KindBalance]:
    """Each kind of account with its debits and credits; over all kinds they are equal."""
    actor.require(p.LEDGER.code, everywhere=True)
    found: dict[str, list[int]] = {}
    for side, column in enumerate((LedgerTransfer.debit_id, LedgerTransfer.credit_id)):
        moved = (
            select(LedgerAccount.kind, func.sum(LedgerTransfer.minor))
            .join(LedgerAccount, LedgerAccount.id == column)
            .group_by(LedgerAccount.kind)
        )
        if at is not None:
            moved = moved.where(LedgerTransfer.business_date <= at)
        for kind, minor in uow.session.execute(moved):
            found.setdefault(kind, [0, 0])[side] = int(minor)
    counted = select(LedgerAccount.kind, func.count()).group_by(LedgerAccount.kind)
    accounts = {kind: number for kind, number in uow.session.execute(counted)}  # noqa: C416
    return [KindBalance(kind, accounts[kind], *sums) for kind, sums in sorted(found.items())]


def _last_snapshot(at: date | None) -> Any:
    """The end of the last closed month that does not reach beyond `at`: each has a whole set of sums."""
    wanted = select(func.max(LedgerClose.ends_on)).where(
        LedgerClose.kind == "month", LedgerClose.state == "closed"
    )
    return wanted if at is None else wanted.where(LedgerClose.ends_on <= at)
