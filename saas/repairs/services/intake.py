"""Taking a report: by the resident, at the front desk for somebody, by staff, by another system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.core.actors import Actor
from saas.core.errors import InvalidInput, NotFound
from saas.core.places import Place
from saas.estate.models import PlaceLink
from saas.estate.queries import room_place, rooms_of_person, text_of_place
from saas.people.phones import normalise_phone
from saas.people.services.persons import person_within
from saas.repairs import permissions as p
from saas.repairs.catalogue import SOURCES
from saas.repairs.events import OrderSubmitted
from saas.repairs.models import RepairOrder
from saas.repairs.queries.similar import SimilarOrder, similar_orders_at
from saas.repairs.services.classification import Sorted, sort_by_hand, sort_text, triage
from saas.repairs.services.due import start_clock
from saas.repairs.services.history import note_change, record
from saas.repairs.services.photos import MAX_PHOTOS, NewPhoto, attach, prepare
from tenants import clock
from tenants.counters import next_number
from tenants.fields import encrypt_field
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

MAX_TEXT = 2000
MAX_PLACE = 120


@dataclass(frozen=True)
class Report:
    """What somebody reports. Give a room, or a community (with a building perhaps) and words for the public place.

    `request_id` is made by the phone or the form: sending the same report twice makes one order. `code` is the
    token of a scanned QR label and allows a public place of that community. Photos may follow one by one.
    """

    text: str
    room_id: UUID | None = None
    community_id: UUID | None = None
    building_id: UUID | None = None
    place: str = ""
    code: str | None = None
    source: str = ""
    request_id: str | None = None
    wished_from: datetime | None = None
    wished_to: datetime | None = None
    person_id: UUID | None = None
    contact_name: str = ""
    contact_phone: str = ""
    category: str | None = None
    urgency: str | None = None
    photos: Sequence[NewPhoto] = field(default_factory=tuple)


@dataclass(frozen=True)
class Intake:
    """What came of a report: the order, whether this very call made it, and open orders that look the same."""

    order: RepairOrder
    is_new: bool
    similar: tuple[SimilarOrder, ...]


def create_order(uow: UnitOfWork, *, actor: Actor, report: Report) -> Intake:
    """Take a report, sort it, and send it out when category and urgency are sure enough.

    Raises InvalidInput with fields, Forbidden, NotFound for a place that the actor may not name.
    """
    photos = [prepare(photo) for photo in report.photos]
    known = _known(uow, actor, report.request_id)
    if known is not None:
        return Intake(known, False, ())
    text = _checked(report)
    on_behalf = _is_on_behalf(actor, report)
    place = _place(uow, actor, report, on_behalf)
    result = _sort(uow, actor, report, text)
    similar = similar_orders_at(uow, place, result.category, text)
    try:
        with uow.savepoint():
            order = _store(uow, actor, report, place, text, result, on_behalf)
    except IntegrityError:
        # The same tap arrived twice at the same moment; the other one was first.
        known = _known(uow, actor, report.request_id)
        if known is None:
            raise
        return Intake(known, False, ())
    for photo in photos:
        attach(uow, order, photo, actor=actor)
    if result.is_sure:
        triage(uow, order)
    order.number = _number(uow)
    uow.session.flush()
    return Intake(order, True, similar)


def _store(
    uow: UnitOfWork, actor: Actor, report: Report, place: Place, text: str, result: Sorted, on_behalf: bool
) -> RepairOrder:
    now = clock.utcnow()
    order_id = new_id()
    person_id, user_id, name = _reporter(uow, actor, report, on_behalf)
    phone = _phone(report)
    order = RepairOrder(
        id=order_id,
        source=report.source if report.source in SOURCES else _usual_source(actor),
        community_id=place.community_id, building_id=place.building_id, room_id=place.room_id,
        place_text=place.text, description=text,
        wished_from=report.wished_from, wished_to=report.wished_to,
        reporter_person_id=person_id, reporter_user_id=user_id, reporter_name=name,
        contact_phone=encrypt_field(uow, phone, table="repair_order", column="contact_phone", row_id=order_id)
        if phone else None,
        created_by=actor.user_id, client_request_id=report.request_id,
        category=result.category, urgency=result.urgency,
        category_confidence=result.category_confidence, urgency_confidence=result.urgency_confidence,
        because=list(result.because), classifier=result.classifier, is_confirmed=bool(report.category and report.urgency),
        state="submitted", state_at=now, last_event_at=now, cycle=0, technician_id=None,
        dispatch_mode="", dispatch_round=0, is_clock_stopped=False,
    )  # fmt: skip
    start_clock(uow, order, now)
    uow.session.add(order)
    uow.session.flush()
    _announce(uow, order, actor, result)
    uow.session.flush()
    return order


def _announce(uow: UnitOfWork, order: RepairOrder, actor: Actor, result: Sorted) -> None:
    event = record(
        uow, order, actor=actor, kind="transition", to_state="submitted",
        data={
            "source": order.source, "category": result.category, "urgency": result.urgency,
            "category_confidence": round(result.category_confidence, 3),
            "urgency_confidence": round(result.urgency_confidence, 3), "classifier": result.classifier,
        },
    )  # fmt: skip
    order.state_at = event.at
    note_change(uow, order, actor=actor, action="submitted", source=order.source)
    uow.emit(
        OrderSubmitted(
            order_id=order.id,
            community_id=order.community_id,
            urgency=order.urgency,
            needs_confirmation=not result.is_sure,
        )
    )


def _number(uow: UnitOfWork) -> str:
    """The next number of the month. Its row is locked until the commit, so this is the last step."""
    local = clock.utcnow().astimezone(ZoneInfo(uow.tenant.time_zone))
    period = local.strftime("%Y%m")
    return f"R-{period}-{next_number(uow, 'repair', period):04d}"


def _known(uow: UnitOfWork, actor: Actor, request_id: str | None) -> RepairOrder | None:
    if not request_id or actor.user_id is None:
        return None
    return uow.session.scalar(
        select(RepairOrder).where(
            RepairOrder.created_by == actor.user_id, RepairOrder.client_request_id == request_id
        )
    )


def _checked(report: Report) -> str:
    text = report.text.strip()
    wrong: dict[str, list[Any]] = {}
    if not text and not report.photos:
        wrong["text"] = [_l("Say in a few words what is broken, or take a photo.")]
    if len(text) > MAX_TEXT:
        wrong["text"] = [_l("Please use at most 2,000 characters.")]
    if not report.room_id and not report.community_id and not report.code:
        wrong["place"] = [_l("Choose where it is.")]
    if len(report.place) > MAX_PLACE:
        wrong["place"] = [_l("Please describe the place in at most 120 characters.")]
    if report.wished_from and report.wished_to and report.wished_to <= report.wished_from:
        wrong["wished_to"] = [_l("The end has to be after the beginning.")]
    if report.contact_phone and normalise_phone(report.contact_phone) is None:
        wrong["contact_phone"] = [_l("This is not a phone number we know how to call.")]
    if len(report.photos) > MAX_PHOTOS:
        wrong["photos"] = [_l("Nine photos at most.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    return text


def _is_on_behalf(actor: Actor, report: Report) -> bool:
    """Staff report for others; a resident for oneself. Nobody without either permission reports at all."""
    if actor.kind == "resident" or (not actor.may(p.REGISTER.code) and actor.may(p.REPORT.code)):
        actor.require(p.REPORT.code)
        return False
    actor.require(p.REGISTER.code)
    return True


def _place(uow: UnitOfWork, actor: Actor, report: Report, on_behalf: bool) -> Place:
    place = _named_place(uow, report)
    if on_behalf:
        if not actor.may(p.REGISTER.code, community_id=place.community_id, building_id=place.building_id):
            raise NotFound()
        return place
    if report.code is not None:
        return place
    homes = rooms_of_person(uow, actor.person_id) if actor.person_id else []
    if place.room_id is not None and place.room_id not in {home.room_id for home in homes}:
        raise NotFound()
    if place.community_id not in {home.community_id for home in homes}:
        raise NotFound()
    return place


def _named_place(uow: UnitOfWork, report: Report) -> Place:
    community_id = report.community_id
    if report.code is None and report.room_id is not None:
        return room_place(uow, report.room_id)
    if report.code is not None:
        link = uow.session.execute(
            select(PlaceLink.community_id, PlaceLink.room_id).where(PlaceLink.token == report.code)
        ).first()
        if link is None or (community_id is not None and community_id != link.community_id):
            raise NotFound()
        # A code opens its own room and no other.
        if report.room_id is not None and report.room_id != link.room_id:
            raise NotFound()
        if link.room_id is not None and not report.place and community_id is None:
            return room_place(uow, link.room_id)
        community_id = link.community_id
    if community_id is None:
        raise NotFound()
    words = text_of_place(uow, community_id, report.building_id, report.place)
    return Place(community_id, report.building_id, None, words)


def _sort(uow: UnitOfWork, actor: Actor, report: Report, text: str) -> Sorted:
    by_hand = actor.may(p.TRIAGE.code) and report.category and report.urgency
    if by_hand and report.category and report.urgency:
        return sort_by_hand(report.category, report.urgency)
    return sort_text(uow, text, actor.locale)


def _reporter(
    uow: UnitOfWork, actor: Actor, report: Report, on_behalf: bool
) -> tuple[UUID | None, UUID | None, str]:
    if not on_behalf:
        return actor.person_id, actor.user_id, report.contact_name.strip() or actor.name
    if report.person_id is None:
        return None, None, report.contact_name.strip() or actor.name
    person = person_within(uow, actor, p.REGISTER.code, report.person_id)
    return person.id, None, report.contact_name.strip() or person.name


def _phone(report: Report) -> str | None:
    return normalise_phone(report.contact_phone) if report.contact_phone else None


def _usual_source(actor: Actor) -> str:
    if actor.kind == "resident":
        return "resident"
    return "front_desk" if actor.may(p.TRIAGE.code) else "staff"
