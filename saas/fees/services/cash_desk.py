"""A payment at the desk from the click to the receipt: two transactions, so that a process may die between any steps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from uuid import UUID

import orjson

from saas.core.actors import Actor
from saas.core.errors import DomainError
from saas.fees.services.payments import cancel_payment, open_payment, take_payment
from saas.fees.services.payments_intent import PaymentIntent
from tenants.idempotency import run_idempotent
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

_OPEN = "fees.cash_desk.open"


@dataclass(frozen=True)
class Paid:
    """The payment that stands; `is_new` is False when this call only found it."""

    payment_id: UUID
    is_new: bool


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
    if not key or actor.user_id is None:
        return open_payment(uow, actor=actor, intent=intent).id
    body = sha256(orjson.dumps(asdict(intent), option=orjson.OPT_SORT_KEYS)).digest()

    def work() -> tuple[int, dict[str, str]]:
        return 201, {"payment_id": str(open_payment(uow, actor=actor, intent=intent).id)}

    _status, answer = run_idempotent(uow, _OPEN, key[:200], actor.user_id, body, work)
    return UUID(answer["payment_id"])


def _give_up(tenant: Tenant, actor: Actor, payment_id: UUID, refusal: DomainError) -> None:
    """No money was taken, so the attempt ends; one that ended already stays as it is."""
    if refusal.code == "payment_over":
        return
    with unit_of_work(tenant) as uow:
        cancel_payment(uow, actor=actor, payment_id=payment_id, reason=refusal.code)
