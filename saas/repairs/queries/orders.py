"""Lists of repair orders: one row shape for console, resident, staff and API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from saas.core.actors import Actor
from saas.core.paging import page
from saas.estate.models import Community
from saas.people.models import StaffMember, UserAccount
from saas.repairs.catalogue import URGENCY_RANK
from saas.repairs.models import DispatchCandidate, RepairFollower, RepairOrder, RepairPhoto
from saas.repairs.queries.visibility import visible_to
from saas.repairs.states import OPEN_STATES
from tenants import clock
from tenants.unit_of_work import UnitOfWork

TECHNICIAN = aliased(UserAccount, name="technician_account")
_MEMBER = aliased(StaffMember, name="technician_member")


@dataclass(frozen=True)
class OrderFilter:
    """What a list or board is narrowed to; empty fields narrow nothing. `day` is the local day of the report."""

    community_id: UUID | None = None
    building_id: UUID | None = None
    room_id: UUID | None = None
    category: str | None = None
    urgency: str | None = None
    technician_id: UUID | None = None
    day: date | None = None
    states: tuple[str, ...] = ()
    is_open: bool | None = None
    is_overdue: bool | None = None
    q: str = ""


@dataclass(frozen=True)
class OrderRow:
    """One order of a list. `place` begins with the community's name, `short_place` does not."""

    id: UUID
    number: str
    version: int
    state: str
    state_at: datetime
    category: str
    urgency: str
    is_confirmed: bool
    category_confidence: float
    description: str
    community_id: UUID
    community: str
    building_id: UUID | None
    room_id: UUID | None
    place: str
    reporter_name: str
    source: str
    created_at: datetime
    level_started_at: datetime
    next_due: str | None
    next_due_at: datetime | None
    is_clock_stopped: bool
    pause_reason: str | None
    eta_at: datetime | None
    finished_at: datetime | None
    technician_id: UUID | None
    technician: str | None
    wished_from: datetime | None
    wished_to: datetime | None
    offered_to: tuple[str, ...] = field(default=())
    photos: int = 0
    photo_id: UUID | None = None
    followers: int = 0

    @property
    def short_place(self) -> str:
        """The place without the community's name in front."""
        return self.place.removeprefix(self.community).strip() or self.place

    @property
    def needs_confirmation(self) -> bool:
        """Whether the front desk has to say what it is."""
        return self.state == "submitted" and not self.is_confirmed

    @property
    def is_overdue(self) -> bool:
        """Whether the due time that counts now is over."""
        return self.next_due_at is not None and self.next_due_at < clock.utcnow()

    @property
    def minutes_left(self) -> int | None:
        """Minutes until the due time that counts now, negative when it is over; None while no clock runs."""
        if self.next_due_at is None:
            return None
        return int((self.next_due_at - clock.utcnow()).total_seconds() // 60)

    @property
    def used_share(self) -> int:
        """How much of the time until that due time has passed, 0 to 100, for the bar."""
        if self.next_due_at is None:
            return 0
        whole = (self.next_due_at - self.level_started_at).total_seconds()
        gone = (clock.utcnow() - self.level_started_at).total_seconds()
        return 100 if whole <= 0 else max(0, min(100, round(100 * gone / whole)))


COLUMNS = (
    RepairOrder.id, RepairOrder.number, RepairOrder.version, RepairOrder.state, RepairOrder.state_at,
    RepairOrder.category, RepairOrder.urgency, RepairOrder.is_confirmed, RepairOrder.category_confidence,
    RepairOrder.description, RepairOrder.community_id, Community.name, RepairOrder.building_id, RepairOrder.room_id,
    RepairOrder.place_text, RepairOrder.reporter_name, RepairOrder.source, RepairOrder.created_at,
    RepairOrder.level_started_at, RepairOrder.next_due, RepairOrder.next_due_at, RepairOrder.is_clock_stopped,
    RepairOrder.pause_reason, RepairOrder.eta_at, RepairOrder.finished_at, RepairOrder.technician_id,
    TECHNICIAN.name, RepairOrder.wished_from, RepairOrder.wished_to,
)  # fmt: skip

URGENCY_ORDER = case(URGENCY_RANK, value=RepairOrder.urgency, else_=literal(len(URGENCY_RANK)))


def order_statement(*extra: Any) -> Select[Any]:
    """The columns of OrderRow, with what else is wanted behind them."""
    wanted: Select[Any] = select(*COLUMNS, *extra)  # type: ignore[assignment]
    return (
        wanted.select_from(RepairOrder)
        .join(Community, Community.id == RepairOrder.community_id)
        .outerjoin(_MEMBER, _MEMBER.id == RepairOrder.technician_id)
        .outerjoin(TECHNICIAN, TECHNICIAN.id == _MEMBER.user_id)
    )


def list_orders(
    uow: UnitOfWork,
    *,
    actor: Actor,
    wanted: OrderFilter | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[OrderRow], str | None]:
    """The orders that the actor may see, the newest first, and the cursor of the next page."""
    statement = order_statement().where(visible_to(actor), *conditions(uow, wanted or OrderFilter()))
    rows, following = page(
        uow.session, statement, keys=[RepairOrder.id], cursor=cursor, limit=limit, descending=True
    )
    return with_counts(uow, rows), following


def conditions(uow: UnitOfWork, wanted: OrderFilter) -> list[ColumnElement[bool]]:
    """A filter as conditions on RepairOrder."""
    exact: dict[Any, Any] = {
        RepairOrder.community_id: wanted.community_id,
        RepairOrder.building_id: wanted.building_id,
        RepairOrder.room_id: wanted.room_id,
        RepairOrder.category: wanted.category,
        RepairOrder.urgency: wanted.urgency,
        RepairOrder.technician_id: wanted.technician_id,
    }
    found: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if wanted.day is not None:
        start = datetime.combine(wanted.day, datetime.min.time(), ZoneInfo(uow.tenant.time_zone)).astimezone(UTC)
        found.append(and_(RepairOrder.created_at >= start, RepairOrder.created_at < start + timedelta(days=1)))
    if wanted.states:
        found.append(RepairOrder.state.in_(wanted.states))
    if wanted.is_open is not None:
        is_open = RepairOrder.state.in_(OPEN_STATES)
        found.append(is_open if wanted.is_open else ~is_open)
    if wanted.is_overdue:
        found.append(RepairOrder.next_due_at < clock.utcnow())
    if wanted.q.strip():
        found.append(_matches(wanted.q.strip()))
    return found


def with_counts(uow: UnitOfWork, rows: list[Any]) -> list[OrderRow]:
    """Rows with photos, followers and who is being asked: three statements for any number of rows."""
    ids = [row[0] for row in rows]
    if not ids:
        return []
    photos, followers, offered = _photos(uow, ids), _followers(uow, ids), _offered(uow, ids)
    nothing: tuple[int, UUID | None] = (0, None)
    return [
        OrderRow(
            *(*row[: len(COLUMNS)], offered.get(row[0], ()), *photos.get(row[0], nothing), followers.get(row[0], 0))
        )
        for row in rows
    ]


def may_see(uow: UnitOfWork, actor: Actor, order_id: UUID) -> bool:
    """Whether the actor may see an order."""
    statement = select(RepairOrder.id).where(RepairOrder.id == order_id, visible_to(actor))
    return uow.session.scalar(statement) is not None


def _matches(typed: str) -> ColumnElement[bool]:
    return or_(
        RepairOrder.number.contains(typed.upper(), autoescape=True),
        RepairOrder.description.contains(typed, autoescape=True),
        RepairOrder.place_text.contains(typed, autoescape=True),
        RepairOrder.reporter_name.contains(typed, autoescape=True),
    )


def _photos(uow: UnitOfWork, ids: list[UUID]) -> dict[UUID, tuple[int, UUID | None]]:
    rows = uow.session.execute(
        select(RepairPhoto.order_id, RepairPhoto.id)
        .where(RepairPhoto.order_id.in_(ids))
        .order_by(RepairPhoto.stage.desc(), RepairPhoto.position)
    )
    found: dict[UUID, tuple[int, UUID | None]] = {}
    for order_id, photo_id in rows:
        count, first = found.get(order_id, (0, None))
        found[order_id] = (count + 1, first or photo_id)
    return found


def _followers(uow: UnitOfWork, ids: list[UUID]) -> dict[UUID, int]:
    rows = uow.session.execute(
        select(RepairFollower.order_id, func.count())
        .where(RepairFollower.order_id.in_(ids))
        .group_by(RepairFollower.order_id)
    )
    return {row[0]: row[1] for row in rows}


def _offered(uow: UnitOfWork, ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    rows = uow.session.execute(
        select(DispatchCandidate.order_id, UserAccount.name)
        .join(RepairOrder, RepairOrder.id == DispatchCandidate.order_id)
        .join(StaffMember, StaffMember.id == DispatchCandidate.staff_id)
        .join(UserAccount, UserAccount.id == StaffMember.user_id)
        .where(
            DispatchCandidate.order_id.in_(ids),
            DispatchCandidate.state == "offered",
            RepairOrder.state == "dispatched",
            DispatchCandidate.round == RepairOrder.dispatch_round,
        )
        .order_by(DispatchCandidate.position)
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for order_id, name in rows:
        found[order_id] = (*found.get(order_id, ()), name)
    return found
