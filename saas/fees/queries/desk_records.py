"""Payments, refunds, receipts and deposits as lists and one by one, within the scope of who looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from saas.core.actors import Actor
from saas.core.paging import page
from saas.estate.models import Room
from saas.fees import permissions as p
from saas.fees.errors import deposit_not_found, payment_not_found, receipt_not_found, refund_not_found
from saas.fees.models import (
    BillLine,
    Deposit,
    FeeItem,
    LedgerAccount,
    Payment,
    PaymentAllocation,
    Receipt,
    ReceiptBook,
    Refund,
)
from saas.fees.queries.setup import places_in_scope
from tenants.unit_of_work import UnitOfWork

_Page = tuple[list[Any], str | None]
UNFINISHED = ("REQUIRES_ACTION", "PENDING", "AUTHORIZED", "UNKNOWN")


def payments_in_scope(actor: Actor) -> ColumnElement[bool]:
    """Staff: by the community of the payment, and what they took themselves. Residents: what they paid, and what
    was paid of their own debts; never what others owe."""
    seen = places_in_scope(actor, p.VIEW.code, Payment.community_id, Payment.id)
    if actor.staff_id is not None or actor.kind == "staff":
        return or_(seen, Payment.cashier_id == actor.user_id) if actor.user_id else seen
    if actor.person_id is not None and not actor.scope(p.MINE.code).empty:
        owed = (
            select(PaymentAllocation.payment_id)
            .join(BillLine, BillLine.id == PaymentAllocation.line_id)
            .where(BillLine.person_id == actor.person_id)
        )
        return or_(seen, Payment.payer_id == actor.person_id, Payment.id.in_(owed))
    return seen


def list_payments(
    uow: UnitOfWork,
    *,
    actor: Actor,
    wanted: Mapping[str, Any],
    cursor: str | None = None,
    limit: int | None = None,
) -> _Page:
    """The newest first. `wanted`: room_id, payer_id, state, channel, business_date, cashier_id, attention, unfinished."""
    statement = _narrowed(select(Payment).where(payments_in_scope(actor)), Payment, wanted)
    if wanted.get("attention"):
        statement = statement.where(Payment.attention.is_not(None))
    if wanted.get("unfinished"):
        statement = statement.where(Payment.state.in_(UNFINISHED))
    return page(uow.session, statement, keys=[Payment.id], cursor=cursor, limit=limit, descending=True)


def get_payment(uow: UnitOfWork, *, actor: Actor, payment_id: UUID) -> Payment:
    """One payment in scope. Raises NotFound."""
    wanted = select(Payment).where(Payment.id == payment_id, payments_in_scope(actor))
    payment = uow.session.scalar(wanted)
    if payment is None:
        raise payment_not_found()
    return payment


def allocations_of(
    uow: UnitOfWork, payment_id: UUID, *, actor: Actor
) -> list[tuple[PaymentAllocation, BillLine, str]]:
    """(allocation, line, name of the item); residents see their own lines only, whoever paid."""
    wanted = (
        select(PaymentAllocation, BillLine, FeeItem.name)
        .join(BillLine, BillLine.id == PaymentAllocation.line_id)
        .join(FeeItem, FeeItem.id == BillLine.item_id)
        .where(PaymentAllocation.payment_id == payment_id)
        .order_by(PaymentAllocation.at, PaymentAllocation.id)
    )
    if actor.kind == "resident":
        payer = select(Payment.id).where(Payment.id == payment_id, Payment.payer_id == actor.person_id)
        wanted = wanted.where(
            or_(BillLine.person_id == actor.person_id, PaymentAllocation.payment_id.in_(payer))
        )
    return [(row[0], row[1], row[2]) for row in uow.session.execute(wanted)]


def list_refunds(
    uow: UnitOfWork,
    *,
    actor: Actor,
    wanted: Mapping[str, Any],
    cursor: str | None = None,
    limit: int | None = None,
) -> _Page:
    """The newest first. `wanted`: payment_id, deposit_id, state."""
    statement = _narrowed(select(Refund).where(_refunds_in_scope(actor)), Refund, wanted)
    return page(uow.session, statement, keys=[Refund.id], cursor=cursor, limit=limit, descending=True)


def get_refund(uow: UnitOfWork, *, actor: Actor, refund_id: UUID) -> Refund:
    """One refund in scope. Raises NotFound."""
    refund = uow.session.scalar(select(Refund).where(Refund.id == refund_id, _refunds_in_scope(actor)))
    if refund is None:
        raise refund_not_found()
    return refund


def list_receipts(
    uow: UnitOfWork,
    *,
    actor: Actor,
    wanted: Mapping[str, Any],
    cursor: str | None = None,
    limit: int | None = None,
) -> _Page:
    """The newest first. `wanted`: payment_id, room_id, book_id, kind, full_number."""
    statement = _narrowed(select(Receipt).where(_receipts_in_scope(actor)), Receipt, wanted)
    return page(uow.session, statement, keys=[Receipt.id], cursor=cursor, limit=limit, descending=True)


def get_receipt(uow: UnitOfWork, *, actor: Actor, receipt_id: UUID) -> tuple[Receipt, ReceiptBook]:
    """One receipt in scope with its book's template. Raises NotFound."""
    wanted = (
        select(Receipt, ReceiptBook)
        .join(ReceiptBook, ReceiptBook.id == Receipt.book_id)
        .where(Receipt.id == receipt_id, _receipts_in_scope(actor))
    )
    found = uow.session.execute(wanted).first()
    if found is None:
        raise receipt_not_found()
    return found[0], found[1]


def list_deposits(
    uow: UnitOfWork,
    *,
    actor: Actor,
    wanted: Mapping[str, Any],
    cursor: str | None = None,
    limit: int | None = None,
) -> _Page:
    """The newest first. `wanted`: room_id, person_id, state."""
    statement = _narrowed(select(Deposit).where(_deposits_in_scope(actor)), Deposit, wanted)
    return page(uow.session, statement, keys=[Deposit.id], cursor=cursor, limit=limit, descending=True)


def get_deposit(uow: UnitOfWork, *, actor: Actor, deposit_id: UUID) -> Deposit:
    """One deposit in scope. Raises NotFound."""
    deposit = uow.session.scalar(select(Deposit).where(Deposit.id == deposit_id, _deposits_in_scope(actor)))
    if deposit is None:
        raise deposit_not_found()
    return deposit


def _refunds_in_scope(actor: Actor) -> ColumnElement[bool]:
    within = places_in_scope(actor, p.VIEW.code, Room.community_id, Room.building_id)
    accounts = select(LedgerAccount.id).join(Room, Room.id == LedgerAccount.room_id).where(within)
    return or_(
        Refund.payment_id.in_(select(Payment.id).where(payments_in_scope(actor))),
        Refund.deposit_id.in_(select(Deposit.id).where(_deposits_in_scope(actor))),
        Refund.account_id.in_(accounts),
    )


def _receipts_in_scope(actor: Actor) -> ColumnElement[bool]:
    return or_(
        Receipt.payment_id.in_(select(Payment.id).where(payments_in_scope(actor))),
        Receipt.refund_id.in_(select(Refund.id).where(_refunds_in_scope(actor))),
        Receipt.deposit_id.in_(select(Deposit.id).where(_deposits_in_scope(actor))),
    )


def _deposits_in_scope(actor: Actor) -> ColumnElement[bool]:
    seen = places_in_scope(actor, p.VIEW.code, Deposit.community_id, Deposit.id)
    if actor.person_id is not None and not actor.scope(p.MINE.code).empty:
        return or_(seen, Deposit.person_id == actor.person_id)
    return seen


def _narrowed(statement: Any, model: Any, wanted: Mapping[str, Any]) -> Any:
    for name, value in wanted.items():
        if value is not None and name not in ("attention", "unfinished"):
            statement = statement.where(getattr(model, name) == value)
    return statement
