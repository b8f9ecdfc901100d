"""Lines by hand: single amounts, adjustments with a reason, voids before payment. Nothing is ever edited."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from saas.core.actors import Actor
from saas.fees.errors import line_is_paid, line_is_void, wrong
from saas.fees.models import BillLine, BillLinePart, LineBalance
from saas.fees.permissions import ADJUST
from saas.fees.services.assignments import Target, debtor_of, place_of
from saas.fees.services.items import item_by_id
from saas.fees.services.ledger import post, posting_date, transfers_for_lines
from saas.fees.services.open_lines import HeldLine, hold_lines
from tenants.clock import business_date, utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

MOST_MINOR = 10**12


def charge_once(
    uow: UnitOfWork,
    *,
    actor: Actor,
    item_id: UUID,
    target: Target,
    amount_minor: int,
    reason: str,
    due_on: date | None = None,
    payer: str = "owner",
    person_id: UUID | None = None,
    debtor_name: str = "",
) -> BillLine:
    """One amount on one object, such as a repair the resident ordered. The day it is charged is its period."""
    item = item_by_id(uow, item_id)
    placed = place_of(uow, target)
    actor.require(ADJUST.code, community_id=placed["community_id"], building_id=placed["building_id"])
    _check(amount_minor, reason)
    if amount_minor < 0:
        raise wrong("amount", _l("Charge more than nothing; an adjustment may be negative."))
    today = business_date(uow.tenant.time_zone)
    debtor = debtor_of(uow, placed, payer, person_id, debtor_name, today)
    line = BillLine(
        id=new_id(), run_id=None, kind="one_off", sequence=0, assignment_id=None, item_id=item.id,
        object_kind=target.kind, object_id=target.id, **placed, **debtor, period_from=today,
        period_to=today + timedelta(days=1), issue_on=today, due_on=due_on or today + timedelta(days=item.due_days),
        amount_minor=amount_minor, tax_rate=0, priority=item.priority, reason=reason.strip()[:200],
        explanation={"by": actor.name}, issued_at=utcnow(), issued_by=actor.user_id,
    )  # fmt: skip
    _issue(uow, line, actor)
    uow.audit(
        "fees.charged_once",
        actor=actor.ref(),
        subject=("bill_line", line.id),
        details={"minor": amount_minor},
    )
    return line


def adjust_line(
    uow: UnitOfWork,
    *,
    actor: Actor,
    line_id: UUID,
    amount_minor: int,
    reason: str,
    due_on: date | None = None,
) -> BillLine:
    """A line of its own that adds to another or takes off; what it takes off is set off at once."""
    held = _held(uow, actor, line_id)
    _check(amount_minor, reason)
    if held.balance.state == "void":
        raise line_is_void()
    old, today = held.line, business_date(uow.tenant.time_zone)
    copied = (
        "assignment_id", "item_id", "object_kind", "object_id", "object_key", "community_id", "building_id",
        "room_id", "person_id", "debtor_name", "period_from", "period_to", "tax_rate", "priority",
    )  # fmt: skip
    line = BillLine(
        id=new_id(), run_id=None, kind="adjustment", sequence=_next_sequence(uow, old), corrects_id=old.id,
        **{name: getattr(old, name) for name in copied}, issue_on=today,
        due_on=due_on or max(old.due_on, today), amount_minor=amount_minor, reason=reason.strip()[:200],
        explanation={"by": actor.name, "corrects": str(old.id)}, issued_at=utcnow(), issued_by=actor.user_id,
    )  # fmt: skip
    balance = _issue(uow, line, actor)
    set_off(held.balance, balance)
    uow.session.flush()
    uow.audit(
        "fees.line_adjusted",
        actor=actor.ref(),
        subject=("bill_line", old.id),
        details={"minor": amount_minor},
    )
    return line


def void_line(uow: UnitOfWork, *, actor: Actor, line_id: UUID, reason: str) -> BillLine:
    """Take a line back before anything was paid on it: its transfer is posted the other way."""
    held = _held(uow, actor, line_id)
    if not reason.strip():
        raise wrong("reason", _l("Say why."))
    if held.balance.state == "void":
        raise line_is_void()
    related = _corrections(uow, held)
    lines = [held, *related]
    if sum(each.balance.open_minor for each in lines) != sum(each.line.amount_minor for each in lines):
        raise line_is_paid()
    day = posting_date(uow)
    for each in lines:
        posted = transfers_for_lines([each.line], day, actor_id=actor.user_id)
        post(uow, [transfer.reversed("void", each.id, day) for transfer in posted])
        each.balance.open_minor, each.balance.state = 0, "void"
        each.balance.void_reason, each.balance.changed_at = reason.strip()[:200], utcnow()
    uow.session.flush()
    uow.audit("fees.line_voided", actor=actor.ref(), subject=("bill_line", held.id))
    return held.line


def set_off(old: LineBalance, new: LineBalance) -> None:
    """A negative line lowers what is open of the line it corrects; what is left of it waits as a credit."""
    if new.open_minor >= 0 or old.state != "open" or old.open_minor <= 0:
        return
    minor = min(-new.open_minor, old.open_minor)
    for balance, change in ((old, -minor), (new, minor)):
        balance.open_minor += change
        balance.state = "open" if balance.open_minor else "settled"
        balance.changed_at = utcnow()


def _issue(uow: UnitOfWork, line: BillLine, actor: Actor) -> LineBalance:
    """Line, part, balance and transfer in one go."""
    uow.session.add(line)
    uow.session.flush()
    part = BillLinePart(
        line_id=line.id, position=0, label="amount", quantity="", unit="", price="", starts_on=line.period_from,
        ends_on=line.period_to, months="", detail={}, amount_minor=line.amount_minor,
    )  # fmt: skip
    balance = LineBalance(
        line_id=line.id, community_id=line.community_id, room_id=line.room_id, person_id=line.person_id,
        item_id=line.item_id, due_on=line.due_on, priority=line.priority, amount_minor=line.amount_minor,
        open_minor=line.amount_minor, state="open", changed_at=utcnow(),
    )  # fmt: skip
    uow.session.add_all([part, balance])
    uow.session.flush()
    post(uow, transfers_for_lines([line], posting_date(uow, line.issue_on), actor_id=actor.user_id))
    return balance


def _held(uow: UnitOfWork, actor: Actor, line_id: UUID) -> HeldLine:
    held = hold_lines(uow, [line_id])[line_id]
    actor.require(ADJUST.code, community_id=held.line.community_id, building_id=held.line.building_id)
    return held


def _corrections(uow: UnitOfWork, held: HeldLine) -> list[HeldLine]:
    """Discounts and adjustments of a line, which go with it."""
    statement = select(BillLine.id).where(
        BillLine.corrects_id == held.id, BillLine.kind.in_(("discount", "adjustment"))
    )
    found = hold_lines(uow, uow.session.scalars(statement))
    return [each for each in found.values() if each.balance.state != "void"]


def _next_sequence(uow: UnitOfWork, old: BillLine) -> int:
    statement = select(func.max(BillLine.sequence)).where(
        BillLine.corrects_id == old.id, BillLine.kind == "adjustment"
    )
    known: Any = uow.session.scalar(statement)
    return 0 if known is None else int(known) + 1


def _check(amount_minor: int, reason: str) -> None:
    if amount_minor == 0 or abs(amount_minor) > MOST_MINOR:
        raise wrong("amount", _l("This number is outside of what is possible."))
    if not reason.strip():
        raise wrong("reason", _l("Say why."))
