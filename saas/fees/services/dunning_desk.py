"""What people do about a debtor: calls made, promises, disputes, letters, and who paid meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select, update

from saas.core.actors import Actor
from saas.core.paging import page
from saas.estate.models import Room
from saas.estate.queries.places import community_of, room_place
from saas.fees.errors import case_not_found, wrong
from saas.fees.events import PaymentSucceeded
from saas.fees.models import BillLine, DunningCase, FeeItem, LineBalance
from saas.fees.permissions import DUNNING
from saas.fees.queries.setup import places_in_scope
from saas.fees.services.dunning import RUNNING, close, morning, note, owed_now, take_step
from tenants import clock
from tenants.unit_of_work import UnitOfWork

LONGEST_PROMISE = timedelta(days=180)


@dataclass(frozen=True)
class LetterLine:
    """One bill of a letter, in minor units."""

    item: str
    period_from: date
    period_to: date
    due_on: date
    open_minor: int


@dataclass(frozen=True)
class Letter:
    """What a letter to a debtor says; `fees/dunning_letter.html` prints it."""

    firm: str
    community: str
    phone: str
    debtor: str
    place: str
    day: date
    total_minor: int
    lines: tuple[LetterLine, ...]


def list_cases(
    uow: UnitOfWork,
    *,
    actor: Actor,
    state: str | None = None,
    only_calls: bool = False,
    community_id: UUID | None = None,
    room_id: UUID | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[DunningCase], str | None]:
    """Cases in scope, the newest first; `only_calls`: those that wait for somebody to ring."""
    statement = (
        select(DunningCase).join(Room, Room.id == DunningCase.room_id, isouter=True).where(_in_scope(actor))
    )
    exact = {
        DunningCase.state: state,
        DunningCase.community_id: community_id,
        DunningCase.room_id: room_id,
    }
    for column, value in exact.items():
        if value is not None:
            statement = statement.where(column == value)
    if only_calls:
        statement = statement.where(DunningCase.has_call_task, DunningCase.state.in_(RUNNING))
    return page(uow.session, statement, keys=[DunningCase.id], cursor=cursor, limit=limit, descending=True)


def case_of(uow: UnitOfWork, *, actor: Actor, case_id: UUID, lock: bool = False) -> DunningCase:
    """One case in scope. Raises NotFound."""
    statement = (
        select(DunningCase)
        .join(Room, Room.id == DunningCase.room_id, isouter=True)
        .where(DunningCase.id == case_id, _in_scope(actor))
    )
    found = uow.session.scalar(statement.with_for_update(of=DunningCase) if lock else statement)
    if found is None:
        raise case_not_found()
    return found


def remind_now(uow: UnitOfWork, *, actor: Actor, case_id: UUID) -> str:
    """Take the next step before its time; what holds a step back (paid, promise, quiet hours) holds it back here too."""
    case = case_of(uow, actor=actor, case_id=case_id, lock=True)
    if case.state not in ("open", "promised"):
        return case.state
    done = take_step(uow, case)
    uow.session.flush()
    return done


def note_call(
    uow: UnitOfWork, *, actor: Actor, case_id: UUID, words: str, promised_on: date | None = None
) -> DunningCase:
    """Somebody rang: what was said, perhaps with a promise. The task is done."""
    case = case_of(uow, actor=actor, case_id=case_id, lock=True)
    if not words.strip():
        raise wrong("words", _l("Say what was said."))
    case.has_call_task = False
    note(case, "called", words.strip()[:400], actor.name)
    if promised_on is not None:
        _promise(uow, case, actor, promised_on, None)
    uow.session.flush()
    uow.audit("fees.debtor_called", actor=actor.ref(), subject=("dunning_case", case.id))
    return case


def note_promise(
    uow: UnitOfWork, *, actor: Actor, case_id: UUID, promised_on: date, amount_minor: int | None = None
) -> DunningCase:
    """The debtor promised to pay: nothing is sent until the day after."""
    case = case_of(uow, actor=actor, case_id=case_id, lock=True)
    _promise(uow, case, actor, promised_on, amount_minor)
    uow.session.flush()
    uow.audit("fees.promise_noted", actor=actor.ref(), subject=("dunning_case", case.id))
    return case


def dispute(
    uow: UnitOfWork, *, actor: Actor, case_id: UUID, reason: str, line_ids: tuple[UUID, ...] = ()
) -> DunningCase:
    """The debtor contests the bills (all, or those named): reminders and late fees on them stop."""
    if not reason.strip():
        raise wrong("reason", _l("Say why."))
    case = case_of(uow, actor=actor, case_id=case_id, lock=True)
    _mark(uow, case, True, line_ids)
    if not line_ids:
        case.state, case.next_at, case.has_call_task = "disputed", None, False
    case.dispute_reason = reason.strip()[:400]
    note(case, "disputed", case.dispute_reason, actor.name)
    uow.session.flush()
    uow.audit("fees.dispute_noted", actor=actor.ref(), subject=("dunning_case", case.id))
    return case


def settle_dispute(uow: UnitOfWork, *, actor: Actor, case_id: UUID, words: str) -> DunningCase:
    """The dispute is over: what is still owed is reminded of again."""
    case = case_of(uow, actor=actor, case_id=case_id, lock=True)
    _mark(uow, case, False, ())
    if case.state == "disputed":
        case.state, case.next_at = "open", clock.utcnow()
    note(case, "dispute_settled", words.strip()[:400], actor.name)
    uow.session.flush()
    uow.audit("fees.dispute_settled", actor=actor.ref(), subject=("dunning_case", case.id))
    return case


def close_paid_cases(uow: UnitOfWork, event: PaymentSucceeded) -> None:
    """Who has paid is left alone at once, not only when the next step would come."""
    if event.room_id is None:
        return
    running = select(DunningCase).where(
        DunningCase.room_id == event.room_id, DunningCase.state.in_(("open", "promised"))
    )
    for case in uow.session.scalars(running.with_for_update()):
        owed = owed_now(uow, case)
        case.owed_minor, case.oldest_due_on = max(owed.minor, 0), owed.oldest_due_on
        if owed.minor <= 0:
            close(case, "paid")


def letter(uow: UnitOfWork, *, actor: Actor, case_id: UUID) -> Letter:
    """The letter of a case with its open bills, as it stands today."""
    case = case_of(uow, actor=actor, case_id=case_id)
    today = clock.business_date(uow.tenant.time_zone)
    statement = (
        select(FeeItem.name, BillLine.period_from, BillLine.period_to, LineBalance.due_on, LineBalance.open_minor)
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .join(FeeItem, FeeItem.id == BillLine.item_id)
        .where(
            LineBalance.room_id == case.room_id, LineBalance.state == "open", LineBalance.due_on < today,
            LineBalance.is_disputed.is_(False), BillLine.debtor_name == case.debtor_name,
        )
        .order_by(LineBalance.due_on, FeeItem.priority)
    )  # fmt: skip
    lines = tuple(LetterLine(*row) for row in uow.session.execute(statement))
    place = room_place(uow, case.room_id).text if case.room_id else ""
    community = community_of(uow, case.community_id)
    return Letter(
        uow.tenant.name, community.name, community.phone, case.debtor_name, place, today,
        sum(line.open_minor for line in lines), lines,
    )  # fmt: skip


def _promise(uow: UnitOfWork, case: DunningCase, actor: Actor, on: date, minor: int | None) -> None:
    today = clock.business_date(uow.tenant.time_zone)
    if not today <= on <= today + LONGEST_PROMISE:
        raise wrong("promised_on", _l("Choose a day from today on, within half a year."))
    if case.state not in RUNNING:
        raise case_not_found()
    case.state, case.promised_on, case.promised_minor = "promised", on, minor
    case.next_at, case.has_call_task = _after(uow, on), False
    note(case, "promised", on.isoformat(), actor.name)


def _after(uow: UnitOfWork, day: date) -> datetime:
    return morning(uow, day + timedelta(days=1))


def _mark(uow: UnitOfWork, case: DunningCase, disputed: bool, line_ids: tuple[UUID, ...]) -> None:
    own = select(BillLine.id).where(
        BillLine.room_id == case.room_id,
        BillLine.person_id == case.person_id
        if case.person_id
        else BillLine.person_id.is_(None) & (BillLine.debtor_name == case.debtor_name),
    )
    changed = update(LineBalance).where(LineBalance.line_id.in_(own), LineBalance.state == "open")
    if line_ids:
        changed = changed.where(LineBalance.line_id.in_(line_ids))
    uow.session.execute(changed.values(is_disputed=disputed, changed_at=clock.utcnow()))


def _in_scope(actor: Actor) -> ColumnElement[bool]:
    return places_in_scope(actor, DUNNING.code, DunningCase.community_id, Room.building_id)
