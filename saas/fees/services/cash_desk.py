"""A payment at the desk from the click to the receipt: two transactions, so that a process may die between any steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from saas.core.actors import Actor
from saas.core.errors import DomainError
from saas.fees.services.deposits import DepositWish, open_deposit
from saas.fees.services.payments import cancel_payment, open_payment, take_payment
from saas.fees.services.payments_intent import PaymentIntent
from tenants.idempotency import run_idempotent
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work


@dataclass(frozen=True)
class Paid:
    """The payment that stands; `is_new` is False when this call only found it."""

    payment_id: UUID
    is_new: bool


@dataclass(frozen=True)
class Received:
    """A deposit that is held, and the payment that brought it."""

    deposit_id: UUID
    payment_id: UUID


def pay_at_desk(tenant: Tenant, *, actor: Actor, intent: PaymentIntent, key: str = "") -> Paid:
    """Open, commit, take, commit. The same `key` (Idempotency-Key) is one payment, whatever died in between.

    Opens its own units of work: call it outside of one. A refusal while taking cancels the attempt and is raised.
    """
    with unit_of_work(tenant) as uow:
        payment_id = _opened(uow, actor, intent, key)
    try:
        with unit_of_work(tenant) as uow:
            taken = take_payment(uow, actor=actor, payment_id=payment_id)
            return Paid(payment_id, taken.is_new)
    except DomainError as refusal:
        _give_up(tenant, actor, payment_id, refusal)
        raise


def _opened(uow: UnitOfWork, actor: Actor, intent: PaymentIntent, key: str) -> UUID:
    def work(uow: UnitOfWork) -> dict[str, str]:
        return {"payment_id": str(open_payment(uow, actor=actor, intent=intent).id)}

    return UUID(_once(uow, actor, "fees.cash_desk.open", key, asdict(intent), work)["payment_id"])


def _once(
    uow: UnitOfWork, actor: Actor, route: str, key: str, asked: dict[str, Any],
    work: Callable[[UnitOfWork], dict[str, str]],
) -> dict[str, str]:  # fmt: skip
    if not key or actor.user_id is None:
        return work(uow)
    body = sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()
    _status, answer = run_idempotent(uow, route, key[:200], actor.user_id, body, lambda: (201, work(uow)))
    return dict(answer)


def _give_up(tenant: Tenant, actor: Actor, payment_id: UUID, refusal: DomainError) -> None:
    """No money was taken, so the attempt ends; one that ended already stays as it is."""
    if refusal.code == "payment_over":
        return
    with unit_of_work(tenant) as uow:
        cancel_payment(uow, actor=actor, payment_id=payment_id, reason=refusal.code)


def receive_deposit(tenant: Tenant, *, actor: Actor, wish: DepositWish, key: str = "") -> Received:
    """A deposit from the click to the receipt, in two transactions like any payment."""

    def opened(uow: UnitOfWork) -> dict[str, str]:
        deposit, payment = open_deposit(uow, actor=actor, wish=wish)
        return {"payment_id": str(payment.id), "deposit_id": str(deposit.id)}

    with unit_of_work(tenant) as uow:
        answer = _once(uow, actor, "fees.cash_desk.deposit", key, asdict(wish), opened)
    payment_id = UUID(answer["payment_id"])
    with unit_of_work(tenant) as uow:
        take_payment(uow, actor=actor, payment_id=payment_id)
    return Received(UUID(answer["deposit_id"]), payment_id)
