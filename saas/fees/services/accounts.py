"""The accounts of the ledger by their keys. What a debtor owes is told apart by line, room and person on transfers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from saas.fees.models import LedgerAccount
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class AccountKey:
    """One account: its kind, and of some kinds the item, the channel, or the debtor and room."""

    kind: str
    item_id: UUID | None = None
    channel: str | None = None
    person_id: UUID | None = None
    debtor_name: str = ""
    room_id: UUID | None = None

    @property
    def key(self) -> str:
        """The account's name: receivable, cash:pos, income:<item>, prepaid:<person or =name>:<room>."""
        if self.kind == "prepaid":
            debtor = str(self.person_id) if self.person_id else f"={self.debtor_name}"
            return f"prepaid:{debtor}:{self.room_id or ''}"
        tail = self.item_id or self.channel
        return f"{self.kind}:{tail}" if tail else self.kind


RECEIVABLE = AccountKey("receivable")
DEPOSIT = AccountKey("deposit")
LATE_FEE_INCOME = AccountKey("late_fee_income")
DISCOUNT = AccountKey("discount")
REFUND = AccountKey("refund")
SUSPENSE = AccountKey("suspense")
ROUNDING = AccountKey("rounding")
WRITE_OFF = AccountKey("write_off")
OPENING = AccountKey("opening")


def cash(channel: str) -> AccountKey:
    """Money that came in by a channel: cash, pos, transfer, wechat …"""
    return AccountKey("cash", channel=channel)


def income(item_id: UUID) -> AccountKey:
    """What an item earned."""
    return AccountKey("income", item_id=item_id)


def prepaid(person_id: UUID | None, room_id: UUID | None, debtor_name: str = "") -> AccountKey:
    """The prepaid account of a debtor and room; the name counts only for debtors who are no person on file."""
    return AccountKey(
        "prepaid", person_id=person_id, room_id=room_id, debtor_name="" if person_id else debtor_name
    )


def account_ids(uow: UnitOfWork, keys: Iterable[AccountKey]) -> dict[AccountKey, UUID]:
    """The ids of accounts; those that are missing are opened."""
    wanted = {each.key: each for each in keys}
    found = _known(uow, wanted)
    missing = [name for name in sorted(wanted) if name not in found]
    if missing:
        statement = insert(LedgerAccount).on_conflict_do_nothing(index_elements=["key"])
        uow.session.execute(statement, [_row(wanted[name]) for name in missing])
        found |= _known(uow, missing)
    return {wanted[name]: account_id for name, account_id in found.items()}


def account_id(uow: UnitOfWork, key: AccountKey) -> UUID | None:
    """The id of an account, if anything was ever posted to it."""
    return uow.session.scalar(select(LedgerAccount.id).where(LedgerAccount.key == key.key))


def key_of(account: LedgerAccount) -> AccountKey:
    """The key of a stored account."""
    return AccountKey(
        account.kind,
        account.item_id,
        account.channel,
        account.person_id,
        account.debtor_name,
        account.room_id,
    )


def _known(uow: UnitOfWork, names: Iterable[str]) -> dict[str, UUID]:
    wanted = select(LedgerAccount.key, LedgerAccount.id).where(LedgerAccount.key.in_(list(names)))
    return dict(uow.session.execute(wanted).all())


def _row(key: AccountKey) -> dict[str, Any]:
    return {
        "id": new_id(), "key": key.key, "kind": key.kind, "item_id": key.item_id, "channel": key.channel,
        "person_id": key.person_id, "debtor_name": key.debtor_name, "room_id": key.room_id, "created_at": utcnow(),
    }  # fmt: skip
