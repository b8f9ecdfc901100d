"""Posting to the ledger. A transfer balances by itself; what is wrong is posted back, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, insert, select

from saas.fees.errors import day_is_closed
from saas.fees.models import LedgerAccount, LedgerClose, LedgerTransfer
from saas.fees.queries.balances import account_balances
from saas.fees.services import accounts
from saas.fees.services.accounts import AccountKey, account_id, account_ids
from tenants import clock
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

_GATE = accounts.SUSPENSE
_OPEN_DAYS = "fees.ledger.closed_before"


@dataclass(frozen=True)
class Transfer:
    """`minor` > 0 from the credit account to the debit account; (cause, cause_id, leg) is posted once."""

    debit: AccountKey
    credit: AccountKey
    minor: int
    cause: str
    cause_id: UUID
    business_date: date
    leg: int = 0
    line_id: UUID | None = None
    community_id: UUID | None = None
    room_id: UUID | None = None
    person_id: UUID | None = None
    item_id: UUID | None = None
    channel: str | None = None
    actor_id: UUID | None = None
    shift_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.minor <= 0:
            raise ValueError("a transfer is of more than nothing; post it the other way round")
        if self.debit == self.credit:
            raise ValueError("a transfer needs two accounts")

    def reversed(self, cause: str, cause_id: UUID, business_date: date, *, leg: int = 0) -> Transfer:
        """The same money the other way."""
        return replace(
            self, debit=self.credit, credit=self.debit, cause=cause, cause_id=cause_id,
            business_date=business_date, leg=leg,
        )  # fmt: skip


class Charged(Protocol):
    """What posting needs to know of a bill line: a BillLine, a BillDraft or a record with the same names."""

    @property
    def id(self) -> UUID: ...
    @property
    def kind(self) -> str: ...
    @property
    def item_id(self) -> UUID: ...
    @property
    def community_id(self) -> UUID: ...
    @property
    def room_id(self) -> UUID | None: ...
    @property
    def person_id(self) -> UUID | None: ...
    @property
    def amount_minor(self) -> int: ...


def post(uow: UnitOfWork, transfers: Sequence[Transfer]) -> list[UUID]:
    """Post transfers, all of them into open days. Raises Conflict (day_closed); a repeat breaks the unique key."""
    if not transfers:
        return []
    _require_open(uow, (each.business_date for each in transfers))
    ids = account_ids(uow, (key for each in transfers for key in (each.debit, each.credit)))
    rows = [_row(each, ids) for each in transfers]
    uow.session.execute(insert(LedgerTransfer), rows)
    return [row["id"] for row in rows]


def transfers_for_lines(
    lines: Iterable[Charged], business_date: date, *, actor_id: UUID | None = None
) -> list[Transfer]:
    """What issuing lines posts. Discounts go against `discount`, negative lines the other way, zero lines nowhere."""
    found = []
    for line in lines:
        if line.amount_minor == 0:
            continue
        earned = _earned(line)
        debit, credit = (
            (accounts.RECEIVABLE, earned) if line.amount_minor > 0 else (earned, accounts.RECEIVABLE)
        )
        found.append(
            Transfer(
                debit, credit, abs(line.amount_minor), "opening" if line.kind == "opening" else "bill", line.id,
                business_date, line_id=line.id, community_id=line.community_id, room_id=line.room_id,
                person_id=line.person_id, item_id=line.item_id, actor_id=actor_id,
            )
        )  # fmt: skip
    return found


def transfer_rows(uow: UnitOfWork, transfers: Sequence[Transfer]) -> list[dict[str, Any]]:
    """The rows of `ledger_transfer` for whoever copies many: accounts are opened and the days checked."""
    _require_open(uow, (each.business_date for each in transfers))
    ids = account_ids(uow, {key for each in transfers for key in (each.debit, each.credit)})
    return [_row(each, ids) for each in transfers]


def posting_date(uow: UnitOfWork, wanted: date | None = None) -> date:
    """The business date to post to: the wanted day (default: today in the tenant's zone), or the first open one."""
    day = wanted or clock.business_date(uow.tenant.time_zone)
    before = closed_before(uow)
    return before if before is not None and day < before else day


def closed_before(uow: UnitOfWork) -> date | None:
    """Days before this one are closed; None while nothing was ever closed.

    Holds the gate that `closing` waits for, so that the answer stays true until this transaction ends.
    """
    known: dict[str, date | None] = uow.session.info
    if _OPEN_DAYS not in known:
        if not uow.read_only:
            hold_gate(uow)
        known[_OPEN_DAYS] = uow.session.scalar(
            select(func.max(LedgerClose.ends_on)).where(
                LedgerClose.kind.in_(("day", "month")), LedgerClose.state == "closed"
            )
        )
    return known[_OPEN_DAYS]


def hold_gate(uow: UnitOfWork, *, alone: bool = False) -> None:
    """Lock the ledger's gate: shared by all who post, alone by who closes."""
    wanted = select(LedgerAccount.id).where(LedgerAccount.key == _GATE.key).with_for_update(read=not alone)
    if uow.session.scalar(wanted) is None:
        account_ids(uow, [_GATE])
        uow.session.scalar(wanted)
    if alone:
        uow.session.info.pop(_OPEN_DAYS, None)


def balance(uow: UnitOfWork, account: AccountKey, at: date | None = None) -> int:
    """Debits − credits of an account up to and including the day `at` (default: all)."""
    found = account_id(uow, account)
    return 0 if found is None else account_balances(uow, [found], at)[found]


def _require_open(uow: UnitOfWork, days: Iterable[date]) -> None:
    before = closed_before(uow)
    if before is not None and any(day < before for day in days):
        raise day_is_closed(before)


def _earned(line: Charged) -> AccountKey:
    if line.kind == "discount":
        return accounts.DISCOUNT
    if line.kind == "opening":
        return accounts.OPENING
    return accounts.LATE_FEE_INCOME if line.kind == "late_fee" else accounts.income(line.item_id)


def _row(transfer: Transfer, ids: dict[AccountKey, UUID]) -> dict[str, Any]:
    return {
        "id": new_id(), "debit_id": ids[transfer.debit], "credit_id": ids[transfer.credit],
        "minor": transfer.minor, "cause": transfer.cause, "cause_id": transfer.cause_id, "leg": transfer.leg,
        "business_date": transfer.business_date, "posted_at": utcnow(), "line_id": transfer.line_id,
        "community_id": transfer.community_id, "room_id": transfer.room_id, "person_id": transfer.person_id,
        "item_id": transfer.item_id, "channel": transfer.channel, "actor_id": transfer.actor_id,
        "shift_id": transfer.shift_id,
    }  # fmt: skip
