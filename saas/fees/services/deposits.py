"""Deposits (押金): received at the desk, deducted with evidence, returned; an account of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from plugins.contracts.payments import PaymentStatus
from saas.core.actors import Actor
from saas.core.errors import Conflict, NotFound
from saas.estate.models import Room
from saas.fees import permissions as p
from saas.fees.errors import deposit_not_found, deposit_too_low, item_unknown, wrong
from saas.fees.models import Deposit, FeeItem, Payment, Refund
from saas.fees.services import accounts
from saas.fees.services.deposits_held import held_minor, hold_deposit, note_move
from saas.fees.services.ledger import Transfer, post, posting_date
from saas.fees.services.open_lines import hold_lines
from saas.fees.services.payments import add_attempt
from saas.fees.services.payments_intent import PaymentIntent, Plan, PrepaidOwner, require_person
from saas.fees.services.payments_posting import facts_of
from saas.fees.services.refunds import approve_within_limit
from tenants.counters import next_number
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class DepositWish:
    """What is to be held for whom."""

    item_id: UUID
    room_id: UUID
    amount_minor: int
    channel: str
    person_id: UUID | None = None
    payer_name: str = ""
    tendered_minor: int | None = None
    note: str = ""


def open_deposit(uow: UnitOfWork, *, actor: Actor, wish: DepositWish) -> tuple[Deposit, Payment]:
    """The deposit that is due and the attempt that pays it: commit, then `payments.take_payment`."""
    room = uow.session.get(Room, wish.room_id)
    if room is None:
        raise NotFound()
    actor.require(p.COLLECT.code, community_id=room.community_id, building_id=room.building_id)
    item = uow.session.get(FeeItem, wish.item_id)
    if item is None:
        raise item_unknown()
    if not item.is_deposit:
        raise wrong("item_id", _l("This item is no deposit."))
    if wish.amount_minor <= 0 or wish.channel not in ("cash", "pos", "transfer"):
        raise wrong("amount", _l("Enter an amount above zero and how it is paid."))
    if wish.tendered_minor is not None and wish.tendered_minor < wish.amount_minor:
        raise wrong("tendered", _l("Less was handed over than is to be paid."))
    require_person(uow, "person_id", wish.person_id)
    deposit = Deposit(
        id=new_id(), state="due", item_id=wish.item_id, community_id=room.community_id, room_id=wish.room_id,
        person_id=wish.person_id, payer_name=wish.payer_name.strip(), amount_minor=wish.amount_minor,
        note=wish.note.strip(),
    )  # fmt: skip
    uow.session.add(deposit)
    intent = PaymentIntent(
        wish.channel, room_ids=(wish.room_id,), amount_minor=wish.amount_minor, tendered_minor=wish.tendered_minor,
        payer_id=wish.person_id, payer_name=wish.payer_name,
    )  # fmt: skip
    owner = PrepaidOwner(wish.person_id, wish.room_id, wish.payer_name)
    plan = Plan(wish.amount_minor, {}, True, owner, room.community_id, deposit_id=deposit.id)
    payment = add_attempt(uow, actor=actor, plan=plan, intent=intent)
    deposit.payer_name = deposit.payer_name or payment.payer_name
    uow.audit("fees.deposit_opened", actor=actor.ref(), subject=("deposit", deposit.id),
              details={"amount_minor": wish.amount_minor})  # fmt: skip
    uow.session.flush()
    deposit.number = (
        f"D-{payment.business_date:%Y%m}-{next_number(uow, 'deposit', f'{payment.business_date:%Y%m}'):05d}"
    )
    return deposit, payment


def deduct_deposit(
    uow: UnitOfWork, *, actor: Actor, deposit_id: UUID, amount_minor: int, reason: str, evidence_key: str,
    line_id: UUID | None = None,
) -> Deposit:  # fmt: skip
    """Keep a part: for an open line, or as income of the deposit's item. A reason and evidence (a file) are needed."""
    deposit = _in_scope(uow, actor, p.REFUND.code, deposit_id)
    if not reason.strip() or not evidence_key.strip():
        raise wrong("evidence", _l("A deduction needs a reason and evidence, such as a photo or a bill."))
    if amount_minor <= 0:
        raise wrong("amount", _l("Enter an amount above zero."))
    available = held_minor(deposit) - _waiting(uow, deposit.id)
    if amount_minor > available:
        raise deposit_too_low(available)
    day = posting_date(uow)
    _post_deduction(uow, actor, deposit, amount_minor, line_id)
    deposit.deducted_minor += amount_minor
    note_move(
        deposit,
        {"what": "deduction", "minor": amount_minor, "reason": reason.strip(), "evidence": evidence_key,
         "line_id": str(line_id) if line_id else None, "by": actor.name},
        day,
    )  # fmt: skip
    uow.audit("fees.deposit_deducted", actor=actor.ref(), subject=("deposit", deposit.id), fields=("moves",),
              details={"amount_minor": amount_minor})  # fmt: skip
    return deposit


def request_deposit_return(
    uow: UnitOfWork, *, actor: Actor, deposit_id: UUID, reason: str, amount_minor: int | None = None
) -> Refund:
    """Ask to give back what is held, or a part, by the way it came; then decide (above the limit) and pay out."""
    deposit = _in_scope(uow, actor, p.REFUND.code, deposit_id)
    available = held_minor(deposit) - _waiting(uow, deposit.id)
    minor = available if amount_minor is None else amount_minor
    if minor <= 0 or minor > available:
        raise deposit_too_low(available)
    payment = uow.session.get(Payment, deposit.payment_id) if deposit.payment_id else None
    refund = Refund(
        id=new_id(), state="requested", deposit_id=deposit.id, amount_minor=minor,
        channel=payment.channel if payment else "cash", reason=reason.strip(), requested_by=actor.user_id,
        requested_by_name=actor.name,
    )  # fmt: skip
    approve_within_limit(uow, refund)
    uow.session.add(refund)
    uow.audit("fees.refund_requested", actor=actor.ref(), subject=("refund", refund.id),
              details={"amount_minor": minor, "state": refund.state})  # fmt: skip
    uow.session.flush()
    return refund


def _post_deduction(
    uow: UnitOfWork, actor: Actor, deposit: Deposit, minor: int, line_id: UUID | None
) -> None:
    """Each deduction is a cause of its own, named in the deposit's moves."""
    day, cause_id = posting_date(uow), new_id()
    if line_id is None:
        facts: dict[str, Any] = {
            "room_id": deposit.room_id, "person_id": deposit.person_id, "community_id": deposit.community_id,
            "item_id": deposit.item_id,
        }  # fmt: skip
        credit = accounts.income(deposit.item_id)
    else:
        held = hold_lines(uow, [line_id])[line_id]
        if held.open_minor < minor:
            raise Conflict(_l("Less is open of this bill."), code="line_open_less")
        held.change(-minor)
        facts, credit = facts_of(held), accounts.RECEIVABLE
    post(
        uow,
        [
            Transfer(
                accounts.DEPOSIT, credit, minor, "deposit", cause_id, day, actor_id=actor.user_id, **facts
            )
        ],
    )


def _waiting(uow: UnitOfWork, deposit_id: UUID) -> int:
    over = ("rejected", "FAILED", "CANCELED", str(PaymentStatus.SUCCEEDED))
    wanted = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.deposit_id == deposit_id, Refund.state.not_in(over)
    )
    return int(uow.session.scalar(wanted) or 0)


def _in_scope(uow: UnitOfWork, actor: Actor, permission: str, deposit_id: UUID) -> Deposit:
    actor.require(permission)
    deposit = hold_deposit(uow, deposit_id)
    if not actor.may(permission, community_id=deposit.community_id):
        raise deposit_not_found()
    return deposit
