"""A firm with three rooms, their owners and a few fee items; bills are issued line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

import tenants.audit
import tenants.outbox
import tenants.wakeups  # noqa: F401
from saas.core.actors import SYSTEM, Actor, Scope
from saas.estate.models import Building, Community, Occupancy, Room, Unit
from saas.fees import permissions as p
from saas.fees.models import BillLine, FeeItem, LedgerTransfer, LineBalance, Payment
from saas.fees.preferences import declare_preferences
from saas.fees.services.accounts import AccountKey
from saas.fees.services.cash_desk import Paid, pay_at_desk
from saas.fees.services.ledger import balance, post, transfers_for_lines
from saas.fees.services.ledger_check import verify_books
from saas.fees.services.payments_intent import PaymentIntent
from saas.people.services.persons import PersonDraft, add_persons
from tenants import clock
from tenants.clock import utcnow
from tenants.database import Kernel
from tenants.ids import new_id
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work
from tests.conftest import make_tenant

declare_preferences()
NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
TODAY = date(2026, 11, 2)


@dataclass
class Firm:
    """One tenant; ids by name: rooms 101 102 103, persons of the same name, items."""

    tenant: Tenant
    ids: dict[str, UUID] = field(default_factory=dict)
    cashier: Actor = field(default_factory=lambda: staff(p.VIEW, p.COLLECT, p.REFUND, p.CONCEDE))
    finance: Actor = field(default_factory=lambda: staff(*p.ALL))

    @contextmanager
    def work(self, at: datetime | None = None) -> Iterator[UnitOfWork]:
        with clock.at(at or clock.overridden() or NOON), unit_of_work(self.tenant) as uow:
            yield uow

    def issue(
        self, *amounts: int, room: str = "101", item: str = "property", kind: str = "charge", due: date | None = None,
        debtor: str | None = "owner", corrects: UUID | None = None,
    ) -> list[UUID]:  # fmt: skip
        """Lines of consecutive months, due on the tenth of each (or on one day)."""
        with self.work() as uow:
            return [
                issue_line(uow, self.ids, minor, month, room, item, kind, due, debtor, corrects)
                for month, minor in enumerate(amounts)
            ]

    def pay(
        self, *lines: UUID, actor: Actor | None = None, key: str = "", channel: str = "cash", **facts: Any
    ) -> Paid:
        """Pay at the desk."""
        intent = PaymentIntent(channel, line_ids=tuple(lines), **facts)
        with clock.at(clock.overridden() or NOON):
            return pay_at_desk(self.tenant, actor=actor or self.cashier, intent=intent, key=key)

    def pay_room(self, amount: int | None, *rooms: str, **facts: Any) -> Paid:
        """Pay an amount for rooms."""
        ids = tuple(self.ids[room] for room in rooms or ("101",))
        return self.pay(room_ids=ids, amount_minor=amount, **facts)

    def open_of(self, *lines: UUID) -> list[int]:
        with self.work() as uow:
            rows = uow.session.execute(
                select(LineBalance.line_id, LineBalance.open_minor).where(LineBalance.line_id.in_(lines))
            )
            found = dict(rows.all())
            return [found[line] for line in lines]

    def payment(self, paid: Paid | UUID) -> Payment:
        with self.work() as uow:
            found = uow.session.get(Payment, paid if isinstance(paid, UUID) else paid.payment_id)
            assert found is not None
            return found

    def balance(self, key: AccountKey) -> int:
        with self.work() as uow:
            return balance(uow, key)

    def prepaid(self, room: str = "101") -> int:
        """What the room's owner has in hand."""
        return -self.balance(
            AccountKey("prepaid", person_id=self.ids[f"owner_{room}"], room_id=self.ids[room])
        )

    def check(self) -> None:
        """The books agree."""
        with self.work() as uow:
            assert verify_books(uow).problems == ()

    def count(self, model: Any, *where: Any) -> int:
        with self.work() as uow:
            return uow.session.scalar(select(func.count()).select_from(model).where(*where)) or 0

    def transfers(self, cause: str) -> Sequence[LedgerTransfer]:
        with self.work() as uow:
            return uow.session.scalars(select(LedgerTransfer).where(LedgerTransfer.cause == cause)).all()


def staff(*permissions: Any, communities: Sequence[UUID] = (), name: str = "钱会计") -> Actor:
    """Somebody of the firm, everywhere or in communities."""
    scope = Scope(communities=frozenset(communities)) if communities else Scope(everything=True)
    grants = {permission.code: scope for permission in permissions}
    return Actor(kind="staff", user_id=uuid4(), name=name, roles=("cashier",), grants=grants)


def issue_line(
    uow: UnitOfWork, ids: dict[str, UUID], minor: int, month: int, room: str, item: str, kind: str,
    due: date | None, debtor: str | None, corrects: UUID | None,
) -> UUID:  # fmt: skip
    """One line as a bill run would publish it."""
    start = date(2026, 1, 1).replace(month=month % 12 + 1, year=2026 + month // 12)
    end = (start + timedelta(days=32)).replace(day=1)
    line = BillLine(
        id=new_id(), kind=kind, sequence=0, item_id=ids[item], object_kind="room", object_id=ids[room], object_key=room,
        community_id=ids["community"], building_id=ids["building"], room_id=ids[room],
        person_id=ids[f"{debtor}_{room}"] if debtor else None, debtor_name="业主" if debtor else "开发商",
        period_from=start, period_to=end, issue_on=start, due_on=due or start.replace(day=10), amount_minor=minor,
        tax_rate=Decimal(0), priority=10 if item == "property" else 20, corrects_id=corrects, issued_at=utcnow(),
    )  # fmt: skip
    uow.session.add(line)
    uow.session.flush()
    uow.session.add(
        LineBalance(
            line_id=line.id, community_id=line.community_id, room_id=line.room_id, person_id=line.person_id,
            item_id=line.item_id, due_on=line.due_on, priority=line.priority, amount_minor=minor, open_minor=minor,
            state="open" if minor else "settled", changed_at=utcnow(),
        )
    )  # fmt: skip
    post(uow, transfers_for_lines([line], TODAY))
    uow.session.flush()
    return line.id


def fill(uow: UnitOfWork) -> dict[str, UUID]:
    """The places, people and items."""
    community = Community(name="小城花园")
    other = Community(name="别处花园")
    uow.session.add_all([community, other])
    uow.session.flush()
    building = Building(community_id=community.id, key="1", sort_key="01", name="1号楼")
    uow.session.add(building)
    uow.session.flush()
    unit = Unit(building_id=building.id, key="1")
    uow.session.add(unit)
    uow.session.flush()
    ids = {"community": community.id, "other": other.id, "building": building.id}
    people = add_persons(
        uow, [PersonDraft("周慧敏", ("13800000617",)), PersonDraft("孙伟", ()), PersonDraft("林静", ())]
    )
    for number, person in zip(("101", "102", "103"), people, strict=True):
        room = Room(
            community_id=community.id, building_id=building.id, unit_id=unit.id, key=f"1-1-{number}",
            sort_key=f"01-01-{number}", number=number, floor=1,
        )  # fmt: skip
        uow.session.add(room)
        uow.session.flush()
        uow.session.add(Occupancy(room_id=room.id, person_id=person, role="owner"))
        ids[number], ids[f"owner_{number}"] = room.id, person
    for code, facts in (("property", {}), ("water", {}), ("deposit", {"is_deposit": True})):
        item = FeeItem(code=code, name=code, pricing="one_off", **facts)
        uow.session.add(item)
        uow.session.flush()
        ids[code] = item.id
    return ids


def make_firm() -> Firm:
    """A firm of its own."""
    firm = Firm(make_tenant())
    with firm.work() as uow:
        firm.ids = fill(uow)
    return firm


@pytest.fixture
def firm(kernel: Kernel) -> Firm:
    """A fresh firm."""
    return make_firm()


__all__ = ["NOON", "SYSTEM", "TODAY", "Firm", "make_firm", "staff"]
