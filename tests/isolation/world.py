"""A firm with a row in every product table, whose every word can be recognised wherever it should not be."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from PIL import Image
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.messages import Message, send
from saas.estate.services.imports import take_in, upload_list
from saas.estate.services.links import community_label, room_labels
from saas.estate.services.occupancies import start_occupancy
from saas.estate.services.places import add_note, create_building, create_community, create_room
from saas.notices.models import MessageRow
from saas.notices.services import save_words
from saas.people.models import UserAccount
from saas.people.services.accounts import Contact, set_password
from saas.people.services.activation import activate_resident
from saas.people.services.links import ACTIVATE, ENTER, make_link
from saas.people.services.persons import PersonDraft, create_person
from saas.people.services.roles import actor_of, seed_roles
from saas.people.services.sessions import open_session
from saas.people.services.staff import StaffDraft, add_staff
from saas.people.shifts import EVERY_DAY, Shift
from saas.repairs import services as repairs
from saas.repairs.models import RepairPhoto
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work
from tests.conftest import make_tenant
from tests.isolation.fees_world import make_fees

PASSWORD = "ludan-shanshui-42"
ROLES = ("administrator", "front_desk", "technician", "resident")
ALL_DAY = Shift("day", time(0), time(0), EVERY_DAY)
LISTS = Path(__file__).parents[2] / "ops" / "demo" / "jinxiu"


@dataclass(frozen=True)
class World:
    """One firm: `ids` by what they name, `texts` for tokens that are no ids, `tokens` and `cookies` by role."""

    tenant: Tenant
    mark: str
    phone: str
    ids: dict[str, UUID] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Where this firm lives."""
        return f"{self.tenant.slug}.localhost"

    @property
    def canaries(self) -> tuple[str, ...]:
        """What may stand in nobody else's answer: words, phones, ids, address."""
        own = (self.mark, self.phone, self.tenant.slug, self.tenant.schema, str(self.tenant.id))
        return own + tuple(str(each) for each in self.ids.values()) + tuple(self.texts.values())

    def number(self, last: int) -> str:
        """A phone of this firm; all begin alike."""
        return f"{self.phone}{last:02d}"


def picture(colour: str = "teal") -> bytes:
    """A small photo."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(out, "JPEG")
    return out.getvalue()


def make_world(mark: str, phone: str) -> World:
    """Fill a firm through its services. `mark` stands in every text, `phone` (9 digits) begins every number."""
    world = World(make_tenant(f"{mark}物业", lambda uow: None), mark, phone)
    for step in (_staff, _places, _people, _papers, _orders, _messages, _sessions):
        with unit_of_work(world.tenant) as uow:
            step(uow, world)
    world.ids.update(make_fees(world.tenant, world.mark, world.actors["administrator"], world.ids))
    return world


def _staff(uow: UnitOfWork, world: World) -> None:
    seed_roles(uow)
    for position, role in enumerate(("administrator", "front_desk", "technician", "target")):
        draft = StaffDraft(
            name=f"{world.mark}{position}", contact=Contact(phone=world.number(position)), job_number=f"{world.phone}-{position}",
            job_title=f"{world.mark}岗", roles=("technician" if role == "target" else role,), shift=ALL_DAY,
            skills=("plumbing", "electrical") if role in ("technician", "target") else (),
        )  # fmt: skip
        member = add_staff(uow, draft)
        set_password(uow, member.account, PASSWORD)
        uow.session.flush()
        world.ids[f"{role}_staff"], world.ids[f"{role}_user"] = member.id, member.user_id
        world.actors[role] = actor_of(member.account)
    world.ids["staff"] = world.ids["target_staff"]


def _places(uow: UnitOfWork, world: World) -> None:
    admin = world.actors["administrator"]
    values = {"name": f"{world.mark}苑", "address": f"{world.mark}路 1 号", "phone": world.phone}
    world.ids["community"] = create_community(uow, actor=admin, values=values).id
    building = create_building(
        uow,
        actor=admin,
        community_id=world.ids["community"],
        values={"key": "1", "name": f"{world.mark}1号楼"},
    )
    world.ids["building"] = building.id
    for name, number in (("room", "101"), ("empty_room", "102")):
        room = create_room(
            uow,
            actor=admin,
            building_id=building.id,
            values={"unit": "1", "number": number, "built_area": Decimal("89.47")},
        )
        world.ids[name] = room.id
    add_note(uow, actor=admin, room_id=world.ids["room"], text=f"{world.mark}备注")


def _people(uow: UnitOfWork, world: World) -> None:
    admin = world.actors["administrator"]
    for name, last, room in (("person", 11, "room"), ("neighbour", 12, "empty_room")):
        draft = PersonDraft(f"{world.mark}{name}", (world.number(last),))
        world.ids[name] = create_person(uow, actor=admin, draft=draft)
        occupancy = start_occupancy(
            uow, actor=admin, room_id=world.ids[room], role="owner", person_id=world.ids[name]
        )
        world.ids[f"{name}_occupancy"] = occupancy.id
    world.ids["occupancy"] = world.ids["person_occupancy"]
    activate_resident(uow, person_ids=[world.ids["person"]], phone=world.number(11), password=PASSWORD)
    account = uow.session.scalars(
        select(UserAccount).where(UserAccount.person_id == world.ids["person"])
    ).one()
    world.ids["resident_user"] = account.id
    world.actors["resident"] = actor_of(account)


def _papers(uow: UnitOfWork, world: World) -> None:
    admin = world.actors["administrator"]
    room = room_labels(uow, actor=admin, room_ids=[world.ids["room"]])[0]
    community = community_label(uow, actor=admin, community_id=world.ids["community"])
    world.texts["place_token"] = room.path.rpartition("/")[2]
    world.texts["community_token"] = community.path.rpartition("/")[2]
    book = LISTS / "房屋业主台账.xlsx"
    batch = upload_list(
        uow,
        actor=admin,
        file_name=f"{world.mark}.xlsx",
        content=book.read_bytes(),
        community_name=f"{world.mark}新苑",
    )
    world.ids["import"] = batch.id
    uow.session.flush()
    take_in(uow, batch.id)
    target = uow.session.get_one(UserAccount, world.ids["target_user"])
    world.texts["activation"] = make_link(uow, target, ACTIVATE).secret
    world.texts["ticket"] = make_link(uow, target, ENTER).secret


def _orders(uow: UnitOfWork, world: World) -> None:
    desk = world.actors["front_desk"]
    photo = repairs.NewPhoto(picture(), f"{world.mark}-photo")
    for name in ("order", "working_order", "finished_order"):
        report = repairs.Report(
            text=f"{world.mark}厨房水龙头漏水", room_id=world.ids["room"], contact_phone=world.number(11),
            photos=[photo], request_id=f"{world.mark}-{name}",
        )  # fmt: skip
        order = repairs.create_order(uow, actor=world.actors["resident"], report=report).order
        if order.state == "submitted":
            repairs.confirm_order(uow, actor=desk, order_id=order.id, category="plumbing", urgency="normal")
        repairs.dispatch_order(uow, actor=desk, order_id=order.id, staff_id=world.ids["technician_staff"])
        world.ids[name] = order.id
    photos = select(RepairPhoto.id).where(RepairPhoto.order_id == world.ids["order"])
    world.ids["photo"] = uow.session.scalars(photos).one()
    for name in ("working_order", "finished_order"):
        work_off(uow, world, world.ids[name], until="working" if name == "working_order" else "finished")


def work_off(uow: UnitOfWork, world: World, order_id: UUID, *, until: str) -> None:
    """Let the technician take the steps up to a state."""
    for state in ("accepted", "en_route", "working", "finished"):
        step = repairs.Step(to=state, note=f"{world.mark}修好了", arrival=repairs.Arrival())
        if state == "finished":
            after = repairs.NewPhoto(picture("olive"), f"{world.mark}-after", "after")
            repairs.add_photo(uow, actor=world.actors["technician"], order_id=order_id, photo=after)
        repairs.take_step(uow, actor=world.actors["technician"], order_id=order_id, step=step)
        if state == until:
            return


def _messages(uow: UnitOfWork, world: World) -> None:
    for name in ("technician", "resident"):
        message = Message(
            "repairs.accepted_resident", to_user_id=world.ids[f"{name}_user"],
            params={"number": world.mark, "place": world.mark, "technician": world.mark}, dedup_key=f"{world.mark}-{name}",
        )  # fmt: skip
        send(uow, message)
    uow.session.flush()
    world.ids["message"] = uow.session.scalars(
        select(MessageRow.id).where(MessageRow.user_id == world.ids["technician_user"]).limit(1)
    ).one()
    words = {"title": f"{world.mark} {{number}}", "body": f"{world.mark} {{place}}"}
    save_words(
        uow,
        actor=world.actors["administrator"],
        code="repairs.accepted_resident",
        locale="zh_Hans_CN",
        words=words,
    )


def _sessions(uow: UnitOfWork, world: World) -> None:
    for role in ROLES:
        account = uow.session.get_one(UserAccount, world.ids[f"{role}_user"])
        world.tokens[role] = open_session(uow, account, "api", client=world.mark).secret
        opened = open_session(uow, account, "web", client=world.mark)
        world.cookies[role] = opened.secret
    target = uow.session.get_one(UserAccount, world.ids["target_user"])
    world.ids["session"] = open_session(uow, target, "web", client=world.mark).session_id
