"""The demo's firm with its people and rooms, made from the lists of 锦绣花园 by the services a real firm uses."""

from __future__ import annotations

from datetime import time
from pathlib import Path

from python_calamine import CalamineWorkbook
from sqlalchemy import select

from ops.demo.logins import LOGINS, PASSWORD, SLUG
from saas.core.actors import SYSTEM
from saas.estate.models import Building, Community, Occupancy, Room
from saas.estate.services.imports import apply_list, request_apply, take_in, upload_list
from saas.people.models import Person, StaffMember, UserAccount
from saas.people.services.accounts import set_password
from saas.people.services.activation import activate_resident
from saas.people.services.persons import id_number_of, phones_of
from saas.people.services.signup import FirmDraft, sign_up_firm
from saas.people.services.staff_import import import_staff_rows
from saas.people.shifts import EVERY_DAY
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

LISTS = Path(__file__).parent / "jinxiu"
FIRM = "锦绣物业服务有限公司"
COMMUNITY = "锦绣花园"
ADMINISTRATOR = "林静"
OFFICE_PHONE = "010-00001234"
# A made-up ground in the middle of nowhere: the buildings stand 60 to 200 m apart.
CENTRE = (39.9, 116.4)
BUILDING_POINTS = {
    "1": (0.0006, -0.0008),
    "2": (0.0006, 0.0008),
    "3": (-0.0007, 0.0),
    "S1": (-0.0012, 0.0011),
}


def found_firm(locale: str) -> Tenant:
    """The firm with its administrator and an empty community; a second call finds it."""
    draft = FirmDraft(
        request_id="demo",
        firm_name=FIRM,
        admin_name=ADMINISTRATOR,
        contact="admin@jinxiu.example",
        password=PASSWORD,
        slug=SLUG,
        community_name=COMMUNITY,
        locale=locale,
    )
    tenant = sign_up_firm(draft).tenant
    with unit_of_work(tenant) as uow:
        account = uow.session.scalar(select(UserAccount).where(UserAccount.name == ADMINISTRATOR))
        if account is not None:
            account.login_name = "admin"
    return tenant


def fill_town(tenant: Tenant) -> None:
    """Staff, rooms, owners and the demo's logins; each step is skipped where it is done already."""
    with unit_of_work(tenant) as uow:
        rows = CalamineWorkbook.from_path(LISTS / "员工.xlsx").get_sheet_by_index(0).to_python()
        import_staff_rows(uow, actor=SYSTEM, rows=rows)
        _place_on_the_map(uow)
    _import_rooms(tenant)
    with unit_of_work(tenant) as uow:
        _place_on_the_map(uow)
        _give_staff_logins(uow)
    with unit_of_work(tenant) as uow:
        _give_resident_login(uow)


def _place_on_the_map(uow: UnitOfWork) -> None:
    community = uow.session.scalar(select(Community).where(Community.name == COMMUNITY))
    if community is None:
        return
    community.address, community.phone = "北京市朝阳区锦绣路 1 号", OFFICE_PHONE
    community.lat, community.lng = CENTRE
    for building in uow.session.scalars(select(Building).where(Building.community_id == community.id)):
        north, east = BUILDING_POINTS.get(building.key, (0.0, 0.0))
        building.lat, building.lng = CENTRE[0] + north, CENTRE[1] + east


def _import_rooms(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        if uow.session.scalar(select(Room.id).limit(1)) is not None:
            return
        community_id = uow.session.scalar(select(Community.id).where(Community.name == COMMUNITY))
        path = LISTS / "房屋业主台账.xlsx"
        batch_id = upload_list(
            uow, actor=SYSTEM, file_name=path.name, content=path.read_bytes(), community_id=community_id
        ).id
    with unit_of_work(tenant) as uow:
        take_in(uow, batch_id)
    with unit_of_work(tenant) as uow:
        request_apply(uow, actor=SYSTEM, batch_id=batch_id)
    with unit_of_work(tenant) as uow:
        apply_list(uow, batch_id)


def _give_staff_logins(uow: UnitOfWork) -> None:
    """The first of each trade gets the demo's login; the others have accounts that wait for an invitation."""
    names = {login.role: login.login for login in LOGINS}
    for title, role in (("客服", "front_desk"), ("维修-水电", "technician")):
        member = uow.session.scalar(
            select(StaffMember)
            .where(StaffMember.job_title == title)
            .order_by(StaffMember.job_number)
            .limit(1)
        )
        if member is not None and member.account.login_name != names[role]:
            member.account.login_name = names[role]
            set_password(uow, member.account, PASSWORD)
            # Whoever tries the demo, at whatever hour, finds the technician on duty.
            member.shift_start = member.shift_end = time(0)
            member.weekdays = list(EVERY_DAY)
    for member in uow.session.scalars(select(StaffMember)):
        # Everybody works in the demo; those without a password simply cannot sign in.
        member.account.state = "active"


def _give_resident_login(uow: UnitOfWork) -> None:
    if uow.session.scalar(select(UserAccount.id).where(UserAccount.login_name == "zhuhu")) is not None:
        return
    person, phone = _somebody_at_home(uow)
    tail = (id_number_of(uow, person) or "")[-4:]
    signed_in = activate_resident(uow, person_ids=[person.id], phone=phone, password=PASSWORD, id_tail=tail)
    account = uow.session.get(UserAccount, signed_in.user_id)
    if account is not None:
        account.login_name = "zhuhu"


def _somebody_at_home(uow: UnitOfWork) -> tuple[Person, str]:
    """An owner who lives in the only room owned, with a phone on file."""
    people = uow.session.scalars(
        select(Person)
        .join(Occupancy, Occupancy.person_id == Person.id)
        .join(Room, Room.id == Occupancy.room_id)
        .where(
            Room.key.like("3-2-%"),
            Room.status == "occupied",
            Occupancy.role == "owner",
            Person.kind == "person",
        )
        .order_by(Room.sort_key, Person.id)
        .limit(20)
    )
    for person in people:
        phones = phones_of(uow, person)
        if phones:
            return person, phones[0]
    raise LookupError("the demo's list has nobody with a phone in building 3")
