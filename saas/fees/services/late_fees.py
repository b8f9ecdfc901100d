"""Late fees: what accrued on each line is shown before it is charged; charged, it is a line of its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, cast
from uuid import UUID

from sqlalchemy import func, select, text

from saas.core.actors import Actor
from saas.fees.models import BillLine, BillLinePart, FeeItem, LedgerAccount, LedgerTransfer, LineBalance
from saas.fees.permissions import ADJUST
from saas.fees.pricing.late_fee import LateFee, LateFeeRule, Payment, accrue, charge
from saas.fees.pricing.money import Rounding
from saas.fees.services.accounts import RECEIVABLE
from saas.fees.services.ledger import post, posting_date, transfers_for_lines
from saas.fees.services.open_lines import hold_lines
from tenants import clock
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

PRINCIPALS = ("charge", "one_off", "opening", "adjustment")

_LATE = text(
    "SELECT b.line_id FROM line_balance b JOIN bill_line l ON l.id = b.line_id JOIN fee_item i ON i.id = l.item_id"
    " WHERE i.late_rate > 0 AND l.kind IN ('charge', 'one_off', 'opening', 'adjustment') AND l.amount_minor > 0"
    " AND NOT b.is_disputed AND b.due_on + i.late_grace_days < :until"
    " AND (CAST(:community AS uuid) IS NULL OR b.community_id = CAST(:community AS uuid))"
    " AND (CAST(:room AS uuid) IS NULL OR b.room_id = CAST(:room AS uuid))"
    " AND (b.state = 'open' AND b.open_minor > 0 OR b.state = 'settled' AND EXISTS ("
    "SELECT FROM ledger_transfer t WHERE t.line_id = b.line_id AND t.business_date > b.due_on + i.late_grace_days"
    " AND t.business_date > COALESCE(b.late_charged_to, '-infinity'))) ORDER BY b.line_id"
)


@dataclass(frozen=True)
class Accrued:
    """The late fee of one line up to a day: its steps, what was charged before, and what is still to be charged."""

    line: BillLine
    fee: LateFee
    until: date
    charged_minor: int
    to_charge_minor: int


def late_lines(
    uow: UnitOfWork, until: date, *, community_id: UUID | None = None, room_id: UUID | None = None
) -> list[UUID]:
    """Lines on which a fee may have accrued: overdue beyond the grace, or paid after it."""
    found = uow.session.execute(_LATE, {"until": until, "community": community_id, "room": room_id})
    return [row.line_id for row in found]


def accrued_of(uow: UnitOfWork, line_ids: Collection[UUID], until: date | None = None) -> dict[UUID, Accrued]:
    """What accrued on lines up to and including a day (default: today); lines without a rate are left out."""
    day = until or clock.business_date(uow.tenant.time_zone)
    statement = (
        select(BillLine, FeeItem, LineBalance.state)
        .join(FeeItem, FeeItem.id == BillLine.item_id)
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .where(
            BillLine.id.in_(line_ids), BillLine.kind.in_(PRINCIPALS), BillLine.amount_minor > 0,
            FeeItem.late_rate > 0, LineBalance.state != "void",
        )
    )  # fmt: skip
    rows = uow.session.execute(statement).all() if line_ids else []
    ids = [line.id for line, _, _ in rows]
    paid, taken_off, charged = _payments(uow, ids), _taken_off(uow, ids), _charged(uow, ids)
    found = {}
    for line, item, _ in rows:
        cap = Fraction(1) if item.late_cap is None else Fraction(item.late_cap)
        rule = LateFeeRule(Fraction(item.late_rate or 0), item.late_grace_days, cap)
        principal = max(0, line.amount_minor + taken_off.get(line.id, 0))
        fee = accrue(rule, principal, line.due_on, day, paid.get(line.id, ()))
        before = charged.get(line.id, 0)
        rounding = Rounding(item.rounding_unit, cast(Any, item.rounding_mode))
        found[line.id] = Accrued(line, fee, day, before, charge(fee, before, rounding))
    return found


def charge_late_fees(
    uow: UnitOfWork,
    *,
    actor: Actor,
    community_id: UUID | None = None,
    room_id: UUID | None = None,
    line_ids: Collection[UUID] | None = None,
    until: date | None = None,
) -> list[BillLine]:
    """Charge what accrued: one line of kind late_fee for each line. Again on the same day charges nothing."""
    if community_id is None and line_ids is None and room_id is None:
        actor.require(ADJUST.code, everywhere=True)
    day = until or clock.business_date(uow.tenant.time_zone)
    ids = (
        list(line_ids)
        if line_ids is not None
        else late_lines(uow, day, community_id=community_id, room_id=room_id)
    )
    held = hold_lines(uow, ids)
    made = []
    for line_id, accrued in sorted(accrued_of(uow, ids, day).items()):
        line, balance = accrued.line, held[line_id].balance
        actor.require(ADJUST.code, community_id=line.community_id, building_id=line.building_id)
        if balance.is_disputed or accrued.to_charge_minor == 0:
            continue
        made.append(_issue(uow, actor, accrued, balance.late_charged_to))
        balance.late_charged_to = day
    uow.session.flush()
    return made


def _issue(uow: UnitOfWork, actor: Actor, accrued: Accrued, charged_to: date | None) -> BillLine:
    source, steps = accrued.line, accrued.fee.steps
    begin = charged_to or (steps[0].start if steps else source.due_on)
    copied = (
        "item_id", "object_kind", "object_id", "object_key", "community_id", "building_id", "room_id",
        "person_id", "debtor_name", "priority",
    )  # fmt: skip
    today = clock.business_date(uow.tenant.time_zone)
    line = BillLine(
        id=new_id(), run_id=None, kind="late_fee", sequence=0, assignment_id=None, corrects_id=source.id,
        **{name: getattr(source, name) for name in copied}, tax_rate=0,
        period_from=min(begin, accrued.until - timedelta(days=1)), period_to=accrued.until, issue_on=today,
        due_on=today, amount_minor=accrued.to_charge_minor, reason="", explanation=_explained(accrued),
        issued_at=clock.utcnow(), issued_by=actor.user_id,
    )  # fmt: skip
    uow.session.add(line)
    uow.session.flush()
    part = BillLinePart(
        line_id=line.id, position=0, label="late_fee", quantity="", unit="", price="", months="", detail={},
        starts_on=line.period_from, ends_on=line.period_to, amount_minor=line.amount_minor,
    )  # fmt: skip
    balance = LineBalance(
        line_id=line.id, community_id=line.community_id, room_id=line.room_id, person_id=line.person_id,
        item_id=line.item_id, due_on=line.due_on, priority=line.priority, amount_minor=line.amount_minor,
        open_minor=line.amount_minor, state="open", changed_at=clock.utcnow(),
    )  # fmt: skip
    uow.session.add_all([part, balance])
    uow.session.flush()
    post(uow, transfers_for_lines([line], posting_date(uow, today), actor_id=actor.user_id))
    uow.audit(
        "fees.late_fee_charged", actor=actor.ref(), subject=("bill_line", line.id),
        details={"minor": line.amount_minor, "of": str(source.id)},
    )  # fmt: skip
    return line


def _explained(accrued: Accrued) -> dict[str, Any]:
    """Each step with its principal and days, so that the fee can be checked with a pencil."""
    return {
        "of": str(accrued.line.id),
        "capped": accrued.fee.capped,
        "charged_before": accrued.charged_minor,
        "steps": [
            {
                "from": step.start.isoformat(), "to": step.end.isoformat(), "days": step.days,
                "principal": step.principal_minor, "minor": str(step.minor),
            }
            for step in accrued.fee.steps
        ],
    }  # fmt: skip


def _payments(uow: UnitOfWork, line_ids: Collection[UUID]) -> dict[UUID, list[Payment]]:
    """Whatever lowered or raised what is owed of a line after it was issued: payments, write-offs, adjustments."""
    receivable = select(LedgerAccount.id).where(LedgerAccount.key == RECEIVABLE.key).scalar_subquery()
    target = func.coalesce(BillLine.corrects_id, BillLine.id).label("target")
    statement = (
        select(
            BillLine.id, BillLine.corrects_id, LedgerTransfer.business_date, LedgerTransfer.minor,
            (LedgerTransfer.credit_id == receivable).label("paid"),
        )
        .join(LedgerTransfer, LedgerTransfer.line_id == BillLine.id)
        .where(
            (
                BillLine.id.in_(line_ids)
                & ~((LedgerTransfer.cause.in_(("bill", "opening"))) & (LedgerTransfer.cause_id == BillLine.id))
            )
            | (
                BillLine.corrects_id.in_(line_ids)
                & (BillLine.kind == "adjustment")
                & (BillLine.amount_minor < 0)
            ),
            (LedgerTransfer.credit_id == receivable) | (LedgerTransfer.debit_id == receivable),
        )
        .order_by(target, LedgerTransfer.business_date)
    )  # fmt: skip
    found: dict[UUID, list[Payment]] = {}
    wanted = set(line_ids)
    for line_id, corrects_id, day, minor, paid in uow.session.execute(statement) if line_ids else ():
        key = line_id if line_id in wanted or corrects_id is None else corrects_id
        found.setdefault(key, []).append(Payment(day, minor if paid else -minor))
    return found


def _taken_off(uow: UnitOfWork, line_ids: Collection[UUID]) -> dict[UUID, int]:
    """Discounts belong to the principal from the start (their sums are negative)."""
    return _sums(uow, line_ids, "discount")


def _charged(uow: UnitOfWork, line_ids: Collection[UUID]) -> dict[UUID, int]:
    """Late fees charged before, waived ones included: what was waived does not come back."""
    return _sums(uow, line_ids, "late_fee")


def _sums(uow: UnitOfWork, line_ids: Collection[UUID], kind: str) -> dict[UUID, int]:
    statement = (
        select(BillLine.corrects_id, func.sum(BillLine.amount_minor))
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .where(BillLine.corrects_id.in_(line_ids), BillLine.kind == kind, LineBalance.state != "void")
        .group_by(BillLine.corrects_id)
    )
    return {line_id: int(minor) for line_id, minor in uow.session.execute(statement) if line_id}
