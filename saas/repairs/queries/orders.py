"""Lists of repair orders: one row shape for console, resident, staff and API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import aliased

from saas.core.actors import Actor
from saas.core.paging import clamp_limit, decode_cursor, encode_cursor
from saas.estate.models import Community
from saas.people.models import StaffMember, UserAccount
from saas.repairs.catalogue import URGENCY_RANK
from saas.repairs.models import DispatchCandidate, RepairFollower, RepairOrder, RepairPhoto
from saas.repairs.queries.visibility import seen, sight_in_shape, sight_of, visible_to
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


class OrderRow(NamedTuple):
    """One order of a list, in the order of `COLUMNS`: `place` begins with the community's name, `short_place` does not.

    A tuple, because lists make many of them and a frozen dataclass of this width takes ten times as long.
    """

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
    offered_to: Sequence[str] = ()
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


def _counted(statement: Select[Any]) -> ScalarSelect[Any]:
    """A figure of each row inside the list's own statement, so that a list is one statement and one answer."""
    return statement.correlate(RepairOrder).scalar_subquery()


_PHOTOS = _counted(select(func.count()).where(RepairPhoto.order_id == RepairOrder.id))
_FIRST_PHOTO = _counted(
    select(RepairPhoto.id)
    .where(RepairPhoto.order_id == RepairOrder.id)
    .order_by(RepairPhoto.stage.desc(), RepairPhoto.position)
    .limit(1)
)
_FOLLOWERS = _counted(select(func.count()).where(RepairFollower.order_id == RepairOrder.id))
_ASKED = _counted(
    select(UserAccount.name)
    .join_from(DispatchCandidate, StaffMember, StaffMember.id == DispatchCandidate.staff_id)
    .join(UserAccount, UserAccount.id == StaffMember.user_id)
    .where(
        DispatchCandidate.order_id == RepairOrder.id,
        DispatchCandidate.state == "offered",
        DispatchCandidate.round == RepairOrder.dispatch_round,
    )
    .order_by(DispatchCandidate.position)
)
_NAMES = ARRAY(Text(), as_tuple=True)
_NOBODY = cast(array([]), _NAMES)
_OFFERED_TO = case((RepairOrder.state == "dispatched", func.array(_ASKED, type_=_NAMES)), else_=_NOBODY)

COLUMNS = (
    RepairOrder.id, RepairOrder.number, RepairOrder.version, RepairOrder.state, RepairOrder.state_at,
    RepairOrder.category, RepairOrder.urgency, RepairOrder.is_confirmed, RepairOrder.category_confidence,
    RepairOrder.description, RepairOrder.community_id, Community.name, RepairOrder.building_id, RepairOrder.room_id,
    RepairOrder.place_text, RepairOrder.reporter_name, RepairOrder.source, RepairOrder.created_at,
    RepairOrder.level_started_at, RepairOrder.next_due, RepairOrder.next_due_at, RepairOrder.is_clock_stopped,
    RepairOrder.pause_reason, RepairOrder.eta_at, RepairOrder.finished_at, RepairOrder.technician_id,
    TECHNICIAN.name, RepairOrder.wished_from, RepairOrder.wished_to, _OFFERED_TO, _PHOTOS, _FIRST_PHOTO, _FOLLOWERS,
)  # fmt: skip

# For lists that show neither who is asked nor a photo: the server plans the statement anew each time, and each
# subquery costs it as much as a join.
_IN_PLACE: dict[Any, Any] = {_OFFERED_TO: _NOBODY.label("nobody"), _FIRST_PHOTO: null().label("no_photo")}
_BARE_COLUMNS = tuple(_IN_PLACE.get(column, column) for column in COLUMNS)

URGENCY_ORDER = case(URGENCY_RANK, value=RepairOrder.urgency, else_=literal(len(URGENCY_RANK)))


def order_statement(*extra: Any, bare: bool = False) -> Select[Any]:
    """The columns of OrderRow, with what else is wanted behind them; bare: nobody asked and no photo shown."""
    wanted: Select[Any] = select(*(_BARE_COLUMNS if bare else COLUMNS), *extra)
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
    bare: bool = False,
) -> tuple[list[OrderRow], str | None]:
    """The orders that the actor may see, the newest first, and the cursor of the next page."""
    size, sight = clamp_limit(limit), sight_of(actor)
    statement = _newest_first(sight.shape(), bare)
    narrowed = conditions(uow, wanted) if wanted is not None else []
    if cursor:
        narrowed.append(RepairOrder.id < decode_cursor(cursor, 1)[0])
    if narrowed:
        statement = statement.where(*narrowed)
    found = uow.session.execute(statement, {**sight.values(), "most": size + 1}).all()
    rows = with_counts(uow, found[:size])
    return rows, encode_cursor([rows[-1].id]) if len(found) > size else None


@lru_cache(maxsize=64)
def _newest_first(shape: tuple[str, ...], bare: bool) -> Select[Any]:
    """The list for all actors whose sight has the same parts: built and given its cache key once, not per request."""
    return (
        order_statement(bare=bare)
        .where(seen(sight_in_shape(shape)))
        .order_by(RepairOrder.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )


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
    found: list[ColumnElement[bool]] = [
        column == value for column, value in exact.items() if value is not None
    ]
    if wanted.day is not None:
        start = datetime.combine(wanted.day, datetime.min.time(), ZoneInfo(uow.tenant.time_zone)).astimezone(
            UTC
        )
        found.append(
            and_(RepairOrder.created_at >= start, RepairOrder.created_at < start + timedelta(days=1))
        )
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


def with_counts(uow: UnitOfWork, rows: Sequence[Sequence[Any]]) -> list[OrderRow]:
    """Rows of `order_statement`, whatever else they select behind its columns."""
    width = len(COLUMNS)
    return [OrderRow._make(row[:width]) for row in rows]


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
