"""The firm that the journeys visit: a community with a few homes, staff, residents, and a day's orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from uuid import UUID

from sqlalchemy import select

from ops.demo.pictures import photo
from saas.core.actors import SYSTEM, Actor
from saas.estate.services.links import room_labels
from saas.estate.services.occupancies import start_occupancy
from saas.estate.services.places import add_note, create_building, create_community, create_room
from saas.people.models import UserAccount
from saas.people.services.accounts import Contact, set_password
from saas.people.services.activation import activate_resident
from saas.people.services.persons import PersonDraft, create_person
from saas.people.services.roles import actor_of, seed_roles
from saas.people.services.staff import StaffDraft, add_staff
from saas.people.shifts import EVERY_DAY, Shift
from saas.repairs import services as repairs
from tenants import clock
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work
from tests.conftest import make_tenant

PASSWORD = "ludan-shanshui-42"
ALL_DAY = Shift("day", time(0), time(0), EVERY_DAY)
WEEK = {"week": [[["00:00", "23:59"]]] * 7, "exceptions": {}}
STAFF = (
    ("admin", "林静", "administrator", ()),
    ("qiantai", "韩佳", "front_desk", ()),
    ("shifu", "陈志强", "technician", ("plumbing", "electrical", "leak_structure")),
    ("wugong", "吴敏", "technician", ("plumbing", "doors_windows", "elevator")),
)
HOMES = (
    ("1201", "周慧敏", "13800000617"), ("1202", "孙伟", "13800000618"),
    ("1203", "郑晓云", "13800000619"), ("1301", "何建国", "13800000620"),
)  # fmt: skip
STORY = (
    ("1202", "厨房水龙头一直滴水，关不紧", "accepted", 70), ("1203", "客厅插座没电，空调用不了", "working", 130),
    ("1301", "入户门锁拧不动，钥匙插进去转不了", "dispatched", 6), ("1202", "卫生间地漏堵了，下水很慢", "finished", 300),
    ("1203", "阳台窗户关不严，漏风", "triaged", 15),
)  # fmt: skip


@dataclass
class Town:
    """The firm, its people as actors by login, ids by name, and the path on the label of a home."""

    tenant: Tenant
    ids: dict[str, UUID] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    label: str = ""
    stranger_label: str = ""


def make_town() -> Town:
    """Found and fill the firm."""
    town = Town(make_tenant("锦绣物业服务有限公司"))
    for step in (_hire, _build, _move_in):
        with unit_of_work(town.tenant) as uow:
            step(uow, town)
    for room, text, state, minutes in STORY:
        with clock.at(clock.utcnow() - timedelta(minutes=minutes)), unit_of_work(town.tenant) as uow:
            _live(uow, town, room, text, state)
    return town


def _hire(uow: UnitOfWork, town: Town) -> None:
    seed_roles(uow)
    for position, (login, name, role, skills) in enumerate(STAFF):
        draft = StaffDraft(
            name=name, contact=Contact(phone=f"1390000{position:04d}"), login_name=login, skills=skills, roles=(role,),
            shift=ALL_DAY, job_title={"front_desk": "客服", "technician": "维修"}.get(role, "经理"), max_open_orders=9,
        )  # fmt: skip
        member = add_staff(uow, draft)
        set_password(uow, member.account, PASSWORD)
        uow.session.flush()
        town.ids[login] = member.id
        town.actors[login] = actor_of(member.account)


def _build(uow: UnitOfWork, town: Town) -> None:
    values = {
        "name": "锦绣花园", "address": "北京市朝阳区锦绣路 1 号", "phone": "010-00001234", "lat": 39.9, "lng": 116.4,
        "calendar": WEEK,
    }  # fmt: skip
    community = create_community(uow, actor=SYSTEM, values=values)
    building = create_building(
        uow, actor=SYSTEM, community_id=community.id, values={"key": "3", "lat": 39.9004, "lng": 116.4003}
    )
    for number, _name, _phone in HOMES:
        values = {"unit": "2", "number": number, "built_area": "89.47", "status": "occupied"}
        town.ids[f"room_{number}"] = create_room(uow, actor=SYSTEM, building_id=building.id, values=values).id
    town.ids |= {"community": community.id, "building": building.id}
    add_note(
        uow, actor=town.actors["admin"], room_id=town.ids["room_1201"], text="家里有老人，上门前先打电话"
    )


def _move_in(uow: UnitOfWork, town: Town) -> None:
    for number, name, phone in HOMES:
        person = create_person(uow, actor=SYSTEM, draft=PersonDraft(name, (phone,)))
        town.ids[name] = person
        start_occupancy(uow, actor=SYSTEM, room_id=town.ids[f"room_{number}"], role="owner", person_id=person)
        if number != "1201":
            activate_resident(uow, person_ids=[person], phone=phone, password=PASSWORD)
            account = uow.session.scalars(select(UserAccount).where(UserAccount.person_id == person)).one()
            town.actors[number] = actor_of(account)
    labels = room_labels(
        uow, actor=town.actors["admin"], room_ids=[town.ids["room_1201"], town.ids["room_1301"]]
    )
    town.label, town.stranger_label = labels[0].path, labels[1].path


def _live(uow: UnitOfWork, town: Town, room: str, text: str, until: str) -> None:
    desk, technician = town.actors["qiantai"], town.actors["shifu"]
    pictures = [repairs.NewPhoto(photo("plumbing", 2), f"{room}-before")]
    report = repairs.Report(text=text, room_id=town.ids[f"room_{room}"], photos=pictures)
    order = repairs.create_order(uow, actor=town.actors[room], report=report).order
    town.ids[until] = order.id
    if order.state == "submitted":
        repairs.confirm_order(uow, actor=desk, order_id=order.id, category=order.category, urgency="normal")
    if until == "triaged":
        return
    repairs.dispatch_order(uow, actor=desk, order_id=order.id, staff_id=town.ids["shifu"])
    for state in ("accepted", "en_route", "working", "finished"):
        if until == "dispatched":
            return
        if state == "finished":
            after = repairs.NewPhoto(photo("plumbing", 2, repaired=True), f"{room}-after", "after")
            repairs.add_photo(uow, actor=technician, order_id=order.id, photo=after)
        step = repairs.Step(
            to=state, note="换了配件，试用正常" if state == "finished" else "", arrival=repairs.Arrival()
        )
        repairs.take_step(uow, actor=technician, order_id=order.id, step=step)
        if state == until:
            return
