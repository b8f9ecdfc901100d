"""A cashier's shift: begins with the first money over the desk, ends with a count, then nothing more goes into it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from saas.core.actors import Actor
from saas.core.errors import Conflict
from saas.fees import permissions as p
from saas.fees.errors import not_closable
from saas.fees.models import LedgerAccount, LedgerClose, LedgerTransfer
from tenants import clock
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork


def hold_shift(uow: UnitOfWork, actor: Actor) -> UUID | None:
    """The cashier's open shift, begun if there is none; it cannot be counted while this transaction posts to it."""
    if actor.user_id is None:
        return None
    wanted = _open_shift(actor.user_id).with_for_update(read=True)
    for _attempt in range(3):
        found = uow.session.scalar(wanted)
        if found is not None:
            return found
        _begin(uow, actor, actor.user_id)
    raise Conflict(_l("The shift is being counted. Try again."), code="shift_busy")


def current_shift(uow: UnitOfWork, actor: Actor) -> LedgerClose | None:
    """The actor's running shift, if there is one."""
    if actor.user_id is None:
        return None
    wanted = select(LedgerClose).where(LedgerClose.id.in_(_open_shift(actor.user_id)))
    return uow.session.scalar(wanted)


def expected_in_till(uow: UnitOfWork, shift_id: UUID) -> dict[str, int]:
    """Channel → what came in minus what went out in the shift, from the ledger."""
    sign = case(
        (LedgerTransfer.debit_id == LedgerAccount.id, LedgerTransfer.minor), else_=-LedgerTransfer.minor
    )
    either = or_(LedgerTransfer.debit_id == LedgerAccount.id, LedgerTransfer.credit_id == LedgerAccount.id)
    wanted = (
        select(LedgerAccount.channel, func.sum(sign))
        .join(LedgerTransfer, and_(either, LedgerAccount.kind == "cash"))
        .where(LedgerTransfer.shift_id == shift_id)
        .group_by(LedgerAccount.channel)
    )
    return {str(channel): int(minor) for channel, minor in uow.session.execute(wanted)}


def count_shift(uow: UnitOfWork, *, actor: Actor, counted: Mapping[str, int], note: str = "") -> LedgerClose:
    """End the actor's shift: what was counted by channel stands beside what the ledger expects, for ever."""
    actor.require(p.COLLECT.code)
    if actor.user_id is None:
        raise not_closable(_l("No shift is running."), code="no_shift")
    shift = uow.session.scalar(
        select(LedgerClose).where(LedgerClose.id.in_(_open_shift(actor.user_id))).with_for_update()
    )
    if shift is None or shift.state != "open":
        raise not_closable(_l("No shift is running."), code="no_shift")
    expected = expected_in_till(uow, shift.id)
    shift.totals = {"expected": expected, "counted": dict(counted)}
    shift.difference_minor = sum(counted.values()) - sum(expected.values())
    shift.state, shift.to_at, shift.note = "closed", utcnow(), note.strip()
    shift.closed_by, shift.closed_by_name = actor.user_id, actor.name
    uow.audit("fees.shift_counted", actor=actor.ref(), subject=("ledger_close", shift.id),
              details={"difference_minor": shift.difference_minor})  # fmt: skip
    return shift


def _open_shift(cashier_id: UUID) -> Select[UUID]:
    return select(LedgerClose.id).where(
        LedgerClose.cashier_id == cashier_id, LedgerClose.kind == "shift", LedgerClose.state == "open"
    )


def _begin(uow: UnitOfWork, actor: Actor, cashier_id: UUID) -> None:
    day, now = clock.business_date(uow.tenant.time_zone), utcnow()
    uow.session.execute(
        insert(LedgerClose)
        .values(
            id=new_id(), kind="shift", state="open", starts_on=day, ends_on=day + timedelta(days=1),
            cashier_id=cashier_id, cashier_name=actor.name, from_at=now, totals={}, difference_minor=0, note="",
            closed_by_name="", version=1, created_at=now, updated_at=now,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip
