"""A payment is an attempt with an id that is committed before money counts as taken: open, take, or cancel."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from plugins.contracts.payments import PaymentStatus, is_final, may_become
from saas.core.actors import Actor
from saas.core.errors import Conflict
from saas.fees import permissions as p
from saas.fees.errors import lines_changed, payment_not_found, payment_over
from saas.fees.events import PaymentNeedsAttention, PaymentSucceeded
from saas.fees.models import Deposit, Payment
from saas.fees.services.cash_desk_shifts import hold_shift
from saas.fees.services.ledger import posting_date
from saas.fees.services.payments_intent import DESK_CHANNELS, PaymentIntent, Plan, plan_of, plan_payment
from saas.fees.services.payments_posting import Booking, book_payment
from saas.fees.services.receipts import issue_receipt, prepare_receipt
from saas.people.models import Person
from tenants import clock
from tenants.clock import utcnow
from tenants.counters import next_number
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

_CANCELED_BECAUSE = {"lines_changed": lines_changed}


@dataclass(frozen=True)
class Taken:
    """A payment that succeeded; `is_new` is False when it had succeeded before this call."""

    payment: Payment
    receipt_id: UUID | None
    is_new: bool


def open_payment(uow: UnitOfWork, *, actor: Actor, intent: PaymentIntent) -> Payment:
    """Step one: the attempt, with the amount that the server computed. No money counts yet. Commit it, then take."""
    plan = plan_payment(uow, actor=actor, intent=intent)
    return add_attempt(uow, actor=actor, plan=plan, intent=intent)


def add_attempt(uow: UnitOfWork, *, actor: Actor, plan: Plan, intent: PaymentIntent) -> Payment:
    """The row of an attempt whose plan is made and allowed already."""
    desk = intent.channel in DESK_CHANNELS
    payment = Payment(
        id=new_id(), state=str(PaymentStatus.PENDING if desk else PaymentStatus.REQUIRES_ACTION),
        channel=intent.channel, provider="desk" if desk else intent.channel, currency=uow.tenant.currency,
        amount_minor=plan.amount_minor, tendered_minor=intent.tendered_minor,
        change_minor=(intent.tendered_minor or plan.amount_minor) - plan.amount_minor,
        intent=plan.as_json() | ({"reference": intent.reference} if intent.reference else {}),
        community_id=plan.community_id, room_id=plan.rest_to.room_id,
        payer_id=intent.payer_id or (None if intent.payer_name else plan.rest_to.person_id),
        payer_name=_payer_name(uow, intent, plan), business_date=clock.business_date(uow.tenant.time_zone),
        cashier_id=actor.user_id if desk else None, cashier_name=actor.name if desk else "", note=intent.note.strip(),
    )  # fmt: skip
    uow.session.add(payment)
    uow.session.flush()
    uow.audit("fees.payment_opened", actor=actor.ref(), subject=("payment", payment.id),
              details={"channel": intent.channel, "amount_minor": plan.amount_minor})  # fmt: skip
    return payment


def take_payment(uow: UnitOfWork, *, actor: Actor, payment_id: UUID) -> Taken:
    """Step two at the desk: the money is in the till. The same attempt again answers the same payment.

    Raises NotFound; Conflict when the lines changed since the attempt or it has ended otherwise.
    """
    payment = hold_payment(uow, payment_id)
    _require_desk(actor, payment)
    if payment.state == PaymentStatus.SUCCEEDED:
        return Taken(payment, None, is_new=False)
    if is_final(PaymentStatus(payment.state)):
        raise _ended(payment)
    return _succeed(uow, actor, payment, trusted=False)


def confirm_payment(
    uow: UnitOfWork, *, actor: Actor, payment_id: UUID, provider_ref: str, amount_minor: int
) -> Taken:
    """A gateway says that it took the money: it is booked whatever became of the lines, once.

    After a failed or cancelled attempt it becomes a payment of its own in the prepaid account, and a person looks.
    """
    actor.require(p.COLLECT.code)
    payment = hold_payment(uow, payment_id)
    if payment.state == PaymentStatus.SUCCEEDED:
        return Taken(payment, None, is_new=False)
    if amount_minor != payment.amount_minor:
        raise Conflict(_l("The amount taken is not the amount asked for."), code="amount_differs")
    if is_final(PaymentStatus(payment.state)):
        return _late_success(uow, actor, payment, provider_ref)
    payment.provider_ref = provider_ref
    return _succeed(uow, actor, payment, trusted=True)


def cancel_payment(uow: UnitOfWork, *, actor: Actor, payment_id: UUID, reason: str) -> Payment:
    """Give up an attempt for which no money came. An attempt that ended stays as it is."""
    payment = hold_payment(uow, payment_id)
    _require_desk(actor, payment)
    if payment.state == PaymentStatus.CANCELED:
        return payment
    if not may_become(PaymentStatus(payment.state), PaymentStatus.CANCELED):
        raise payment_over(payment.state)
    payment.state = str(PaymentStatus.CANCELED)
    payment.intent = {**payment.intent, "ended_because": reason}
    deposit_id = plan_of(payment.amount_minor, payment.intent).deposit_id
    deposit = uow.session.get(Deposit, deposit_id, with_for_update=True) if deposit_id else None
    if deposit is not None and deposit.state == "due":
        deposit.state = "cancelled"
    uow.audit(
        "fees.payment_canceled",
        actor=actor.ref(),
        subject=("payment", payment.id),
        details={"reason": reason},
    )
    return payment


def settle_attention(uow: UnitOfWork, *, actor: Actor, payment_id: UUID, note: str) -> Payment:
    """A person has looked at a payment that missed its line."""
    payment = hold_payment(uow, payment_id)
    actor.require(p.REFUND.code, community_id=payment.community_id)
    if payment.attention is not None:
        uow.audit("fees.payment_settled", actor=actor.ref(), subject=("payment", payment.id),
                  details={"reason": payment.attention, "note": note})  # fmt: skip
        payment.attention = None
    return payment


def hold_payment(uow: UnitOfWork, payment_id: UUID) -> Payment:
    """Lock the attempt: of two who take it, the second one reads what the first one did. Raises NotFound."""
    wanted = select(Payment).where(Payment.id == payment_id).with_for_update()
    payment = uow.session.scalar(wanted.execution_options(populate_existing=True))
    if payment is None:
        raise payment_not_found()
    return payment


def succeed_at_once(uow: UnitOfWork, *, actor: Actor, payment: Payment) -> Taken:
    """Take an attempt that moves money inside the house only (prepaid), in the transaction that opened it."""
    return _succeed(uow, actor, payment, trusted=False)


def _succeed(uow: UnitOfWork, actor: Actor, payment: Payment, *, trusted: bool) -> Taken:
    plan = plan_of(payment.amount_minor, payment.intent)
    desk = payment.channel in DESK_CHANNELS and payment.channel != "prepaid"
    shift = hold_shift(uow, actor) if desk else None
    booking = Booking(payment, posting_date(uow), actor.user_id, shift)
    held = book_payment(uow, booking, plan, trusted=trusted)
    payment.state = str(PaymentStatus.SUCCEEDED)
    payment.business_date, payment.succeeded_at = booking.business_date, utcnow()
    if plan.deposit_id is not None:
        _hold_deposit(uow, plan.deposit_id, payment)
    uow.audit("fees.payment_taken", actor=actor.ref(), subject=("payment", payment.id),
              details={"channel": payment.channel, "amount_minor": payment.amount_minor,
                       "prepaid_minor": payment.prepaid_minor})  # fmt: skip
    _tell(uow, payment, plan)
    prepared = None if plan.is_automatic else prepare_receipt(uow, payment=payment, held=held, plan=plan)
    uow.session.flush()
    # Numbers are taken last: their rows stay locked until the commit.
    month = f"{payment.business_date:%Y%m}"
    payment.number = f"P-{month}-{next_number(uow, 'payment', month):05d}"
    receipt = issue_receipt(uow, actor=actor, payment=payment, prepared=prepared) if prepared else None
    return Taken(payment, receipt.id if receipt else None, is_new=True)


def _late_success(uow: UnitOfWork, actor: Actor, ended: Payment, provider_ref: str) -> Taken:
    """Money came after the attempt had ended; its own row is unique by the gateway's reference."""
    known = uow.session.scalar(
        select(Payment).where(Payment.provider == ended.provider, Payment.provider_ref == provider_ref)
    )
    if known is not None:
        return Taken(known, None, is_new=False)
    plan = plan_of(ended.amount_minor, ended.intent)
    kept = Plan(plan.amount_minor, {}, False, plan.rest_to, ended.community_id)
    payment = Payment(
        id=new_id(), state=str(PaymentStatus.PENDING), channel=ended.channel, provider=ended.provider,
        provider_ref=provider_ref, currency=ended.currency, amount_minor=ended.amount_minor,
        intent=kept.as_json() | {"late_of": str(ended.id)}, community_id=ended.community_id, room_id=ended.room_id,
        payer_id=ended.payer_id, payer_name=ended.payer_name, business_date=ended.business_date,
    )  # fmt: skip
    uow.session.add(payment)
    uow.session.flush()
    taken = _succeed(uow, actor, payment, trusted=True)
    payment.attention = "after_the_end"
    uow.emit(PaymentNeedsAttention(payment.id, payment.attention, payment.community_id))
    return taken


def _hold_deposit(uow: UnitOfWork, deposit_id: UUID, payment: Payment) -> None:
    deposit = uow.session.get(Deposit, deposit_id, with_for_update=True)
    if deposit is None or deposit.state != "due":
        raise Conflict(_l("This deposit was received already."), code="deposit_not_due")
    deposit.state, deposit.payment_id, deposit.received_on = "held", payment.id, payment.business_date


def _tell(uow: UnitOfWork, payment: Payment, plan: Plan) -> None:
    uow.emit(
        PaymentSucceeded(
            payment.id, payment.channel, payment.amount_minor, payment.business_date, payment.room_id,
            payment.payer_id, plan.is_automatic,
        )
    )  # fmt: skip
    if payment.attention is not None:
        uow.emit(PaymentNeedsAttention(payment.id, payment.attention, payment.community_id))


def _require_desk(actor: Actor, payment: Payment) -> None:
    if not actor.may(p.COLLECT.code):
        actor.require(p.COLLECT.code)
    if not actor.may(p.COLLECT.code, everywhere=True) and not _in_scope(actor, payment):
        raise payment_not_found()


def _in_scope(actor: Actor, payment: Payment) -> bool:
    """Within the communities, or the cashier's own attempt, whose lines were checked when it was opened."""
    return payment.cashier_id == actor.user_id or actor.may(p.COLLECT.code, community_id=payment.community_id)


def _ended(payment: Payment) -> Conflict:
    reason = _CANCELED_BECAUSE.get(str(payment.intent.get("ended_because", "")))
    return reason() if reason else payment_over(payment.state)


def _payer_name(uow: UnitOfWork, intent: PaymentIntent, plan: Plan) -> str:
    if intent.payer_name.strip():
        return intent.payer_name.strip()
    payer = uow.session.get(Person, intent.payer_id) if intent.payer_id else None
    return payer.name if payer else plan.rest_to.debtor_name
