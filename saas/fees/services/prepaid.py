"""Prepaid accounts: new bills are paid from them by themselves, what bills turned into credit goes there."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from saas.core.actors import SYSTEM, Actor
from saas.fees.events import PrepaidRanLow
from saas.fees.models import BillLine, LedgerAccount, LineBalance
from saas.fees.preferences import LATE_FEE_FIRST, PREPAID_AUTOMATIC, PREPAID_LOW
from saas.fees.services import accounts
from saas.fees.services.accounts import AccountKey
from saas.fees.services.allocation import allocate
from saas.fees.services.ledger import Transfer, post, posting_date
from saas.fees.services.open_lines import HeldLine, hold_lines
from saas.fees.services.payments import add_attempt, succeed_at_once
from saas.fees.services.payments_intent import PaymentIntent, Plan, PrepaidOwner
from saas.fees.services.payments_posting import facts_of, hold_prepaid
from tenants import preferences
from tenants.unit_of_work import UnitOfWork


def use_prepaid(
    uow: UnitOfWork, *, actor: Actor = SYSTEM, run_id: UUID | None = None, line_ids: Iterable[UUID] = ()
) -> list[UUID]:
    """Pay the open lines of a run, or the lines named, from their own prepaid accounts; gives the payments made.

    Disputed lines wait. Does nothing where the firm has switched it off. Safe to repeat.
    """
    if not preferences.get(uow, PREPAID_AUTOMATIC):
        return []
    wanted = BillLine.run_id == run_id if run_id is not None else BillLine.id.in_(list(line_ids))
    held = hold_lines(uow, _payable(uow, wanted))
    groups: dict[AccountKey, list[HeldLine]] = {}
    for line in held.values():
        if line.open_minor > 0 and not line.balance.is_disputed:
            groups.setdefault(line.prepaid, []).append(line)
    if not groups:
        return []
    available = hold_prepaid(uow, list(groups))
    return [
        _pay(uow, actor, key, lines, available[key]) for key, lines in groups.items() if available[key] > 0
    ]


def absorb_credits(uow: UnitOfWork, *, actor: Actor, line_ids: Iterable[UUID]) -> int:
    """What is still negative of lines (an adjustment of a bill that was paid) goes to the debtor's prepaid account."""
    held = hold_lines(uow, line_ids)
    transfers = []
    for line in held.values():
        if line.open_minor < 0:
            transfers.append(
                Transfer(
                    accounts.RECEIVABLE, line.prepaid, -line.open_minor, "credit", line.id, posting_date(uow),
                    actor_id=actor.user_id, **facts_of(line),
                )
            )  # fmt: skip
            line.change(-line.open_minor)
    post(uow, transfers)
    return sum(each.minor for each in transfers)


def _payable(uow: UnitOfWork, wanted: ColumnElement[bool]) -> list[UUID]:
    """Open lines whose debtor and room have a prepaid account at all."""
    same_debtor = or_(
        LedgerAccount.person_id == BillLine.person_id,
        and_(
            LedgerAccount.person_id.is_(None),
            BillLine.person_id.is_(None),
            LedgerAccount.debtor_name == BillLine.debtor_name,
        ),
    )
    statement = (
        select(BillLine.id)
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .join(
            LedgerAccount,
            and_(LedgerAccount.kind == "prepaid", LedgerAccount.room_id == BillLine.room_id, same_debtor),
        )
        .where(wanted, LineBalance.state == "open", LineBalance.open_minor > 0)
    )
    return list(uow.session.scalars(statement))


def _pay(uow: UnitOfWork, actor: Actor, key: AccountKey, lines: list[HeldLine], available: int) -> UUID:
    line = lines[0].line
    amount = min(available, sum(each.open_minor for each in lines))
    late_first = preferences.get(uow, LATE_FEE_FIRST)
    shares = allocate([each.as_open() for each in lines], amount, late_fee_first=late_first).shares
    paid = {each.id: each for each in lines if each.id in {share.line_id for share in shares}}
    plan = Plan(
        amount, {each.id: each.open_minor for each in paid.values()}, False,
        PrepaidOwner(line.person_id, line.room_id, line.debtor_name), line.community_id, is_automatic=True,
    )  # fmt: skip
    payment = add_attempt(uow, actor=actor, plan=plan, intent=PaymentIntent("prepaid"))
    succeed_at_once(uow, actor=actor, payment=payment)
    _tell_if_low(uow, key, available - amount)
    return payment.id


def _tell_if_low(uow: UnitOfWork, key: AccountKey, left: int) -> None:
    if key.person_id is not None and left < preferences.get(uow, PREPAID_LOW):
        uow.emit(PrepaidRanLow(key.person_id, key.room_id, left, posting_date(uow)))
