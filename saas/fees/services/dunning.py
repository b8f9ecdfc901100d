"""Reminding debtors step by step. Who has paid, promised or disputed is left alone; it is looked at as it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from saas.core.actors import SYSTEM, Actor
from saas.core.messages import Message, send
from saas.estate.queries.places import room_place
from saas.fees.messages_prepaid import BILLS_LINK
from saas.fees.models import BillLine, DunningCase, LineBalance
from saas.fees.permissions import DUNNING
from saas.fees.preferences import DUNNING_FROM, DUNNING_LADDER
from saas.fees.services import accounts
from saas.fees.services.dunning_guard import refuse_cut_off
from saas.fees.services.ledger import balance
from saas.notices.preferences import QUIET_FROM, QUIET_TO
from saas.notices.quiet import end_of_quiet
from tenants import clock, preferences
from tenants.unit_of_work import UnitOfWork

DUN = "fees.dun"
SCAN = "scan"
MORNING = time(10, 0)
RUNNING = ("open", "promised", "disputed")
AT_ONCE = 500


@dataclass(frozen=True)
class Owed:
    """What a debtor owes overdue for a room now, less credits and the prepaid balance; disputed lines are left out."""

    minor: int
    oldest_due_on: date | None


def dun_on_time(uow: UnitOfWork, key: str, due_at: datetime) -> None:
    """The timer's part, once a day: open new cases, take the steps that are due, come back tomorrow."""
    open_cases(uow, actor=SYSTEM)
    more = take_due_steps(uow) == AT_ONCE
    now = clock.utcnow()
    if more:
        uow.wake(DUN, SCAN, now)
    elif uow.session.scalar(select(LineBalance.line_id).where(LineBalance.state == "open").limit(1)):
        uow.wake(DUN, SCAN, _next_look(uow, now))


def start_dunning(uow: UnitOfWork) -> None:
    """Make sure that somebody looks tomorrow morning: called when bills are published."""
    uow.wake(DUN, SCAN, _next_look(uow, clock.utcnow()))


def open_cases(uow: UnitOfWork, *, actor: Actor, community_id: UUID | None = None) -> list[DunningCase]:
    """A case for every debtor and room overdue beyond the first step of the ladder that has none running."""
    if actor is not SYSTEM:
        actor.require(DUNNING.code, community_id=community_id, everywhere=community_id is None)
    ladder = ladder_of(uow)
    if not ladder:
        return []
    today = clock.business_date(uow.tenant.time_zone)
    overdue = (
        select(
            LineBalance.community_id, LineBalance.room_id, LineBalance.person_id, BillLine.debtor_name,
            func.sum(LineBalance.open_minor), func.min(LineBalance.due_on),
        )
        .join(BillLine, BillLine.id == LineBalance.line_id)
        .where(
            LineBalance.state == "open", LineBalance.is_disputed.is_(False), LineBalance.room_id.is_not(None),
            LineBalance.due_on <= today - timedelta(days=int(ladder[0]["after_days"])),
        )
        .group_by(LineBalance.community_id, LineBalance.room_id, LineBalance.person_id, BillLine.debtor_name)
        .having(func.sum(LineBalance.open_minor) >= int(preferences.get(uow, DUNNING_FROM)))
    )  # fmt: skip
    if community_id is not None:
        overdue = overdue.where(LineBalance.community_id == community_id)
    running = {
        (row.room_id, row.debtor_key)
        for row in uow.session.execute(
            select(DunningCase.room_id, DunningCase.debtor_key).where(DunningCase.state.in_(RUNNING))
        )
    }
    made: list[DunningCase] = []
    for where, room_id, person_id, name, minor, oldest in uow.session.execute(overdue):
        key = str(person_id) if person_id else name
        if (room_id, key) in running:
            continue
        running.add((room_id, key))
        made.append(
            DunningCase(
                community_id=where, room_id=room_id, person_id=person_id, debtor_key=key, debtor_name=name,
                owed_minor=int(minor), oldest_due_on=oldest, next_at=clock.utcnow(), history=[],
            )
        )  # fmt: skip
    uow.session.add_all(made)
    uow.session.flush()
    return made


def take_due_steps(uow: UnitOfWork) -> int:
    """Take the next step of every case whose time has come; answers how many were looked at."""
    due = (
        select(DunningCase)
        .where(DunningCase.state.in_(("open", "promised")), DunningCase.next_at <= clock.utcnow())
        .order_by(DunningCase.next_at, DunningCase.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    cases = uow.session.scalars(due).all()
    for case in cases:
        take_step(uow, case)
    uow.session.flush()
    return len(cases)


def take_step(uow: UnitOfWork, case: DunningCase) -> str:
    """One step of a case that is locked: what was done, or why nothing was (paid, promised, quiet, later)."""
    owed = owed_now(uow, case, lock=True)
    case.owed_minor, case.oldest_due_on = max(owed.minor, 0), owed.oldest_due_on
    if owed.minor < int(preferences.get(uow, DUNNING_FROM)) or owed.oldest_due_on is None:
        close(case, "paid")
        return "paid"
    now, today = clock.utcnow(), clock.business_date(uow.tenant.time_zone)
    if case.state == "promised" and case.promised_on and today <= case.promised_on:
        case.next_at = morning(uow, case.promised_on + timedelta(days=1))
        return "promised"
    case.state = "open"
    ladder = ladder_of(uow)
    if case.step >= len(ladder):
        case.next_at = None
        return "done"
    due_at = morning(uow, owed.oldest_due_on + timedelta(days=int(ladder[case.step]["after_days"])))
    if due_at > now and due_at.astimezone(ZoneInfo(uow.tenant.time_zone)).date() > today:
        case.next_at = due_at
        return "later"
    quiet = end_of_quiet(
        now, preferences.get(uow, QUIET_FROM), preferences.get(uow, QUIET_TO), uow.tenant.time_zone
    )
    if quiet is not None:
        case.next_at = quiet
        return "quiet"
    done = _do(uow, case, str(ladder[case.step]["step"]), owed)
    case.step += 1
    _plan_next(uow, case, ladder, owed.oldest_due_on, today)
    return done


def _do(uow: UnitOfWork, case: DunningCase, step: str, owed: Owed) -> str:
    refuse_cut_off(step)
    if step == "message" and case.person_id is not None and case.room_id is not None:
        send(
            uow,
            Message(
                template="fees.dunning", to_person_id=case.person_id,
                params={
                    "place": room_place(uow, case.room_id).text, "amount": f"{owed.minor / 100:.2f}",
                    "due": owed.oldest_due_on.isoformat() if owed.oldest_due_on else "",
                },
                dedup_key=f"dunning:{case.id}:{case.step}", link=BILLS_LINK,
            ),
        )  # fmt: skip
    elif step != "letter":
        # Nobody to write to: somebody rings instead.
        step = "call"
        case.has_call_task = True
    note(case, step, "", owed_minor=owed.minor)
    uow.audit(f"fees.dunned_{step}", actor=SYSTEM.ref(), subject=("dunning_case", case.id))
    return step


def _plan_next(
    uow: UnitOfWork, case: DunningCase, ladder: Sequence[dict[str, Any]], oldest: date, today: date
) -> None:
    if case.step >= len(ladder):
        case.next_at = None
        return
    # Old debt climbs the ladder rung by rung too: never two steps within the days between them.
    pause = int(ladder[case.step]["after_days"]) - int(ladder[case.step - 1]["after_days"])
    planned = oldest + timedelta(days=int(ladder[case.step]["after_days"]))
    case.next_at = morning(uow, max(planned, today + timedelta(days=pause)))


def owed_now(uow: UnitOfWork, case: DunningCase, *, lock: bool = False) -> Owed:
    """What is overdue at this moment. Locked, a payment waits until this transaction has said what it says."""
    statement = (
        select(LineBalance.open_minor, LineBalance.due_on, LineBalance.is_disputed)
        .join(BillLine, BillLine.id == LineBalance.line_id)
        .where(
            LineBalance.state == "open", LineBalance.room_id == case.room_id,
            BillLine.person_id == case.person_id
            if case.person_id
            else (BillLine.person_id.is_(None)) & (BillLine.debtor_name == case.debtor_name),
        )
        .order_by(LineBalance.line_id)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    rows = uow.session.execute(
        statement.with_for_update(of=LineBalance, read=True) if lock else statement
    ).all()
    today = clock.business_date(uow.tenant.time_zone)
    overdue = [row for row in rows if row.open_minor > 0 and row.due_on < today and not row.is_disputed]
    credits = sum(row.open_minor for row in rows if row.open_minor < 0)
    held = -balance(uow, accounts.prepaid(case.person_id, case.room_id, case.debtor_name))
    minor = sum(row.open_minor for row in overdue) + credits - max(held, 0)
    return Owed(minor, min((row.due_on for row in overdue), default=None))


def ladder_of(uow: UnitOfWork) -> list[dict[str, Any]]:
    """The firm's steps of reminding."""
    return list(preferences.get(uow, DUNNING_LADDER))


def close(case: DunningCase, state: str) -> None:
    """The end of a case: nothing is sent any more."""
    case.state, case.next_at, case.has_call_task = state, None, False
    case.closed_at = clock.utcnow()
    note(case, state, "")


def note(case: DunningCase, step: str, words: str, by: str = "", **more: Any) -> None:
    """Add to the history; it only grows."""
    entry = {"step": step, "at": clock.utcnow().isoformat(), "note": words, "by": by, **more}
    case.history = [*case.history, entry]


def morning(uow: UnitOfWork, day: date) -> datetime:
    """Ten o'clock of a day, by the firm's clock."""
    return datetime.combine(day, MORNING, ZoneInfo(uow.tenant.time_zone))


def _next_look(uow: UnitOfWork, now: datetime) -> datetime:
    return morning(uow, clock.business_date(uow.tenant.time_zone, now) + timedelta(days=1))
