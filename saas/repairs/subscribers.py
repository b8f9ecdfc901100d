"""Who hears what about an order: the resident each step, the technician each offer, the front desk what is late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from saas.core.messages import Message, Urgency, send
from saas.repairs import events, messages
from saas.repairs import permissions as p
from saas.repairs.catalogue import CATEGORIES
from saas.repairs.names import called
from saas.repairs.queries.crew import users_in_charge
from saas.repairs.queries.messages import Told, listeners, offered_users, told, transition_note, user_of_staff
from saas.repairs.states import TABLE
from tenants.outbox import subscribe
from tenants.unit_of_work import UnitOfWork

_LATE: Mapping[str, Mapping[str, str]] = {
    "respond": {"zh": "接单", "en": "accepted"},
    "arrive": {"zh": "到场", "en": "reached"},
    "finish": {"zh": "修好", "en": "repaired"},
}
_ESCALATED: Mapping[str, Mapping[str, str]] = {
    "respond": {"zh": "到时间还没有人接单。", "en": "Nobody accepted it in time."},
    "arrive": {"zh": "到时间师傅还没到场。", "en": "Nobody was there in time."},
    "finish": {"zh": "到时间还没修好。", "en": "It was not repaired in time."},
    "unplaced": {"zh": "没有合适的师傅接单。", "en": "No technician is left to ask."},
}
_RESIDENT_STEPS = frozenset(
    code
    for item in TABLE.values()
    for code in item.tells
    if code.endswith("_resident") or code == "repairs.cancelled"
)


def on_submitted(uow: UnitOfWork, event: events.OrderSubmitted) -> None:
    """The reporter gets the number; the front desk what it has to confirm or follow at once."""
    facts = told(uow, event.order_id)
    if facts is None:
        return
    _to_listeners(uow, facts, "repairs.submitted", key=f"submitted:{event.order_id}")
    if event.urgency == "emergency":
        desk = users_in_charge(uow, p.TRIAGE.code, facts.order)
        _to_users(
            uow,
            desk,
            facts,
            "repairs.emergency_front_desk",
            urgency="high",
            key=f"emergency:{event.order_id}",
        )
    elif event.needs_confirmation:
        desk = users_in_charge(uow, p.TRIAGE.code, facts.order)
        _to_users(uow, desk, facts, "repairs.submitted_front_desk", key=f"confirm:{event.order_id}")


def on_dispatched(uow: UnitOfWork, event: events.OrderDispatched) -> None:
    """Everybody who is being asked hears of the offer; one that is over already rings no more."""
    facts = told(uow, event.order_id)
    if facts is None or facts.order.state != "dispatched" or facts.order.dispatch_round != event.round:
        return
    urgency: Urgency = "high" if event.emergency else "normal"
    _to_users(
        uow, offered_users(uow, facts.order), facts, "repairs.dispatched_technician", urgency=urgency,
        key=f"offer:{event.order_id}:{event.round}", time=facts.order.offer_expires_at,
    )  # fmt: skip


def on_transitioned(uow: UnitOfWork, event: events.OrderTransitioned) -> None:
    """The steps that the table tells to residents, and what comes back to the front desk."""
    arrow = TABLE.get((event.from_state, event.to_state))
    facts = told(uow, event.order_id)
    if arrow is None or facts is None:
        return
    said = transition_note(uow, event.transition_id)
    note, at = said if said else ("", event.at)
    for code in arrow.tells:
        key = f"{code}:{event.transition_id}"
        if code in _RESIDENT_STEPS:
            # Who gave no minutes is expected by the time that was promised.
            on_the_way = event.to_state == "en_route"
            time = (facts.order.eta_at or facts.order.arrive_due_at) if on_the_way else at
            _to_listeners(uow, facts, code, key=key, note=_sentence(note), time=time, but=event.by_user_id)
        elif code.endswith("_front_desk"):
            desk = users_in_charge(uow, p.DISPATCH.code, facts.order)
            urgency: Urgency = "high" if facts.order.urgency == "emergency" else "normal"
            _to_users(uow, desk, facts, code, key=key, note=note, urgency=urgency, but=event.by_user_id)
        elif code == "repairs.rated_technician" and facts.technician_user_id is not None:
            _to_users(uow, [facts.technician_user_id], facts, code, key=key, note=note)


def on_unplaced(uow: UnitOfWork, event: events.OrderUnplaced) -> None:
    """Nobody is left to ask: the front desk decides, and the manager knows."""
    facts = told(uow, event.order_id)
    if facts is None or facts.order.technician_id is not None or facts.order.state == "dispatched":
        return
    chiefs = {
        *users_in_charge(uow, p.ESCALATION.code, facts.order),
        *users_in_charge(uow, p.DISPATCH.code, facts.order),
    }
    _to_users(
        uow, sorted(chiefs), facts, "repairs.escalated_manager", key=f"unplaced:{event.order_id}:{event.round}",
        note=_ESCALATED["unplaced"], urgency="high" if event.emergency else "normal",
    )  # fmt: skip


def on_late(uow: UnitOfWork, event: events.OrderLate) -> None:
    """A warning goes to the front desk and the technician, a breach to the manager as well."""
    facts = told(uow, event.order_id)
    if facts is None:
        return
    key = f"{event.stage}:{event.order_id}:{event.due}:{facts.order.cycle}"
    emergency = facts.order.urgency == "emergency"
    urgency: Urgency = "high" if emergency or event.stage == "breached" else "normal"
    desk = users_in_charge(uow, p.DISPATCH.code, facts.order)
    if event.stage == "warned":
        hands = [facts.technician_user_id] if facts.technician_user_id is not None else []
        for user_ids, code in ((desk, "repairs.late_front_desk"), (hands, "repairs.late_technician")):
            _to_users(
                uow, user_ids, facts, code, key=key, urgency=urgency, note=_LATE[event.due], time=event.due_at
            )
        return
    chiefs = {*desk, *users_in_charge(uow, p.ESCALATION.code, facts.order)}
    _to_users(
        uow,
        sorted(chiefs),
        facts,
        "repairs.escalated_manager",
        key=key,
        note=_ESCALATED[event.due],
        urgency=urgency,
    )


def on_rated(uow: UnitOfWork, event: events.OrderRated) -> None:
    """A low mark asks the front desk to ring."""
    facts = told(uow, event.order_id)
    if facts is None or not event.call_back:
        return
    desk = users_in_charge(uow, p.CLOSE.code, facts.order)
    note = {"zh": f"最低 {event.lowest} 分", "en": f"lowest mark {event.lowest}"}
    key = f"call_back:{event.order_id}:{facts.order.cycle}"
    _to_users(uow, desk, facts, "repairs.call_back_front_desk", key=key, note=note)


def on_withdrawn(uow: UnitOfWork, event: events.OrderWithdrawn) -> None:
    """The technician whom the order was taken from need not go."""
    facts = told(uow, event.order_id)
    user_id = user_of_staff(uow, event.staff_id)
    if facts is None or user_id is None:
        return
    _to_users(
        uow, [user_id], facts, "repairs.withdrawn_technician", key=f"withdrawn:{event.transition_id}",
        urgency="high", but=event.by_user_id,
    )  # fmt: skip


def register_subscribers() -> None:
    """Subscribe to the slice's own events."""
    subscribe(events.OrderSubmitted, "repairs.tell_submitted", on_submitted)
    subscribe(events.OrderDispatched, "repairs.tell_offer", on_dispatched)
    subscribe(events.OrderTransitioned, "repairs.tell_step", on_transitioned)
    subscribe(events.OrderUnplaced, "repairs.tell_unplaced", on_unplaced)
    subscribe(events.OrderLate, "repairs.tell_late", on_late)
    subscribe(events.OrderRated, "repairs.tell_rated", on_rated)
    subscribe(events.OrderWithdrawn, "repairs.tell_withdrawn", on_withdrawn)


def _to_listeners(
    uow: UnitOfWork,
    facts: Told,
    code: str,
    *,
    key: str,
    note: Any = "",
    time: datetime | None = None,
    but: UUID | None = None,
) -> None:
    link = messages.RESIDENT_LINK.format(id=facts.order.id)
    for listener in listeners(uow, facts.order):
        if listener.user_id is not None and listener.user_id == but:
            continue
        whom = listener.user_id or listener.person_id
        send(
            uow,
            Message(
                template=code, to_user_id=listener.user_id, to_person_id=listener.person_id,
                params=_params(facts, note, time), dedup_key=f"{key}:{whom}", link=link,
            ),
        )  # fmt: skip


def _to_users(
    uow: UnitOfWork,
    user_ids: Iterable[UUID],
    facts: Told,
    code: str,
    *,
    key: str,
    note: Any = "",
    time: datetime | None = None,
    urgency: Urgency = "normal",
    but: UUID | None = None,
) -> None:
    link = (messages.STAFF_LINK if code.endswith("_technician") else messages.CONSOLE_LINK).format(
        id=facts.order.id
    )
    for user_id in user_ids:
        if user_id == but:
            continue
        send(
            uow,
            Message(
                template=code, to_user_id=user_id, params=_params(facts, note, time), urgency=urgency,
                dedup_key=f"{key}:{user_id}", link=link,
            ),
        )  # fmt: skip


def _params(facts: Told, note: Any, time: datetime | None) -> dict[str, Any]:
    order = facts.order
    category = CATEGORIES.get(order.category)
    return {
        "number": order.number,
        "place": order.place_text,
        "category": category.title if category else "",
        "text": order.description[:60],
        "technician": called(facts.technician),
        "time": time,
        "note": note,
    }


def _sentence(note: str) -> str:
    """A note ends like a sentence, so that the words after it read well."""
    return note if not note or note[-1] in "。.!?！？" else f"{note}。"
