"""Write-offs: what will never be paid is given up by two people, with a reason."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import Conflict
from saas.fees import permissions as p
from saas.fees.errors import already_decided, line_not_found, second_person_needed, write_off_not_found, wrong
from saas.fees.models import Concession
from saas.fees.services import accounts
from saas.fees.services.ledger import Transfer, post, posting_date
from saas.fees.services.open_lines import HeldLine, hold_lines
from saas.fees.services.payments_posting import facts_of
from tenants.clock import utcnow
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork


def request_write_off(
    uow: UnitOfWork, *, actor: Actor, line_id: UUID, reason: str, amount_minor: int | None = None,
    proof_key: str | None = None,
) -> Concession:  # fmt: skip
    """Ask to give up what is open of a line, or a part of it."""
    held = _held(uow, actor, p.CONCEDE.code, line_id)
    minor = held.open_minor if amount_minor is None else amount_minor
    if minor <= 0 or minor > held.open_minor:
        raise wrong("amount", _l("Enter an amount above zero and not above what is open."))
    if not reason.strip():
        raise wrong("reason", _l("Say why."))
    asked = Concession(
        id=new_id(), kind="write_off", state="requested", line_id=line_id, item_id=held.line.item_id,
        room_id=held.line.room_id, community_id=held.line.community_id, amount_minor=minor, reason=reason.strip(),
        proof_key=proof_key, requested_by=actor.user_id, requested_by_name=actor.name,
    )  # fmt: skip
    uow.session.add(asked)
    uow.audit("fees.write_off_requested", actor=actor.ref(), subject=("concession", asked.id),
              details={"amount_minor": minor})  # fmt: skip
    uow.session.flush()
    return asked


def decide_write_off(
    uow: UnitOfWork, *, actor: Actor, concession_id: UUID, approve: bool, note: str = ""
) -> Concession:
    """A second person decides; what is approved is posted at once. Raises Conflict when it is no longer open."""
    wanted = select(Concession).where(Concession.id == concession_id, Concession.kind == "write_off")
    asked = uow.session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if asked is None or asked.line_id is None or asked.amount_minor is None:
        raise write_off_not_found()
    held = _held(uow, actor, p.CONCEDE_APPROVE.code, asked.line_id)
    if asked.state != "requested":
        raise already_decided()
    if asked.requested_by == actor.user_id:
        raise second_person_needed()
    asked.state = "approved" if approve else "rejected"
    asked.decided_by, asked.decided_by_name = actor.user_id, actor.name
    asked.decided_at, asked.decision_note = utcnow(), note.strip()
    if approve:
        _post(uow, actor, asked.id, asked.amount_minor, held)
    uow.audit(f"fees.write_off_{asked.state}", actor=actor.ref(), subject=("concession", asked.id),
              details={"amount_minor": asked.amount_minor})  # fmt: skip
    return asked


def _post(uow: UnitOfWork, actor: Actor, concession_id: UUID, minor: int, held: HeldLine) -> None:
    if minor > held.open_minor:
        raise Conflict(_l("Less is open of this bill."), code="line_open_less")
    held.change(-minor)
    post(
        uow,
        [
            Transfer(
                accounts.WRITE_OFF, accounts.RECEIVABLE, minor, "write_off", concession_id, posting_date(uow),
                actor_id=actor.user_id, **facts_of(held),
            )
        ],
    )  # fmt: skip


def _held(uow: UnitOfWork, actor: Actor, permission: str, line_id: UUID) -> HeldLine:
    actor.require(permission)
    held = hold_lines(uow, [line_id])[line_id]
    if not actor.may(permission, community_id=held.line.community_id, building_id=held.line.building_id):
        raise line_not_found()
    return held
