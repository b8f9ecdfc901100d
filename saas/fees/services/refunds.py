"""Money going back: per line or from the prepaid account, by the way it came, never above what was paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, insert, select

from plugins.contracts.payments import PaymentStatus
from saas.core.actors import Actor
from saas.core.errors import Conflict
from saas.estate.models import Room
from saas.fees import permissions as p
from saas.fees.errors import (
    already_decided,
    payment_not_found,
    prepaid_too_low,
    refund_not_found,
    second_person_needed,
    too_much_to_refund,
    wrong,
)
from saas.fees.events import PaymentRefunded
from saas.fees.models import Deposit, LedgerAccount, Payment, PaymentAllocation, Refund
from saas.fees.preferences import REFUND_LIMIT
from saas.fees.services import accounts
from saas.fees.services.accounts import AccountKey, account_ids, key_of
from saas.fees.services.cash_desk_shifts import hold_shift
from saas.fees.services.deposits_held import return_deposit
from saas.fees.services.ledger import Transfer, post, posting_date
from saas.fees.services.open_lines import HeldLine, hold_lines
from saas.fees.services.payments import hold_payment
from saas.fees.services.payments_intent import DESK_CHANNELS, PrepaidOwner, plan_of
from saas.fees.services.payments_posting import facts_of, hold_prepaid
from saas.fees.services.receipts import issue_refund_receipt, paid_by_line
from tenants import preferences
from tenants.clock import utcnow
from tenants.counters import next_number
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

_REFUSED = ("rejected", "FAILED", "CANCELED")


@dataclass(frozen=True)
class RefundWish:
    """What is to go back of a payment: so much of each line, and so much of what it left in the prepaid account."""

    payment_id: UUID
    reason: str
    lines: Mapping[UUID, int]
    prepaid_minor: int = 0

    @property
    def amount_minor(self) -> int:
        return sum(self.lines.values()) + self.prepaid_minor


def request_refund(uow: UnitOfWork, *, actor: Actor, wish: RefundWish) -> Refund:
    """Ask for a refund. Up to the firm's limit it is approved at once; above, a second person decides.

    Raises NotFound, Conflict (refund_above_paid), InvalidInput.
    """
    payment = hold_payment(uow, wish.payment_id)
    _require(actor, p.REFUND.code, payment.community_id)
    _check_wish(wish)
    if payment.state != PaymentStatus.SUCCEEDED:
        raise Conflict(_l("Only a payment that succeeded can be paid back."), code="payment_not_taken")
    _check_room(uow, payment, wish)
    refund = Refund(
        id=new_id(), payment_id=payment.id, amount_minor=wish.amount_minor, channel=payment.channel,
        lines=[{"line_id": str(line), "minor": minor} for line, minor in wish.lines.items()],
        reason=wish.reason.strip(), requested_by=actor.user_id, requested_by_name=actor.name,
    )  # fmt: skip
    return _added(uow, actor, refund)


def request_prepaid_refund(
    uow: UnitOfWork, *, actor: Actor, owner: PrepaidOwner, amount_minor: int, channel: str, reason: str
) -> Refund:
    """Ask to pay out what a prepaid account holds, whatever payments filled it."""
    room = uow.session.get(Room, owner.room_id) if owner.room_id else None
    _require(actor, p.REFUND.code, room.community_id if room else None)
    if amount_minor <= 0 or channel not in DESK_CHANNELS or channel == "prepaid":
        raise wrong("amount", _l("Enter an amount above zero and how it is paid out."))
    if not reason.strip():
        raise wrong("reason", _l("Say why."))
    available = hold_prepaid(uow, [owner.account])[owner.account]
    account = account_ids(uow, [owner.account])[owner.account]
    waiting = _sum_waiting(uow, Refund.account_id == account)
    if amount_minor > available - waiting:
        raise prepaid_too_low(available - waiting)
    refund = Refund(
        id=new_id(), account_id=account, amount_minor=amount_minor, channel=channel, reason=reason.strip(),
        requested_by=actor.user_id, requested_by_name=actor.name,
    )  # fmt: skip
    return _added(uow, actor, refund)


def decide_refund(uow: UnitOfWork, *, actor: Actor, refund_id: UUID, approve: bool) -> Refund:
    """Approve or reject what somebody else asked for. Raises Conflict when decided or asked by the same person."""
    refund = hold_refund(uow, refund_id)
    _require(actor, p.REFUND_APPROVE.code, _community_of(uow, refund))
    if refund.state != "requested":
        raise already_decided()
    if refund.requested_by == actor.user_id:
        raise second_person_needed()
    refund.state = "approved" if approve else "rejected"
    refund.decided_by, refund.decided_by_name, refund.decided_at = actor.user_id, actor.name, utcnow()
    uow.audit(f"fees.refund_{refund.state}", actor=actor.ref(), subject=("refund", refund.id))
    return refund


def pay_out_refund(uow: UnitOfWork, *, actor: Actor, refund_id: UUID) -> Refund:
    """The money goes back: lines are open again by so much, the books say by which way. Once, however often asked."""
    refund = hold_refund(uow, refund_id)
    community = _community_of(uow, refund)
    _require(actor, p.REFUND.code, community)
    if refund.state == PaymentStatus.SUCCEEDED:
        return refund
    if refund.state != "approved":
        raise Conflict(_l("This refund is not approved."), code="refund_not_approved", state=refund.state)
    shift = (
        hold_shift(uow, actor) if refund.channel in DESK_CHANNELS and refund.channel != "prepaid" else None
    )
    day = posting_date(uow)
    payer, room_id = _book(uow, actor, refund, shift, day)
    refund.state, refund.succeeded_at, refund.business_date = str(PaymentStatus.SUCCEEDED), utcnow(), day
    uow.audit("fees.refund_paid_out", actor=actor.ref(), subject=("refund", refund.id),
              details={"amount_minor": refund.amount_minor, "channel": refund.channel})  # fmt: skip
    uow.emit(PaymentRefunded(refund.id, refund.payment_id, refund.amount_minor))
    uow.session.flush()
    refund.number = f"RF-{day:%Y%m}-{next_number(uow, 'refund', f'{day:%Y%m}'):05d}"
    issue_refund_receipt(
        uow, actor=actor, refund=refund, community_id=community, room_id=room_id, payer=payer
    )
    return refund


def hold_refund(uow: UnitOfWork, refund_id: UUID) -> Refund:
    """Lock a refund. Raises NotFound."""
    wanted = select(Refund).where(Refund.id == refund_id).with_for_update()
    refund = uow.session.scalar(wanted.execution_options(populate_existing=True))
    if refund is None:
        raise refund_not_found()
    return refund


def approve_within_limit(uow: UnitOfWork, refund: Refund) -> None:
    """Small refunds need nobody else."""
    if refund.amount_minor <= preferences.get(uow, REFUND_LIMIT):
        refund.state = "approved"


def _added(uow: UnitOfWork, actor: Actor, refund: Refund) -> Refund:
    refund.state = "requested"
    approve_within_limit(uow, refund)
    uow.session.add(refund)
    uow.audit("fees.refund_requested", actor=actor.ref(), subject=("refund", refund.id),
              details={"amount_minor": refund.amount_minor, "state": refund.state})  # fmt: skip
    uow.session.flush()
    return refund


def _check_wish(wish: RefundWish) -> None:
    if wish.prepaid_minor < 0 or any(minor <= 0 for minor in wish.lines.values()) or wish.amount_minor <= 0:
        raise wrong("amount", _l("Enter an amount above zero."))
    if not wish.reason.strip():
        raise wrong("reason", _l("Say why."))


def _check_room(uow: UnitOfWork, payment: Payment, wish: RefundWish) -> None:
    """Each line up to what this payment paid of it, the rest up to what it left; what waits counts as gone."""
    waiting = uow.session.scalars(
        select(Refund).where(
            Refund.payment_id == payment.id, Refund.state.not_in((*_REFUSED, str(PaymentStatus.SUCCEEDED)))
        )
    ).all()
    asked: dict[UUID, int] = {}
    for refund in waiting:
        for share in refund.lines:
            line = UUID(share["line_id"])
            asked[line] = asked.get(line, 0) + share["minor"]
    paid = paid_by_line(uow, payment.id)
    for line, minor in wish.lines.items():
        available = paid.get(line, 0) - asked.get(line, 0)
        if minor > available:
            raise too_much_to_refund(max(available, 0))
    left = payment.amount_minor - payment.refunded_minor - sum(each.amount_minor for each in waiting)
    kept = left - sum(paid.values()) + sum(asked.values())
    if wish.prepaid_minor > kept or wish.amount_minor > left:
        raise too_much_to_refund(max(min(kept, left), 0))


def _book(
    uow: UnitOfWork, actor: Actor, refund: Refund, shift: UUID | None, day: date
) -> tuple[str, UUID | None]:
    """Post both legs: what is owed or held goes to the refund account, from there out. Gives payer and room."""
    if refund.account_id is not None:
        account = uow.session.get(LedgerAccount, refund.account_id)
        assert account is not None
        key = key_of(account)
        _require_held(uow, key, refund.amount_minor)
        _post(uow, actor, refund, shift, day, [(key, refund.amount_minor, _prepaid_facts(key, None))], None)
        return account.debtor_name, account.room_id
    if refund.deposit_id is not None:
        deposit = return_deposit(uow, refund.deposit_id, refund.amount_minor, day)
        facts = {
            "room_id": deposit.room_id,
            "person_id": deposit.person_id,
            "community_id": deposit.community_id,
        }
        _post(uow, actor, refund, shift, day, [(accounts.DEPOSIT, refund.amount_minor, facts)], None)
        return deposit.payer_name, deposit.room_id
    if refund.payment_id is None:
        raise refund_not_found()
    payment = hold_payment(uow, refund.payment_id)
    shares = {UUID(share["line_id"]): int(share["minor"]) for share in refund.lines}
    held = hold_lines(uow, shares)
    legs: list[tuple[AccountKey, int, dict[str, Any]]] = [
        (accounts.RECEIVABLE, minor, facts_of(held[line])) for line, minor in shares.items()
    ]
    rest = refund.amount_minor - sum(shares.values())
    if rest:
        owner = plan_of(payment.amount_minor, payment.intent).rest_to.account
        _require_held(uow, owner, rest)
        legs.append((owner, rest, _prepaid_facts(owner, payment.community_id)))
    _post(uow, actor, refund, shift, day, legs, held)
    _take_back(uow, refund, payment, shares, held, day)
    return payment.payer_name, payment.room_id


def _post(
    uow: UnitOfWork,
    actor: Actor,
    refund: Refund,
    shift: UUID | None,
    day: date,
    legs: Sequence[tuple[AccountKey, int, dict[str, Any]]],
    held: Mapping[UUID, HeldLine] | None,
) -> None:
    """Back by the way it came: what was paid from prepaid accounts returns to them, line by line."""
    common: dict[str, Any] = {"channel": refund.channel, "actor_id": actor.user_id, "shift_id": shift}
    transfers: list[Transfer] = []
    for account, minor, facts in legs:
        line = held[facts["line_id"]] if held and facts.get("line_id") else None
        way = line.prepaid if refund.channel == "prepaid" and line else accounts.cash(refund.channel)
        for debit, credit in ((account, accounts.REFUND), (accounts.REFUND, way)):
            transfers.append(
                Transfer(
                    debit, credit, minor, "refund", refund.id, day, leg=len(transfers), **common, **facts
                )
            )
    post(uow, transfers)


def _take_back(
    uow: UnitOfWork, refund: Refund, payment: Payment, shares: Mapping[UUID, int], held: Mapping[UUID, HeldLine],
    day: date,
) -> None:  # fmt: skip
    now = utcnow()
    rows = [
        {
            "id": new_id(), "payment_id": payment.id, "line_id": line, "minor": -minor, "refund_id": refund.id,
            "business_date": day, "at": now,
        }
        for line, minor in shares.items()
    ]  # fmt: skip
    if rows:
        uow.session.execute(insert(PaymentAllocation), rows)
    for line, minor in shares.items():
        held[line].change(minor)
    payment.refunded_minor += refund.amount_minor


def _require_held(uow: UnitOfWork, key: AccountKey, minor: int) -> None:
    available = hold_prepaid(uow, [key])[key]
    if minor > available:
        raise prepaid_too_low(available)


def _prepaid_facts(key: AccountKey, community_id: UUID | None) -> dict[str, Any]:
    return {"room_id": key.room_id, "person_id": key.person_id, "community_id": community_id}


def _sum_waiting(uow: UnitOfWork, condition: ColumnElement[bool]) -> int:
    wanted = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        condition, Refund.state.not_in((*_REFUSED, str(PaymentStatus.SUCCEEDED)))
    )
    return int(uow.session.scalar(wanted) or 0)


def _community_of(uow: UnitOfWork, refund: Refund) -> UUID | None:
    if refund.payment_id is not None:
        return uow.session.scalar(select(Payment.community_id).where(Payment.id == refund.payment_id))
    if refund.deposit_id is not None:
        return uow.session.scalar(select(Deposit.community_id).where(Deposit.id == refund.deposit_id))
    wanted = select(Room.community_id).join(LedgerAccount, LedgerAccount.room_id == Room.id)
    return uow.session.scalar(wanted.where(LedgerAccount.id == refund.account_id))


def _require(actor: Actor, permission: str, community_id: UUID | None) -> None:
    actor.require(permission)
    if actor.may(permission, everywhere=True):
        return
    if community_id is None or not actor.may(permission, community_id=community_id):
        raise payment_not_found()
