"""A deposit under lock: how much of it is held, and what has been moved with it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.fees.errors import deposit_not_found, deposit_too_low
from saas.fees.models import Deposit
from tenants.clock import utcnow
from tenants.unit_of_work import UnitOfWork


def hold_deposit(uow: UnitOfWork, deposit_id: UUID) -> Deposit:
    """Lock a deposit. Raises NotFound."""
    wanted = select(Deposit).where(Deposit.id == deposit_id).with_for_update()
    deposit = uow.session.scalar(wanted.execution_options(populate_existing=True))
    if deposit is None:
        raise deposit_not_found()
    return deposit


def held_minor(deposit: Deposit) -> int:
    """What is still held: nothing before it was received or after it was closed."""
    if deposit.state != "held":
        return 0
    return deposit.amount_minor - deposit.deducted_minor - deposit.returned_minor


def return_deposit(uow: UnitOfWork, deposit_id: UUID, minor: int, day: date) -> Deposit:
    """Note what goes back. The caller posts it. Raises Conflict when less is held."""
    deposit = hold_deposit(uow, deposit_id)
    if minor > held_minor(deposit):
        raise deposit_too_low(held_minor(deposit))
    deposit.returned_minor += minor
    note_move(deposit, {"what": "return", "minor": minor}, day)
    return deposit


def note_move(deposit: Deposit, move: dict[str, Any], day: date) -> None:
    """Add to the deposit's story, and close it when nothing is held any more."""
    deposit.moves = [*deposit.moves, {**move, "on": day.isoformat(), "at": utcnow().isoformat()}]
    if held_minor(deposit) == 0:
        deposit.state, deposit.closed_on = "closed", day
