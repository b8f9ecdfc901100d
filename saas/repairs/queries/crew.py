"""Who can be asked for an order and who has to hear of it: staff with a permission, their load and place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from saas.core.actors import Scope
from saas.estate.models import Building, Community
from saas.people.models import Role, StaffMember, UserAccount, UserRole
from saas.people.services.roles import actor_of, roles_giving
from saas.people.shifts import Shift
from saas.repairs.models import DispatchCandidate, RepairOrder
from saas.repairs.permissions import DISPATCH, WORK
from saas.repairs.scoring import Point, Technician
from saas.repairs.states import WITH_TECHNICIAN
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Holder:
    """An active account that holds a permission, and where."""

    user_id: UUID
    staff_id: UUID | None
    name: str
    scope: Scope


def holders_of(uow: UnitOfWork, permission: str) -> list[Holder]:
    """Active accounts whose roles give a permission, with its scope; by id, so that the order is stable."""
    return [
        Holder(
            account.id,
            account.staff.id if account.staff else None,
            account.name,
            actor_of(account).scope(permission),
        )
        for account in _accounts_with(uow, permission)
    ]


def staff_names(uow: UnitOfWork, permission: str) -> list[tuple[UUID, str]]:
    """Staff members with a permission and what they are called, by name: no scope is weighed."""
    giving = roles_giving(uow, permission)
    statement = (
        select(StaffMember.id, UserAccount.name)
        .join(UserAccount, UserAccount.id == StaffMember.user_id)
        .where(
            UserAccount.state == "active",
            UserAccount.kind == "staff",
            UserAccount.id.in_(select(UserRole.user_id).where(UserRole.role_id.in_(giving))),
        )
        .order_by(UserAccount.name, StaffMember.id)
    )
    return [(row[0], row[1]) for row in uow.session.execute(statement)] if giving else []


def users_in_charge(uow: UnitOfWork, permission: str, order: RepairOrder) -> list[UUID]:
    """Accounts whose permission covers the order's place."""
    return [
        holder.user_id
        for holder in holders_of(uow, permission)
        if holder.scope.covers(community_id=order.community_id, building_id=order.building_id)
    ]


def crew_for(
    uow: UnitOfWork, order: RepairOrder, at: datetime, refused: Iterable[UUID] = ()
) -> list[Technician]:
    """Everybody who may work orders, as dispatch weighs them for this order at this instant."""
    accounts = [(account, account.staff) for account in _accounts_with(uow, WORK.code) if _is_crew(account)]
    staff = {member.id: (account, member) for account, member in accounts if member is not None}
    zone = (
        uow.session.scalar(select(Community.time_zone).where(Community.id == order.community_id))
        or uow.tenant.time_zone
    )
    local = at.astimezone(ZoneInfo(zone))
    hands = _hands(uow, staff.keys())
    done = _done_since(uow, staff.keys(), local.replace(hour=0, minute=0, second=0, microsecond=0))
    left_out = frozenset(refused)
    return [
        _technician(account, member, order, local, hands[member.id], done.get(member.id, (0, None)), left_out)
        for account, member in staff.values()
    ]


def point_of_order(uow: UnitOfWork, order: RepairOrder) -> Point | None:
    """Map point of the building, else of the community."""
    if order.building_id is not None:
        row = uow.session.execute(
            select(Building.lat, Building.lng).where(Building.id == order.building_id)
        ).first()
        if row and row.lat is not None and row.lng is not None:
            return Point(row.lat, row.lng)
    row = uow.session.execute(
        select(Community.lat, Community.lng).where(Community.id == order.community_id)
    ).first()
    return Point(row.lat, row.lng) if row and row.lat is not None and row.lng is not None else None


def refused_by(uow: UnitOfWork, order: RepairOrder) -> set[UUID]:
    """Staff who declined, returned or let pass an offer of this order since it came in or was reopened."""
    rows = uow.session.scalars(
        select(DispatchCandidate.staff_id).where(
            DispatchCandidate.order_id == order.id,
            DispatchCandidate.state.in_(("declined", "expired")),
            DispatchCandidate.offered_at >= order.level_started_at,
        )
    )
    return set(rows)


@dataclass
class _Hands:
    """The open orders of one technician: how many, in which buildings, at which points."""

    open_orders: int = 0
    buildings: frozenset[UUID] = frozenset()
    points: tuple[Point, ...] = ()


def _hands(uow: UnitOfWork, staff_ids: Iterable[UUID]) -> dict[UUID, _Hands]:
    found: dict[UUID, _Hands] = defaultdict(_Hands)
    rows = uow.session.execute(
        select(RepairOrder.technician_id, RepairOrder.building_id, Building.lat, Building.lng)
        .outerjoin(Building, Building.id == RepairOrder.building_id)
        .where(RepairOrder.technician_id.in_(list(staff_ids)), RepairOrder.state.in_(WITH_TECHNICIAN))
    )
    for technician_id, building_id, lat, lng in rows:
        if technician_id is None:
            continue
        hand = found[technician_id]
        hand.open_orders += 1
        if building_id is not None:
            hand.buildings |= {building_id}
        if lat is not None and lng is not None:
            hand.points += (Point(lat, lng),)
    return found


def _done_since(
    uow: UnitOfWork, staff_ids: Iterable[UUID], since: datetime
) -> dict[UUID, tuple[int, datetime | None]]:
    """Orders finished since the local midnight, and when the last one ever was."""
    rows = uow.session.execute(
        select(
            RepairOrder.technician_id,
            func.count().filter(RepairOrder.finished_at >= since),
            func.max(RepairOrder.finished_at),
        )
        .where(RepairOrder.technician_id.in_(list(staff_ids)), RepairOrder.finished_at.is_not(None))
        .group_by(RepairOrder.technician_id)
    )
    return {technician_id: (count, last) for technician_id, count, last in rows if technician_id is not None}


def _technician(
    account: UserAccount,
    member: StaffMember,
    order: RepairOrder,
    local: datetime,
    hands: _Hands,
    done: tuple[int, datetime | None],
    refused: frozenset[UUID],
) -> Technician:
    shift = Shift(member.shift, member.shift_start, member.shift_end, tuple(member.weekdays))
    scope = actor_of(account).scope(WORK.code)
    return Technician(
        staff_id=member.id,
        name=account.name,
        skills=frozenset(member.skills),
        on_shift=shift.covers(local),
        covers=scope.covers(community_id=order.community_id, building_id=order.building_id),
        open_orders=hands.open_orders,
        max_open=member.max_open_orders,
        done_today=done[0],
        point=_last_place(member) or next(iter(hands.points), None),
        heading_to=hands.points,
        buildings_now=hands.buildings,
        idle_since=None if hands.open_orders else done[1],
        refused=member.id in refused,
    )


def _is_crew(account: UserAccount) -> bool:
    """A technician; not a manager who could work orders because managers may do everything."""
    if account.staff is None:
        return False
    return bool(account.staff.skills) or actor_of(account).scope(DISPATCH.code).empty


def _last_place(member: StaffMember) -> Point | None:
    if member.last_lat is None or member.last_lng is None:
        return None
    return Point(member.last_lat, member.last_lng)


def _accounts_with(uow: UnitOfWork, permission: str) -> list[UserAccount]:
    giving = roles_giving(uow, permission)
    if not giving:
        return []
    statement = (
        select(UserAccount)
        .where(
            UserAccount.state == "active",
            UserAccount.kind == "staff",
            UserAccount.id.in_(select(UserRole.user_id).where(UserRole.role_id.in_(giving))),
        )
        .options(
            selectinload(UserAccount.roles).joinedload(UserRole.role).selectinload(Role.grants),
            selectinload(UserAccount.staff),
        )
        .order_by(UserAccount.id)
    )
    return list(uow.session.scalars(statement))
