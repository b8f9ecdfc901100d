"""Some weeks of repair orders: residents report, technicians work, some rate. A simulation on the product's services.

Every step is taken at its own time (`clock.at`), so that histories, service levels and timers read as they would.
"""

from __future__ import annotations

import csv
import heapq
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

import plugins.bundled.ai.ngram as classifier
from ops.demo.pictures import photo
from saas.core.actors import Actor, Scope
from saas.core.errors import DomainError
from saas.estate.models import Building, Community, Occupancy, Room
from saas.people.models import Person, StaffMember, UserAccount
from saas.people.services.roles import actor_of
from saas.repairs.models import DispatchCandidate, RepairOrder
from saas.repairs.services.aftercare import Marks, rate_order
from saas.repairs.services.answering import accept_order, decline_offer
from saas.repairs.services.classification import confirm_order
from saas.repairs.services.dispatching import dispatch_order
from saas.repairs.services.fieldwork import arrive, finish_order, pause_work, resume_work, start_trip
from saas.repairs.services.intake import Report, create_order
from saas.repairs.services.photos import NewPhoto, add_photo
from saas.repairs.services.timers import on_close_timer
from tenants import clock
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

WEEKS = 3
REPORTS_A_DAY = (3, 8)
PHOTOS_SINCE_DAYS = 5
TEXTS = Path(classifier.__file__).parent / "data" / "repair_requests.csv"
PUBLIC = {"elevator", "public_facilities", "parking", "greening", "security", "cleaning", "fire_safety"}
PUBLIC_PLACES = ("大堂", "地下车库", "中心花园", "南门", "楼道", "电梯厅")
DONE_WORDS = (
    "已更换配件，试用正常", "清理疏通后恢复", "紧固并打胶，观察半小时没有再漏", "复位后正常，已提醒注意事项",
    "更换新件，旧件已带走", "调整后开关顺畅",
)  # fmt: skip
RATING_WORDS = ("师傅来得很快", "讲得清楚，收拾干净了", "很满意，谢谢", "", "", "就是等得久了一点")

Step = Callable[[UnitOfWork], None]


def tell_story(tenant: Tenant) -> None:
    """Play the weeks up to now; a tenant that has orders is left as it is."""
    with unit_of_work(tenant, read_only=True) as uow:
        if uow.session.scalar(select(RepairOrder.id).limit(1)) is not None:
            return
        story = Story(tenant, uow)
    story.play()


class Story:
    """The cast and the queue of what happens when; the same dice give the same story."""

    def __init__(self, tenant: Tenant, uow: UnitOfWork) -> None:
        self.tenant = tenant
        self.dice = random.Random(20261123)
        self.now = clock.utcnow()
        self.queue: list[tuple[datetime, int, Step]] = []
        self.order_of = count()
        self.crew = _crew(uow)
        self.desk = _actor_by_login(uow, "qiantai")
        self.resident = _actor_by_login(uow, "zhuhu")
        self.homes = _homes(uow)
        self.community_id = uow.session.scalars(select(Community.id)).one()
        self.buildings = list(uow.session.scalars(select(Building.id).order_by(Building.sort_key)))
        self.own_room = _room_of(uow, self.resident.person_id)
        self.texts = _texts()

    def play(self) -> None:
        """Report, then let every report run its course until now."""
        zone = ZoneInfo(self.tenant.time_zone)
        today = self.now.astimezone(zone).date()
        for back in range(WEEKS * 7, -1, -1):
            day = datetime.combine(today - timedelta(days=back), datetime.min.time(), zone)
            for _ in range(self.dice.randint(*REPORTS_A_DAY)):
                self.at(day + timedelta(minutes=self.dice.randint(7 * 60, 21 * 60)), self.somebody_reports)
        for minutes in (178, 140, 95, 71, 52, 38, 26, 17, 11, 9, 8, 6, 5, 4, 3, 2, 1):
            self.at(self.now - timedelta(minutes=minutes), self.somebody_reports)
        for hours in (24 * 9, 24 * 2, 2):
            self.at(self.now - timedelta(hours=hours), self.demo_resident_reports)
        while self.queue:
            at, _, step = heapq.heappop(self.queue)
            if at < self.now:
                with clock.at(at):
                    self._take(step)

    def _take(self, step: Step) -> None:
        try:
            with unit_of_work(self.tenant) as uow:
                step(uow)
        except DomainError:
            # Somebody else was faster or the order went another way: life goes on.
            return

    def at(self, instant: datetime, step: Step) -> None:
        """Let something happen at an instant."""
        heapq.heappush(self.queue, (instant, next(self.order_of), step))

    def after(self, low: float, high: float, step: Step) -> None:
        """Let something happen `low` to `high` minutes from the time being played."""
        self.at(clock.utcnow() + timedelta(minutes=self.dice.uniform(low, high)), step)

    def somebody_reports(self, uow: UnitOfWork) -> None:
        """A resident by phone, or the front desk for somebody who rang."""
        text, category = self.dice.choice(self.texts)
        room_id, person_id, name = self.dice.choice(self.homes)
        by_phone = self.dice.random() < 0.3
        actor = self.desk if by_phone else _resident(person_id, name)
        asked_for = person_id if by_phone else None
        report = Report(text=text, room_id=room_id, person_id=asked_for)
        if category in PUBLIC:
            report = Report(
                text=text,
                community_id=self.community_id,
                building_id=self.dice.choice([*self.buildings, None]),
                place=self.dice.choice(PUBLIC_PLACES),
                person_id=asked_for,
            )
        self._report(uow, actor, category, report)

    def demo_resident_reports(self, uow: UnitOfWork) -> None:
        """The resident whom one can be in the demo has some history of the own."""
        text, category = self.dice.choice(
            [pair for pair in self.texts if pair[1] in ("plumbing", "electrical", "hvac")]
        )
        self._report(uow, self.resident, category, Report(text=text, room_id=self.own_room))

    def _report(self, uow: UnitOfWork, actor: Actor, category: str, report: Report) -> None:
        order = create_order(uow, actor=actor, report=report).order
        recent = self.now - clock.utcnow() < timedelta(days=PHOTOS_SINCE_DAYS)
        for number in range(self.dice.choice((0, 1, 1, 2)) if recent else 0):
            picture = NewPhoto(photo(order.category, self.dice.randint(1, 4)), f"before-{number}")
            add_photo(uow, actor=actor, order_id=order.id, photo=picture)
        order_id = order.id
        if order.state == "submitted":
            self.after(2, 14, lambda uow: self.desk_confirms(uow, order_id, category))
        else:
            self.after(0.5, 3, lambda uow: self.somebody_answers(uow, order_id))

    def desk_confirms(self, uow: UnitOfWork, order_id: UUID, category: str) -> None:
        """The front desk has read it, and corrects what the classifier was not sure of."""
        confirm_order(uow, actor=self.desk, order_id=order_id, category=category, urgency=None)
        self.after(0.5, 3, lambda uow: self.somebody_answers(uow, order_id))

    def somebody_answers(self, uow: UnitOfWork, order_id: UUID) -> None:
        """Who is asked accepts, seldom declines; where nobody was asked the front desk chooses."""
        order = uow.session.get_one(RepairOrder, order_id)
        asked = [staff for staff in _asked(uow, order) if staff in self.crew]
        if order.state == "dispatched" and asked:
            technician = self.crew[asked[0]]
            if self.dice.random() < 0.06:
                decline_offer(uow, actor=technician, order_id=order_id, note="手上的活还要一个多小时")
                self.after(1, 3, lambda uow: self.somebody_answers(uow, order_id))
                return
            accept_order(uow, actor=technician, order_id=order_id)
            self.after(2, 18, lambda uow: self.on_the_way(uow, order_id, technician))
        elif order.state in ("triaged", "returned", "reopened"):
            self.after(4, 25, lambda uow: self.desk_chooses(uow, order_id))

    def desk_chooses(self, uow: UnitOfWork, order_id: UUID) -> None:
        """By hand, whoever is free."""
        staff_id = self.dice.choice(list(self.crew))
        dispatch_order(uow, actor=self.desk, order_id=order_id, staff_id=staff_id)
        self.after(1, 4, lambda uow: self.somebody_answers(uow, order_id))

    def on_the_way(self, uow: UnitOfWork, order_id: UUID, technician: Actor) -> None:
        """Some minutes of walking."""
        minutes = self.dice.randint(4, 15)
        start_trip(uow, actor=technician, order_id=order_id, eta_minutes=minutes)
        self.after(minutes * 0.8, minutes * 1.4, lambda uow: self.at_the_place(uow, order_id, technician))

    def at_the_place(self, uow: UnitOfWork, order_id: UUID, technician: Actor) -> None:
        """In repair; now and then a part is missing."""
        arrive(uow, actor=technician, order_id=order_id)
        if self.dice.random() < 0.12:
            self.after(10, 25, lambda uow: self.waits_for_parts(uow, order_id, technician))
        else:
            self.after(15, 80, lambda uow: self.repaired(uow, order_id, technician))

    def waits_for_parts(self, uow: UnitOfWork, order_id: UUID, technician: Actor) -> None:
        """The clock stands until the part is there."""
        pause_work(uow, actor=technician, order_id=order_id, reason="parts", note="配件下午送到")
        self.after(90, 600, lambda uow: self.goes_on(uow, order_id, technician))

    def goes_on(self, uow: UnitOfWork, order_id: UUID, technician: Actor) -> None:
        """After the pause."""
        resume_work(uow, actor=technician, order_id=order_id)
        self.after(15, 60, lambda uow: self.repaired(uow, order_id, technician))

    def repaired(self, uow: UnitOfWork, order_id: UUID, technician: Actor) -> None:
        """With a word, often with a photo."""
        order = uow.session.get_one(RepairOrder, order_id)
        if self.now - clock.utcnow() < timedelta(days=PHOTOS_SINCE_DAYS) and self.dice.random() < 0.6:
            picture = photo(order.category, self.dice.randint(1, 4), repaired=True)
            add_photo(uow, actor=technician, order_id=order_id, photo=NewPhoto(picture, "after-0", "after"))
        finish_order(uow, actor=technician, order_id=order_id, note=self.dice.choice(DONE_WORDS))
        if order.reporter_person_id is not None and self.dice.random() < 0.65:
            self.after(20, 1500, lambda uow: self.somebody_rates(uow, order_id))
        cycle = order.cycle
        self.after(
            7 * 1440 + 1, 7 * 1440 + 9, lambda uow: on_close_timer(uow, f"{order_id}:{cycle}", clock.utcnow())
        )

    def somebody_rates(self, uow: UnitOfWork, order_id: UUID) -> None:
        """Mostly content."""
        order = uow.session.get_one(RepairOrder, order_id)
        if order.reporter_person_id is None or order.reporter_person_id == self.resident.person_id:
            return
        attitude, speed, quality = self.dice.choices((5, 4, 3, 2), (60, 28, 9, 3), k=3)
        marks = Marks(attitude, speed, quality, words=self.dice.choice(RATING_WORDS))
        rate_order(
            uow,
            actor=_resident(order.reporter_person_id, order.reporter_name),
            order_id=order_id,
            marks=marks,
        )


def _texts() -> list[tuple[str, str]]:
    with TEXTS.open(encoding="utf-8", newline="") as lines:
        return [
            (row["text"], row["category"]) for row in csv.DictReader(lines)
            if row["category"] != "gas" and row["text"][0] > "\u2e80"
        ]  # fmt: skip


def _crew(uow: UnitOfWork) -> dict[UUID, Actor]:
    staff = uow.session.scalars(select(StaffMember).where(func.cardinality(StaffMember.skills) > 0))
    actors = {member.id: actor_of(member.account) for member in staff.all()}
    return {staff_id: actor for staff_id, actor in actors.items() if actor.may("repairs.work")}


def _actor_by_login(uow: UnitOfWork, login: str) -> Actor:
    return actor_of(uow.session.scalars(select(UserAccount).where(UserAccount.login_name == login)).one())


def _homes(uow: UnitOfWork) -> list[tuple[UUID, UUID, str]]:
    rows = uow.session.execute(
        select(Occupancy.room_id, Person.id, Person.name)
        .join(Person, Person.id == Occupancy.person_id)
        .join(Room, Room.id == Occupancy.room_id)
        .where(Room.status.in_(("occupied", "rented")), Person.kind == "person")
        .order_by(Room.sort_key, Person.id)
    )
    return [(room_id, person_id, name) for room_id, person_id, name in rows]


def _room_of(uow: UnitOfWork, person_id: UUID | None) -> UUID:
    return uow.session.scalars(
        select(Occupancy.room_id).where(Occupancy.person_id == person_id).limit(1)
    ).one()


def _asked(uow: UnitOfWork, order: RepairOrder) -> list[UUID]:
    statement = (
        select(DispatchCandidate.staff_id)
        .where(
            DispatchCandidate.order_id == order.id,
            DispatchCandidate.round == order.dispatch_round,
            DispatchCandidate.state == "offered",
        )
        .order_by(DispatchCandidate.position)
    )
    return list(uow.session.scalars(statement))


def _resident(person_id: UUID, name: str) -> Actor:
    """Somebody without an account yet: what the resident's role gives, on the own orders."""
    own = Scope(own=True)
    grants = dict.fromkeys(("repairs.report", "repairs.view"), own)
    return Actor(kind="resident", person_id=person_id, name=name, roles=("resident",), grants=grants)
