"""A small community with owners, and 锦绣花园 with the items of its price list; a bill run as one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

import saas.estate.jobs
import saas.fees.bill_jobs  # noqa: F401
import tenants.audit
import tenants.outbox
import tenants.wakeups  # noqa: F401
from saas.core.actors import SYSTEM, Actor, Scope
from saas.estate.models import Building, Community, Occupancy, Room, Unit
from saas.estate.services.imports import apply_list, request_apply, take_in, upload_list
from saas.fees import permissions as p
from saas.fees.models import BillLine, BillRun
from saas.fees.preferences import declare_preferences
from saas.fees.services.bill_runs import approve_run, publish_run, request_publication, request_run
from saas.fees.services.drafting import draft_run
from saas.fees.services.items import create_item, set_tariff
from saas.fees.services.rules import create_rule
from saas.people.services.persons import PersonDraft, add_persons
from tenants.database import Kernel
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work
from tests.conftest import make_tenant

PACK = Path(__file__).parents[4] / "ops" / "demo" / "jinxiu"
declare_preferences()


@dataclass
class Town:
    """A tenant with one community; ids by name."""

    tenant: Tenant
    community: UUID
    ids: dict[str, UUID] = field(default_factory=dict)

    def work(self, **options: Any):
        return unit_of_work(self.tenant, **options)

    def item(
        self,
        code: str,
        pricing: str = "area_built",
        price: str = "2.35",
        since: date = date(2024, 1, 1),
        **facts,
    ):
        """An item with one tariff."""
        tiers = facts.pop("tiers", ())
        with self.work() as uow:
            item = create_item(
                uow, actor=SYSTEM, code=code, name=facts.pop("name", code), pricing=pricing, **facts
            )
            set_tariff(uow, actor=SYSTEM, item_id=item.id, starts_on=since, price=Decimal(price), tiers=tiers)
            self.ids[code] = item.id
        return self.ids[code]

    def rule(self, code: str, since: date = date(2024, 1, 1), **options):
        """All rooms of the community, or those of a selector."""
        selector = {"community_id": self.community, **options.pop("selector", {})}
        with self.work() as uow:
            return create_rule(
                uow, actor=SYSTEM, item_id=self.ids[code], selector=selector, starts_on=since, **options
            )

    def draft(self, start: date, end: date, **options) -> UUID:
        """Ask for a run and draft it."""
        with self.work() as uow:
            run_id = request_run(
                uow,
                actor=SYSTEM,
                period_from=start,
                period_to=end,
                community_id=self.community,
                queue=False,
                **options,
            ).id
        draft_run(self.tenant, run_id)
        return run_id

    def publish(self, run_id: UUID) -> dict[str, Any] | None:
        """Approve and publish."""
        with self.work() as uow:
            approve_run(uow, actor=SYSTEM, run_id=run_id)
        with self.work() as uow:
            request_publication(uow, actor=SYSTEM, run_id=run_id, queue=False)
        with self.work() as uow:
            return publish_run(uow, run_id)

    def bill(self, start: date, end: date, **options) -> dict[str, Any] | None:
        """A whole run."""
        return self.publish(self.draft(start, end, **options))

    def run(self, run_id: UUID) -> BillRun:
        with self.work(read_only=True) as uow:
            run = uow.session.get(BillRun, run_id)
            assert run is not None
            return run

    def lines(self, *where) -> list[BillLine]:
        """Published lines in order."""
        with self.work(read_only=True) as uow:
            statement = select(BillLine).where(*where)
            return list(
                uow.session.scalars(
                    statement.order_by(BillLine.object_key, BillLine.period_from, BillLine.id)
                )
            )


def finance(*permissions, community: UUID | None = None) -> Actor:
    """Somebody of the accounts, everywhere or in one community."""
    scope = Scope(communities=frozenset({community})) if community else Scope(everything=True)
    grants = {permission.code: scope for permission in (permissions or p.ALL)}
    return Actor(kind="staff", user_id=uuid4(), name="钱会计", roles=("finance",), grants=grants)


def fill_town(uow: UnitOfWork, rooms: list[tuple[str, str, int]], owners: list[tuple[str, ...]]) -> Town:
    """Rooms as (number, area, floor) in building 1 unit 1, each with its owners' names."""
    community = Community(name="小城花园")
    uow.session.add(community)
    uow.session.flush()
    building = Building(community_id=community.id, key="1", sort_key="01", name="1号楼")
    uow.session.add(building)
    uow.session.flush()
    unit = Unit(building_id=building.id, key="1")
    uow.session.add(unit)
    uow.session.flush()
    town = Town(uow.tenant, community.id, {"building": building.id})
    for (number, area, floor), names in zip(rooms, owners, strict=True):
        room = Room(
            community_id=community.id, building_id=building.id, unit_id=unit.id, key=f"1-1-{number}",
            sort_key=f"01-01-{number:>6}", number=number, floor=floor, built_area=Decimal(area) if area else None,
        )  # fmt: skip
        uow.session.add(room)
        uow.session.flush()
        town.ids[number] = room.id
        drafts = [PersonDraft(name=name) for name in names]
        for index, person_id in enumerate(add_persons(uow, drafts)):
            role = "owner" if index == 0 else "co_owner"
            uow.session.add(Occupancy(room_id=room.id, person_id=person_id, role=role))
            town.ids[names[index]] = person_id
    uow.session.flush()
    return town


@pytest.fixture
def town(kernel: Kernel) -> Town:
    """Four rooms: one owner, two owners, no owner, no area."""
    with unit_of_work(make_tenant()) as uow:
        rooms = [("101", "98.67", 1), ("201", "102.30", 2), ("301", "120.00", 3), ("401", "", 4)]
        return fill_town(uow, rooms, [("张伟",), ("李娜", "王强"), (), ("赵敏",)])


@pytest.fixture(scope="session")
def make_jinxiu(migrated) -> Callable[[], Town]:
    """锦绣花园 as imported from its list, in a tenant of its own each time."""

    def make() -> Town:
        tenant = make_tenant("锦绣物业")
        content = (PACK / "房屋业主台账.xlsx").read_bytes()
        with unit_of_work(tenant) as uow:
            batch = upload_list(uow, actor=SYSTEM, file_name="房屋业主台账.xlsx", content=content).id
        with unit_of_work(tenant) as uow:
            take_in(uow, batch)
        with unit_of_work(tenant) as uow:
            request_apply(uow, actor=SYSTEM, batch_id=batch, community_name="锦绣花园")
        with unit_of_work(tenant) as uow:
            apply_list(uow, batch)
        with unit_of_work(tenant) as uow:
            community = uow.session.scalars(select(Community.id)).one()
        return Town(tenant, community)

    return make
