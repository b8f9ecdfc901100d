"""The ledger as it is read: transfers with their accounts, closed days and months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from saas.core.actors import Actor
from saas.core.paging import page
from saas.fees import permissions as p
from saas.fees.models import LedgerAccount, LedgerClose, LedgerTransfer
from saas.fees.queries.setup import places_in_scope
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class TransferFilter:
    """What a list is narrowed to; empty fields narrow nothing. `account` is a key such as cash:pos."""

    account: str | None = None
    cause: str | None = None
    cause_id: UUID | None = None
    line_id: UUID | None = None
    room_id: UUID | None = None
    community_id: UUID | None = None
    date_from: date | None = None
    date_to: date | None = None


def list_transfers(
    uow: UnitOfWork,
    *,
    actor: Actor,
    wanted: TransferFilter,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[tuple[LedgerTransfer, str, str]], str | None]:
    """(transfer, key of the debit account, key of the credit account), the newest first."""
    debit, credit = aliased(LedgerAccount), aliased(LedgerAccount)
    community = LedgerTransfer.community_id
    statement: Any = (
        select(LedgerTransfer, debit.key, credit.key)
        .join(debit, debit.id == LedgerTransfer.debit_id)
        .join(credit, credit.id == LedgerTransfer.credit_id)
        .where(places_in_scope(actor, p.LEDGER.code, community, LedgerTransfer.id))
    )
    exact = {
        LedgerTransfer.cause: wanted.cause, LedgerTransfer.cause_id: wanted.cause_id,
        LedgerTransfer.line_id: wanted.line_id, LedgerTransfer.room_id: wanted.room_id, community: wanted.community_id,
    }  # fmt: skip
    for column, value in exact.items():
        if value is not None:
            statement = statement.where(column == value)
    if wanted.account is not None:
        statement = statement.where(or_(debit.key == wanted.account, credit.key == wanted.account))
    if wanted.date_from is not None:
        statement = statement.where(LedgerTransfer.business_date >= wanted.date_from)
    if wanted.date_to is not None:
        statement = statement.where(LedgerTransfer.business_date < wanted.date_to)
    keys = [LedgerTransfer.business_date, LedgerTransfer.id]
    return page(uow.session, statement, keys=keys, cursor=cursor, limit=limit, descending=True)


def list_closes(
    uow: UnitOfWork,
    *,
    actor: Actor,
    kind: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[LedgerClose], str | None]:
    """Closed days and months and counted shifts, the newest first; cashiers see their own shifts."""
    statement = select(LedgerClose)
    if not actor.may(p.LEDGER.code, everywhere=True):
        actor.require(p.COLLECT.code)
        statement = statement.where(LedgerClose.kind == "shift", LedgerClose.cashier_id == actor.user_id)
    if kind is not None:
        statement = statement.where(LedgerClose.kind == kind)
    keys = [LedgerClose.starts_on, LedgerClose.id]
    return page(uow.session, statement, keys=keys, cursor=cursor, limit=limit, descending=True)
