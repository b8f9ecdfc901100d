"""What a payment that succeeded does to the books: allocations, transfers, what is open, all in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from saas.fees.errors import lines_changed, prepaid_too_low
from saas.fees.models import LedgerAccount, Payment, PaymentAllocation
from saas.fees.preferences import LATE_FEE_FIRST
from saas.fees.queries.balances import account_balances
from saas.fees.services import accounts
from saas.fees.services.accounts import AccountKey, account_ids
from saas.fees.services.allocation import Allocation, Share, allocate
from saas.fees.services.ledger import Transfer, post
from saas.fees.services.open_lines import HeldLine, hold_lines
from saas.fees.services.payments_intent import Plan
from tenants import preferences
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Booking:
    """Facts that all transfers of one payment share."""

    payment: Payment
    business_date: date
    actor_id: UUID | None
    shift_id: UUID | None

    def transfer(self, debit: AccountKey, credit: AccountKey, minor: int, leg: int, **facts: Any) -> Transfer:
        """One leg of the payment."""
        return Transfer(
            debit, credit, minor, "payment", self.payment.id, self.business_date, leg=leg,
            channel=self.payment.channel, actor_id=self.actor_id, shift_id=self.shift_id, **facts,
        )  # fmt: skip


def book_payment(uow: UnitOfWork, booking: Booking, plan: Plan, *, trusted: bool) -> dict[UUID, HeldLine]:
    """Allocate and post. `trusted` money is here already and never refused: what finds no line becomes prepaid.

    Sets the payment's sums and, for trusted money that missed its line, `attention`. Raises Conflict otherwise.
    """
    payment = booking.payment
    if plan.deposit_id is not None:
        _book_deposit(uow, booking)
        return {}
    held = hold_lines(uow, plan.lines)
    if (
        not trusted
        and plan.is_strict
        and any(held[line].open_minor != was for line, was in plan.lines.items())
    ):
        raise lines_changed()
    allocation = _allocated(uow, held, payment.amount_minor)
    if trusted:
        payment.attention = _misfit(held, plan)
    transfers = (
        _from_prepaid(uow, booking, held, allocation)
        if payment.channel == "prepaid"
        else _from_outside(booking, held, allocation, plan)
    )
    post(uow, transfers)
    _allocate(uow, booking, held, allocation.shares)
    payment.allocated_minor = payment.amount_minor - allocation.rest
    payment.prepaid_minor = allocation.rest
    return held


def _allocated(uow: UnitOfWork, held: Mapping[UUID, HeldLine], amount: int) -> Allocation:
    lines = [line.as_open() for line in held.values()]
    return allocate(lines, amount, late_fee_first=preferences.get(uow, LATE_FEE_FIRST))


def _misfit(held: Mapping[UUID, HeldLine], plan: Plan) -> str | None:
    """Why a person should look: money came for what is void, or paid otherwise meanwhile."""
    if any(held[line].balance.state == "void" for line in plan.lines):
        return "void_line"
    return "paid_meanwhile" if any(held[line].open_minor < was for line, was in plan.lines.items()) else None


def _from_outside(
    booking: Booking, held: Mapping[UUID, HeldLine], allocation: Allocation, plan: Plan
) -> list[Transfer]:
    till = accounts.cash(booking.payment.channel)
    found = [
        booking.transfer(till, accounts.RECEIVABLE, share.minor, leg, **facts_of(held[share.line_id]))
        for leg, share in enumerate(allocation.shares)
    ]
    if allocation.rest:
        owner = plan.rest_to
        found.append(
            booking.transfer(
                till, owner.account, allocation.rest, len(found), room_id=owner.room_id,
                person_id=owner.person_id, community_id=booking.payment.community_id,
            )
        )  # fmt: skip
    return found


def _from_prepaid(
    uow: UnitOfWork, booking: Booking, held: Mapping[UUID, HeldLine], allocation: Allocation
) -> list[Transfer]:
    """Each line from the account of its own debtor and room; nothing can be left over. Raises Conflict."""
    wanted: dict[AccountKey, int] = {}
    for share in allocation.shares:
        key = held[share.line_id].prepaid
        wanted[key] = wanted.get(key, 0) + share.minor
    available = hold_prepaid(uow, list(wanted))
    if allocation.rest or any(available[key] < minor for key, minor in wanted.items()):
        raise prepaid_too_low(sum(available.values()))
    return [
        booking.transfer(
            held[share.line_id].prepaid,
            accounts.RECEIVABLE,
            share.minor,
            leg,
            **facts_of(held[share.line_id]),
        )
        for leg, share in enumerate(allocation.shares)
    ]


def hold_prepaid(uow: UnitOfWork, keys: Sequence[AccountKey]) -> dict[AccountKey, int]:
    """Lock prepaid accounts in the order of ids, so that nobody else spends them, and say what each holds."""
    ids = account_ids(uow, keys)
    wanted = select(LedgerAccount.id).where(LedgerAccount.id.in_(ids.values())).order_by(LedgerAccount.id)
    # FOR NO KEY UPDATE: postings that put money in only need the key and go on.
    uow.session.execute(wanted.with_for_update(key_share=True)).all()
    sums = account_balances(uow, list(ids.values()))
    return {key: -sums[found] for key, found in ids.items()}


def _book_deposit(uow: UnitOfWork, booking: Booking) -> None:
    payment = booking.payment
    till = accounts.cash(payment.channel)
    facts = {"room_id": payment.room_id, "person_id": payment.payer_id, "community_id": payment.community_id}
    post(uow, [booking.transfer(till, accounts.DEPOSIT, payment.amount_minor, 0, **facts)])


def facts_of(held: HeldLine) -> dict[str, Any]:
    """The line's facts as each of its transfers carries them."""
    line = held.line
    return {
        "line_id": line.id, "community_id": line.community_id, "room_id": line.room_id,
        "person_id": line.person_id, "item_id": line.item_id,
    }  # fmt: skip


def _allocate(
    uow: UnitOfWork, booking: Booking, held: Mapping[UUID, HeldLine], shares: Sequence[Share]
) -> None:
    now = utcnow()
    rows = [
        {
            "id": new_id(), "payment_id": booking.payment.id, "line_id": share.line_id, "minor": share.minor,
            "business_date": booking.business_date, "at": now,
        }
        for share in shares
    ]  # fmt: skip
    if rows:
        uow.session.execute(insert(PaymentAllocation), rows)
    for share in shares:
        held[share.line_id].change(-share.minor)
