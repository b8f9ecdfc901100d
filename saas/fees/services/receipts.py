"""Receipts: numbers without gaps in each book, what stands on paper kept as it was, void and reprint told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from saas.core.actors import Actor
from saas.estate.queries.places import room_places
from saas.fees import permissions as p
from saas.fees.amount_words import rmb_words
from saas.fees.errors import receipt_is_void, receipt_not_found, wrong
from saas.fees.models import FeeItem, Payment, PaymentAllocation, Receipt, ReceiptBook, Refund
from saas.fees.services.open_lines import HeldLine
from saas.fees.services.payments_intent import Plan
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

DEFAULT_BOOK = "R"
REPRINTS_LOGGED_FROM = 2


@dataclass(frozen=True)
class Prepared:
    """A receipt that lacks only its number."""

    book: ReceiptBook
    facts: dict[str, Any]


def prepare_receipt(
    uow: UnitOfWork, *, payment: Payment, held: Mapping[UUID, HeldLine], plan: Plan
) -> Prepared:
    """Everything of a payment's receipt that can be known before numbers are taken."""
    facts = {
        "kind": "deposit" if plan.deposit_id else "payment", "payment_id": payment.id, "deposit_id": plan.deposit_id,
        "room_id": payment.room_id, "payer_name": payment.payer_name, "amount_minor": payment.amount_minor,
        "contents": _contents(uow, payment, held),
    }  # fmt: skip
    return Prepared(book_of(uow, payment.community_id), facts)


def issue_receipt(uow: UnitOfWork, *, actor: Actor, payment: Payment, prepared: Prepared) -> Receipt:
    """The receipt of a payment that has just succeeded: the last thing that its transaction does."""
    contents = prepared.facts["contents"] | {"payment": payment.number}
    return _issue(uow, actor, prepared.book, **prepared.facts | {"contents": contents})


def issue_refund_receipt(
    uow: UnitOfWork,
    *,
    actor: Actor,
    refund: Refund,
    community_id: UUID | None,
    room_id: UUID | None,
    payer: str,
) -> Receipt:
    """The slip that the payer signs for money that went back; the amount is negative."""
    contents = {
        "lines": [], "channel": refund.channel, "reason": refund.reason, "total_minor": -refund.amount_minor,
        "words": rmb_words(-refund.amount_minor), "currency": uow.tenant.currency, "firm": uow.tenant.name,
        "place": _place(uow, room_id), "number_of_payment": refund.number, "cashier": actor.name,
    }  # fmt: skip
    return _issue(
        uow, actor, book_of(uow, community_id), kind="refund", payment_id=refund.payment_id,
        deposit_id=refund.deposit_id, refund_id=refund.id, room_id=room_id, payer_name=payer,
        amount_minor=-refund.amount_minor, contents=contents,
    )  # fmt: skip


def print_receipt(uow: UnitOfWork, *, actor: Actor, receipt_id: UUID) -> Receipt:
    """Count a print; the second and later ones are reprints and stand in the audit trail. Raises NotFound, Conflict."""
    receipt = _held(uow, receipt_id)
    require_may_print(uow, actor, receipt)
    if receipt.voided_at is not None:
        raise receipt_is_void()
    receipt.prints += 1
    if receipt.prints >= REPRINTS_LOGGED_FROM:
        uow.audit("fees.receipt_reprinted", actor=actor.ref(), subject=("receipt", receipt.id),
                  details={"number": receipt.full_number, "prints": receipt.prints})  # fmt: skip
    return receipt


def void_receipt(uow: UnitOfWork, *, actor: Actor, receipt_id: UUID, reason: str) -> Receipt:
    """Declare a receipt void; its number stays taken and the payment stays paid."""
    receipt = _held(uow, receipt_id)
    require_may_print(uow, actor, receipt)
    if not reason.strip():
        raise wrong("reason", _l("Say why."))
    if receipt.voided_at is not None:
        raise receipt_is_void()
    receipt.voided_at, receipt.voided_by, receipt.void_reason = utcnow(), actor.user_id, reason.strip()
    uow.audit("fees.receipt_voided", actor=actor.ref(), subject=("receipt", receipt.id),
              fields=("void_reason",), details={"number": receipt.full_number})  # fmt: skip
    return receipt


def replace_receipt(
    uow: UnitOfWork, *, actor: Actor, receipt_id: UUID, reason: str, payer_name: str = ""
) -> Receipt:
    """Void a receipt and issue the same once more under the next number, perhaps to another name."""
    old = void_receipt(uow, actor=actor, receipt_id=receipt_id, reason=reason)
    book = uow.session.get(ReceiptBook, old.book_id)
    if book is None:
        raise receipt_not_found()
    return _issue(
        uow, actor, book, kind=old.kind, payment_id=old.payment_id, deposit_id=old.deposit_id,
        refund_id=old.refund_id, room_id=old.room_id, payer_name=payer_name.strip() or old.payer_name,
        amount_minor=old.amount_minor, contents=old.contents | {"replaces": old.full_number},
    )  # fmt: skip


def add_book(
    uow: UnitOfWork, *, actor: Actor, code: str, name: str, prefix: str = "", width: int = 8, first: int = 1,
    community_id: UUID | None = None, template: Mapping[str, Any] | None = None,
) -> ReceiptBook:  # fmt: skip
    """A book of numbers, of one community or of all that have none. `template`: {"title", "footer", "logo", "stamp"}."""
    actor.require(p.SETUP.code)
    if uow.session.scalar(select(ReceiptBook.id).where(ReceiptBook.code == code.strip())) or not code.strip():
        raise wrong("code", _l("Another book has this code already, or it is empty."))
    book = ReceiptBook(
        code=code.strip(), name=name.strip(), prefix=prefix.strip(), width=width, next_number=first,
        community_id=community_id, template=dict(template or {}),
    )  # fmt: skip
    uow.session.add(book)
    uow.session.flush()
    uow.audit(
        "fees.receipt_book_added",
        actor=actor.ref(),
        subject=("receipt_book", book.id),
        details={"code": code},
    )
    return book


def book_of(uow: UnitOfWork, community_id: UUID | None) -> ReceiptBook:
    """The community's active book, else the firm's; the first receipt of a firm opens one."""
    wanted = (
        select(ReceiptBook)
        .where(
            ReceiptBook.is_active,
            (ReceiptBook.community_id == community_id) | ReceiptBook.community_id.is_(None),
        )
        .order_by(ReceiptBook.community_id.is_(None), ReceiptBook.id)
        .limit(1)
    )
    book = uow.session.scalar(wanted)
    if book is not None:
        return book
    now = utcnow()
    fresh = {
        "id": new_id(), "code": DEFAULT_BOOK, "name": "", "prefix": DEFAULT_BOOK, "width": 8, "next_number": 1,
        "template": {}, "is_active": True, "version": 1, "created_at": now, "updated_at": now,
    }  # fmt: skip
    uow.session.execute(insert(ReceiptBook).values(fresh).on_conflict_do_nothing())
    return uow.session.scalars(wanted).one()


def require_may_print(uow: UnitOfWork, actor: Actor, receipt: Receipt) -> None:
    """The desk within its scope. Raises NotFound outside of it, Forbidden without the permission."""
    actor.require(p.COLLECT.code)
    if actor.may(p.COLLECT.code, everywhere=True):
        return
    place = room_places(uow, [receipt.room_id]).get(receipt.room_id) if receipt.room_id else None
    if place is None or not actor.may(
        p.COLLECT.code, community_id=place.community_id, building_id=place.building_id
    ):
        raise receipt_not_found()


def _issue(uow: UnitOfWork, actor: Actor, book: ReceiptBook, **facts: Any) -> Receipt:
    number = uow.session.scalars(
        update(ReceiptBook)
        .where(ReceiptBook.id == book.id)
        .values(next_number=ReceiptBook.next_number + 1)
        .returning(ReceiptBook.next_number)
        .execution_options(synchronize_session=False)
    ).one() - 1  # fmt: skip
    receipt = Receipt(
        id=new_id(), book_id=book.id, number=number, full_number=f"{book.prefix}{number:0{book.width}d}",
        issued_at=utcnow(), issued_by=actor.user_id, issued_by_name=actor.name, **facts,
    )  # fmt: skip
    uow.session.add(receipt)
    uow.session.flush()
    return receipt


def _contents(uow: UnitOfWork, payment: Payment, held: Mapping[UUID, HeldLine]) -> dict[str, Any]:
    """What stands on the paper, frozen: later changes of names do not reach it."""
    shares = paid_by_line(uow, payment.id)
    lines = sorted(
        (held[line] for line in shares), key=lambda each: (each.line.object_key, each.line.period_from)
    )
    names = _item_names(uow, {each.line.item_id for each in lines})
    return {
        "lines": [
            {
                "item": names.get(each.line.item_id, ""), "object": each.line.object_key, "kind": each.line.kind,
                "from": each.line.period_from.isoformat(), "to": each.line.period_to.isoformat(),
                "minor": shares[each.id], "debtor": each.line.debtor_name, "open_minor": each.open_minor,
            }
            for each in lines
        ],
        "prepaid_minor": payment.prepaid_minor, "channel": payment.channel, "tendered_minor": payment.tendered_minor,
        "change_minor": payment.change_minor, "total_minor": payment.amount_minor,
        "words": rmb_words(payment.amount_minor), "currency": payment.currency, "firm": uow.tenant.name,
        "place": _place(uow, payment.room_id), "cashier": payment.cashier_name,
        "business_date": payment.business_date.isoformat(), "reference": payment.intent.get("reference", ""),
        "note": payment.note,
    }  # fmt: skip


def paid_by_line(uow: UnitOfWork, payment_id: UUID) -> dict[UUID, int]:
    """Line → what the payment pays of it, what was paid back taken off."""
    from_rows = select(PaymentAllocation.line_id, func.sum(PaymentAllocation.minor)).where(
        PaymentAllocation.payment_id == payment_id
    )
    return {
        line: int(minor) for line, minor in uow.session.execute(from_rows.group_by(PaymentAllocation.line_id))
    }


def _item_names(uow: UnitOfWork, ids: set[UUID]) -> dict[UUID, str]:
    wanted = select(FeeItem.id, FeeItem.name).where(FeeItem.id.in_(ids))
    return dict(uow.session.execute(wanted).all()) if ids else {}


def _place(uow: UnitOfWork, room_id: UUID | None) -> str:
    place = room_places(uow, [room_id]).get(room_id) if room_id else None
    return place.text if place else ""


def _held(uow: UnitOfWork, receipt_id: UUID) -> Receipt:
    receipt = uow.session.get(Receipt, receipt_id, with_for_update=True)
    if receipt is None:
        raise receipt_not_found()
    return receipt
