"""What the cashier looks at: whom a typed word means, what is due of the rooms, what stands in their accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.estate.models import Building, Community, Room, Unit
from saas.estate.queries.places import matches, names_of_rooms, place_text
from saas.estate.queries.scopes import rooms_in_scope
from saas.fees import permissions as p
from saas.fees.models import BillLine, Deposit, FeeItem, LedgerAccount, LineBalance
from saas.fees.queries.balances import account_balances
from tenants import clock
from tenants.unit_of_work import UnitOfWork

SEARCH_LIMIT = 20


@dataclass(frozen=True)
class DeskHit:
    """One room found; `open_minor` is due of it altogether."""

    room_id: UUID
    key: str
    place: str
    people: tuple[str, ...]
    open_minor: int
    open_lines: int


@dataclass(frozen=True)
class DueLine:
    """One line with something open; `days_late` counts from the due date."""

    line_id: UUID
    room_id: UUID | None
    room: str
    item_id: UUID
    item: str
    kind: str
    period_from: date
    period_to: date
    due_on: date
    amount_minor: int
    open_minor: int
    person_id: UUID | None
    debtor: str
    is_disputed: bool
    days_late: int


@dataclass(frozen=True)
class PrepaidBalance:
    """What a debtor has in hand for a room."""

    account_id: UUID
    person_id: UUID | None
    debtor: str
    room_id: UUID | None
    minor: int


@dataclass(frozen=True)
class RoomDues:
    """One or several rooms at the desk."""

    rooms: tuple[DeskHit, ...]
    lines: tuple[DueLine, ...]
    prepaid: tuple[PrepaidBalance, ...] = field(default=())
    deposits: tuple[Deposit, ...] = field(default=())

    @property
    def open_minor(self) -> int:
        return sum(line.open_minor for line in self.lines)


def search_desk(uow: UnitOfWork, *, actor: Actor, text: str, limit: int = SEARCH_LIMIT) -> list[DeskHit]:
    """Rooms by number or key, or by name, pinyin initials or phone of who is or owes there."""
    actor.require(p.COLLECT.code)
    if not text.strip():
        return []
    wanted = select(Room.id).where(rooms_in_scope(actor, p.COLLECT.code), matches(uow, text))
    ids = uow.session.scalars(wanted.order_by(Room.community_id, Room.sort_key, Room.id).limit(limit)).all()
    return _hits(uow, ids)


def room_dues(uow: UnitOfWork, *, actor: Actor, room_ids: Sequence[UUID]) -> RoomDues:
    """What is due of rooms, oldest first, with prepaid balances and deposits. Raises NotFound outside the scope."""
    actor.require(p.COLLECT.code)
    within = select(Room.id).where(Room.id.in_(room_ids), rooms_in_scope(actor, p.COLLECT.code))
    if set(uow.session.scalars(within)) != set(room_ids):
        raise NotFound()
    deposits = uow.session.scalars(
        select(Deposit).where(Deposit.room_id.in_(room_ids), Deposit.state == "held").order_by(Deposit.id)
    )
    return RoomDues(
        tuple(_hits(uow, room_ids)),
        tuple(due_lines(uow, room_ids)),
        tuple(prepaid_of_rooms(uow, room_ids)),
        tuple(deposits),
    )


def due_lines(uow: UnitOfWork, room_ids: Iterable[UUID]) -> list[DueLine]:
    """Lines of rooms with something open, credits included, oldest due first."""
    today = clock.business_date(uow.tenant.time_zone)
    wanted = (
        select(BillLine, LineBalance, FeeItem.name)
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .join(FeeItem, FeeItem.id == BillLine.item_id)
        .where(LineBalance.room_id.in_(list(room_ids)), LineBalance.state == "open")
        .order_by(LineBalance.due_on, LineBalance.priority, BillLine.id)
    )
    return [
        DueLine(
            line.id, line.room_id, line.object_key, line.item_id, name, line.kind, line.period_from, line.period_to,
            balance.due_on, balance.amount_minor, balance.open_minor, line.person_id, line.debtor_name,
            balance.is_disputed, max((today - balance.due_on).days, 0),
        )
        for line, balance, name in uow.session.execute(wanted)
    ]  # fmt: skip


def prepaid_of_rooms(uow: UnitOfWork, room_ids: Iterable[UUID]) -> list[PrepaidBalance]:
    """The prepaid accounts of rooms that hold anything."""
    wanted = select(LedgerAccount).where(
        LedgerAccount.kind == "prepaid", LedgerAccount.room_id.in_(list(room_ids))
    )
    found = {account.id: account for account in uow.session.scalars(wanted.order_by(LedgerAccount.id))}
    sums = account_balances(uow, list(found))
    return [
        PrepaidBalance(account.id, account.person_id, account.debtor_name, account.room_id, -sums[account.id])
        for account in found.values()
        if sums[account.id]
    ]


def _hits(uow: UnitOfWork, room_ids: Sequence[UUID]) -> list[DeskHit]:
    ids = list(room_ids)
    opened = and_(LineBalance.room_id == Room.id, LineBalance.state == "open")
    wanted = (
        select(
            Room.id, Room.key, Community.name, Building.name, Unit.key, Room.number,
            func.coalesce(func.sum(LineBalance.open_minor), 0), func.count(LineBalance.line_id),
        )
        .join(Community, Community.id == Room.community_id)
        .join(Building, Building.id == Room.building_id)
        .outerjoin(Unit, Unit.id == Room.unit_id)
        .outerjoin(LineBalance, opened)
        .where(Room.id.in_(ids))
        .group_by(Room.id, Community.name, Building.name, Unit.key)
        .order_by(Room.community_id, Room.sort_key, Room.id)
    )  # fmt: skip
    people = names_of_rooms(uow, ids)
    return [
        DeskHit(row[0], row[1], place_text(row[2], row[3], row[4], row[5]), people.get(row[0], ()), int(row[6]), row[7])
        for row in uow.session.execute(wanted)
    ]  # fmt: skip
