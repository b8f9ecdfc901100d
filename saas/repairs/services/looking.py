"""What the actor may do next with an order, who suits it now, and the phone behind the call button."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import Forbidden, NotFound
from saas.people.models import PersonPhone, StaffMember, UserAccount
from saas.repairs import permissions as p
from saas.repairs.models import RepairOrder
from saas.repairs.queries.detail import CandidateRow, load_candidates
from saas.repairs.scoring import LeftOut, Scored
from saas.repairs.services.dispatching import parts_of, weigh
from saas.repairs.services.rules import arrows_open_to, covers, seen_order, ties_of
from saas.repairs.states import WAITING_FOR_DISPATCH, WITH_TECHNICIAN, Arrow
from tenants.fields import decrypt_field
from tenants.unit_of_work import UnitOfWork


def possible_steps(uow: UnitOfWork, *, actor: Actor, order_id: UUID) -> tuple[Arrow, ...]:
    """The arrows that the actor may take from the present state, for the buttons of a page."""
    order = seen_order(uow, actor, order_id)
    return arrows_open_to(uow, actor, order)


def who_suits(uow: UnitOfWork, *, actor: Actor, order_id: UUID) -> tuple[CandidateRow, ...]:
    """Candidates, the best first, then those left out with the reason.

    Weighed anew while the order waits for dispatch or for the front desk's word; afterwards as it was kept.
    """
    order = seen_order(uow, actor, order_id)
    if not covers(actor, p.DISPATCH.code, order):
        raise Forbidden()
    if order.state not in (*WAITING_FOR_DISPATCH, "submitted"):
        return load_candidates(uow, order)
    ranking = weigh(uow, order)
    everybody: tuple[Scored | LeftOut, ...] = (*ranking.candidates, *ranking.left_out)
    return tuple(_row(listed) for listed in everybody)


def reveal_contact(uow: UnitOfWork, *, actor: Actor, order_id: UUID, reason: str = "call") -> str:
    """The number behind the call button, with a record of who asked for it.

    Technician and front desk get the reporter's, the reporter the technician's. NotFound when there is none.
    """
    order = seen_order(uow, actor, order_id)
    ties = ties_of(uow, actor, order)
    if covers(actor, p.DISPATCH.code, order) or "technician" in ties:
        phone, whose = _reporters_phone(uow, order), "reporter"
    elif "reporter" in ties and order.state in WITH_TECHNICIAN:
        phone, whose = _technicians_phone(uow, order), "technician"
    else:
        raise Forbidden()
    if phone is None:
        raise NotFound(_l("No phone number was left for this order."), code="no_phone")
    uow.audit(
        "repairs.reveal_contact",
        actor=actor.ref(),
        subject=("repair_order", order.id),
        fields=("phone",),
        details={"whose": whose, "reason": reason},
    )
    return phone


def _row(listed: Scored | LeftOut) -> CandidateRow:
    is_left_out = isinstance(listed, LeftOut)
    return CandidateRow(
        staff_id=listed.technician.staff_id,
        name=listed.technician.name,
        score=0 if isinstance(listed, LeftOut) else listed.score,
        parts=dict(parts_of(listed)),
        state="left_out" if is_left_out else "listed",
        left_out_because=listed.reason if isinstance(listed, LeftOut) else None,
        answer="",
    )


def _reporters_phone(uow: UnitOfWork, order: RepairOrder) -> str | None:
    if order.contact_phone is not None:
        return decrypt_field(
            uow, order.contact_phone, table="repair_order", column="contact_phone", row_id=order.id
        )
    row = uow.session.execute(
        select(PersonPhone.id, PersonPhone.phone_enc)
        .where(PersonPhone.person_id == order.reporter_person_id)
        .order_by(PersonPhone.position)
        .limit(1)
    ).first()
    if row is None:
        return None
    return decrypt_field(uow, row.phone_enc, table="person_phone", column="phone_enc", row_id=row.id)


def _technicians_phone(uow: UnitOfWork, order: RepairOrder) -> str | None:
    row = uow.session.execute(
        select(UserAccount.id, UserAccount.phone_enc)
        .join(StaffMember, StaffMember.user_id == UserAccount.id)
        .where(StaffMember.id == order.technician_id)
    ).first()
    if row is None or row.phone_enc is None:
        return None
    return decrypt_field(uow, row.phone_enc, table="user_account", column="phone_enc", row_id=row.id)
