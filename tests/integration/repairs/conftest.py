"""锦绣花园 with two buildings, two residents, a front desk, three technicians, and the clock at a Monday morning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

import tenants.audit
import tenants.outbox
import tenants.wakeups  # noqa: F401
from saas.core import messages
from saas.core.actors import Actor
from saas.core.messages import Message
from saas.core.permissions import declare
from saas.estate.models import Building, Community, Occupancy, Room, Unit
from saas.estate.permissions import ALL as ESTATE
from saas.people.models import UserAccount
from saas.people.permissions import ALL as PEOPLE
from saas.people.services.accounts import Contact, make_account, set_password
from saas.people.services.persons import PersonDraft, add_persons
from saas.people.services.roles import RoleScope, actor_of, assign_roles, seed_roles
from saas.people.services.staff import StaffDraft, add_staff
from saas.people.shifts import Shift
from saas.repairs import services
from saas.repairs.permissions import ALL as REPAIRS
from saas.repairs.services.intake import Intake, Report
from saas.repairs.setup import register_effects
from tenants import clock
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work
from tests.conftest import make_tenant

MONDAY = datetime(2026, 11, 23, 2, 31, tzinfo=UTC)  # 10:31 in Shanghai
PASSWORD = "Quiet-River-2026"
ALL_DAY = Shift("early", time(0), time(23, 59), (1, 2, 3, 4, 5, 6, 7))
WEEK = [[["08:00", "18:00"]]] * 7


@dataclass
class Firm:
    """One firm's tenant, ids and actors; `sent` holds the messages that its slices handed over."""

    tenant: Tenant
    ids: dict[str, UUID] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    sent: list[Message] = field(default_factory=list)

    @contextmanager
    def work(self, at: datetime | None = None) -> Iterator[UnitOfWork]:
        """A unit of work, perhaps at an instant."""
        with clock.at(at or clock.overridden() or MONDAY), unit_of_work(self.tenant) as uow:
            yield uow

    def report(self, text: str = "厨房下水管接头漏水，柜底已经泡湿", by: str = "resident", **facts) -> Intake:
        """A report from the first room, in a unit of work of its own."""
        facts = facts or {"room_id": self.ids["room"]}
        at = facts.pop("at", None)
        with self.work(at) as uow:
            return services.create_order(uow, actor=self.actors[by], report=Report(text=text, **facts))

    def step(self, order_id: UUID, to: str, by: str, at: datetime | None = None, **given):
        """One step in a unit of work of its own."""
        with self.work(at) as uow:
            return services.take_step(
                uow, actor=self.actors[by], order_id=order_id, step=services.Step(to=to, **given)
            )


def _fill(uow: UnitOfWork, firm: Firm) -> None:
    declare(*REPAIRS, *PEOPLE, *ESTATE)
    seed_roles(uow)
    community = Community(
        name="锦绣花园", lat=31.2304, lng=121.4737, calendar={"week": WEEK, "exceptions": {}}
    )
    uow.session.add(community)
    uow.session.flush()
    _add_rooms(uow, firm, community)
    _add_residents(uow, firm)
    _add_staff(uow, firm)
    uow.session.flush()
    for name in ("desk", "chen", "wu", "liu", "admin", "resident", "neighbour"):
        account = uow.session.scalar(select(UserAccount).where(UserAccount.id == firm.ids[f"{name}_user"]))
        assert account is not None
        account.state, account.login_name = "active", name
        set_password(uow, account, PASSWORD)
        firm.actors[name] = actor_of(account)
    uow.session.flush()


def _add_rooms(uow: UnitOfWork, firm: Firm, community: Community) -> None:
    firm.ids["community"] = community.id
    for key, lat in (("3", 31.2310), ("7", 31.2330)):
        building = Building(
            community_id=community.id, key=key, sort_key=f"000{key}", name=f"{key}号楼", lat=lat, lng=121.4737
        )
        uow.session.add(building)
        uow.session.flush()
        unit = Unit(building_id=building.id, key="2")
        uow.session.add(unit)
        uow.session.flush()
        room = Room(
            community_id=community.id,
            building_id=building.id,
            unit_id=unit.id,
            key=f"{key}-2-1203",
            sort_key=f"000{key}-0002-1203",
            number="1203",
            floor=12,
        )
        uow.session.add(room)
        uow.session.flush()
        firm.ids["building" if key == "3" else "building_7"] = building.id
        firm.ids["room" if key == "3" else "room_7"] = room.id


def _add_residents(uow: UnitOfWork, firm: Firm) -> None:
    people = add_persons(
        uow, [PersonDraft("周慧敏", ("13800000617",)), PersonDraft("孙伟", ("13800000618",))]
    )
    uow.session.flush()
    for name, person, room in (("resident", people[0], "room"), ("neighbour", people[1], "room_7")):
        uow.session.add(Occupancy(room_id=firm.ids[room], person_id=person, role="owner"))
        account = make_account(
            uow,
            kind="resident",
            name="周慧敏" if name == "resident" else "孙伟",
            contact=Contact(),
            person_id=person,
        )
        assign_roles(uow, account, ["resident"], RoleScope(everywhere=False))
        firm.ids[f"{name}_person"], firm.ids[f"{name}_user"] = person, account.id


def _add_staff(uow: UnitOfWork, firm: Firm) -> None:
    crew = (
        ("desk", "李婷", "front_desk", (), None),
        ("admin", "王经理", "administrator", (), None),
        ("chen", "陈志强", "technician", ("plumbing", "electrical", "gas", "elevator"), (31.2312, 121.4737)),
        ("wu", "吴敏", "technician", ("plumbing", "electrical", "gas"), (31.2340, 121.4737)),
        ("liu", "刘建国", "technician", ("doors_windows", "parking"), (31.2310, 121.4737)),
    )
    for name, words, role, skills, place in crew:
        member = add_staff(uow, StaffDraft(name=words, skills=skills, shift=ALL_DAY, roles=(role,)))
        if place:
            member.last_lat, member.last_lng = place
        firm.ids[name], firm.ids[f"{name}_user"] = member.id, member.user_id


def make_firm() -> Firm:
    """A firm of its own, ready to work."""
    firm = Firm(make_tenant())
    with firm.work() as uow:
        _fill(uow, firm)
    return firm


@pytest.fixture
def firm(kernel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Firm]:
    """A firm at Monday 10:31; messages are collected in `firm.sent`, for the time of the test."""
    register_effects()
    made = make_firm()
    monkeypatch.setattr(messages, "_ports", [lambda uow, message: made.sent.append(message)])
    with clock.at(MONDAY):
        yield made


@pytest.fixture
def other_firm(kernel) -> Firm:
    """A second firm."""
    return make_firm()


def minutes(number: float) -> datetime:
    """So many minutes after Monday 10:31."""
    return MONDAY + timedelta(minutes=number)
