"""Waivers of late fees: one asks, a second person decides; what is waived does not accrue again."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import Conflict, NotFound
from saas.fees import permissions as p
from saas.fees.errors import already_decided, line_not_found, second_person_needed, wrong
from saas.fees.models import BillLine, Concession
from saas.fees.services import accounts
from saas.fees.services.late_fees import accrued_of, charge_late_fees
from saas.fees.services.ledger import Transfer, post, posting_date
from saas.fees.services.open_lines import HeldLine, hold_lines
from saas.fees.services.payments_posting import facts_of
from tenants.clock import utcnow
from tenants.unit_of_work import UnitOfWork

KIND = "late_fee_waiver"


def request_waiver(
    uow: UnitOfWork, *, actor: Actor, line_id: UUID, reason: str, amount_minor: int | None = None
) -> Concession:
    """Ask to waive a charged late fee, or (with the line it accrues on) all that accrued until the decision."""
    line = _line(uow, actor, p.CONCEDE.code, line_id)
    if not reason.strip():
        raise wrong("reason", _l("Say why."))
    if amount_minor is not None and amount_minor <= 0:
        raise wrong("amount", _l("Enter an amount above zero and not above what is open."))
    asked = Concession(
        kind=KIND, line_id=line.id, item_id=line.item_id, room_id=line.room_id, community_id=line.community_id,
        amount_minor=amount_minor, reason=reason.strip()[:400], requested_by=actor.user_id,
        requested_by_name=actor.name,
    )  # fmt: skip
    uow.session.add(asked)
    uow.session.flush()
    uow.audit("fees.waiver_requested", actor=actor.ref(), subject=("concession", asked.id))
    return asked


def decide_waiver(
    uow: UnitOfWork, *, actor: Actor, concession_id: UUID, approve: bool, note: str = ""
) -> Concession:
    """A second person decides. Approved, the fee that accrued so far is charged and given up in one go."""
    statement = select(Concession).where(Concession.id == concession_id, Concession.kind == KIND)
    asked = uow.session.scalar(statement.with_for_update().execution_options(populate_existing=True))
    if asked is None or asked.line_id is None:
        raise NotFound()
    line = _line(uow, actor, p.CONCEDE_APPROVE.code, asked.line_id)
    if asked.state != "requested":
        raise already_decided()
    if asked.requested_by == actor.user_id:
        raise second_person_needed()
    asked.state = "approved" if approve else "rejected"
    asked.decided_by, asked.decided_by_name = actor.user_id, actor.name
    asked.decided_at, asked.decision_note = utcnow(), note.strip()
    if approve:
        asked.amount_minor = _give_up(uow, actor, asked, line)
    uow.session.flush()
    uow.audit(f"fees.waiver_{asked.state}", actor=actor.ref(), subject=("concession", asked.id))
    return asked


def _give_up(uow: UnitOfWork, actor: Actor, asked: Concession, line: BillLine) -> int:
    if line.kind != "late_fee" and line.id in accrued_of(uow, [line.id]):
        # The decision of the second person stands for the permission to charge what is given up at once.
        charge_late_fees(uow, actor=_charging(actor), line_ids=[line.id])
    fees = select(BillLine.id).where(
        (BillLine.id == line.id) if line.kind == "late_fee" else (BillLine.corrects_id == line.id),
        BillLine.kind == "late_fee",
    )
    left = asked.amount_minor
    transfers: list[Transfer] = []
    for held in hold_lines(uow, uow.session.scalars(fees)).values():
        minor = held.open_minor if left is None else min(held.open_minor, left)
        if minor <= 0:
            continue
        left = None if left is None else left - minor
        transfers.append(_transfer(uow, asked, held, minor, actor, len(transfers)))
        held.change(-minor)
    if not transfers:
        raise Conflict(_l("No late fee is open here any more."), code="nothing_to_waive")
    post(uow, transfers)
    return sum(transfer.minor for transfer in transfers)


def _transfer(
    uow: UnitOfWork, asked: Concession, held: HeldLine, minor: int, actor: Actor, leg: int
) -> Transfer:
    return Transfer(
        accounts.LATE_FEE_INCOME, accounts.RECEIVABLE, minor, "waiver", asked.id, posting_date(uow), leg=leg,
        actor_id=actor.user_id, **facts_of(held),
    )  # fmt: skip


def _charging(actor: Actor) -> Actor:
    grants = {**actor.grants, p.ADJUST.code: actor.scope(p.CONCEDE_APPROVE.code)}
    return Actor(actor.kind, actor.user_id, name=actor.name, roles=actor.roles, grants=grants)


def _line(uow: UnitOfWork, actor: Actor, permission: str, line_id: UUID) -> BillLine:
    line = uow.session.get(BillLine, line_id)
    if line is None or not actor.may(
        permission, community_id=line.community_id, building_id=line.building_id
    ):
        raise line_not_found()
    return line
