"""Readings that wait for a person: believe, correct or reject them. Every decision names who took it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.fees.errors import reading_not_believed, reading_not_found, reading_not_now, wrong
from saas.fees.models import Meter, Reading
from saas.fees.permissions import METERS
from saas.fees.services.reading_judgement import Seen, Series
from saas.fees.services.reading_series import load_series
from saas.fees.services.readings import write_verdicts
from tenants import clock
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

DECIDABLE = ("held", "received")


def accept_reading(
    uow: UnitOfWork, *, actor: Actor, reading_id: UUID, is_roll_over: bool = False, note: str = ""
) -> Reading:
    """Believe a held reading: the use is unusual but right, or (`is_roll_over`) the register began again at 0.

    What no word can make right (no value, a day to come, before the meter was there) stays held.
    """
    reading, series = _locked(uow, actor, reading_id, DECIDABLE)
    if reading.held_because == "duplicate":
        return correct_reading(uow, actor=actor, reading_id=reading_id, value=reading.value, note=note)
    today = clock.business_date(uow.tenant.time_zone)
    verdict = series.judge(_seen(reading), today, trusted=True, roll_over=is_roll_over)
    if verdict.state == "held":
        raise reading_not_believed(verdict.reason or "")
    _sign(reading, actor, note)
    uow.session.flush()
    write_verdicts(uow, [(series, verdict)])
    return _told(uow, actor, reading_id, "fees.reading_accepted")


def correct_reading(
    uow: UnitOfWork,
    *,
    actor: Actor,
    reading_id: UUID,
    value: Decimal | None,
    read_on: date | None = None,
    is_roll_over: bool = False,
    note: str = "",
) -> Reading:
    """Put another value in the place of a held or accepted reading; the old one stays on file, replaced.

    Usage that was billed by the old value is corrected by the next run of mode `adjust`.
    """
    if value is None or value < 0:
        raise wrong("value", _l("Enter what the register shows."))
    reading, series = _locked(uow, actor, reading_id, (*DECIDABLE, "accepted"))
    today = clock.business_date(uow.tenant.time_zone)
    day = read_on or reading.read_on
    series.remove(reading.id, today)
    for other in [
        each for each in series.accepted if each.read_on == day and reading.held_because == "duplicate"
    ]:
        series.remove(other.id, today)
        _replace(uow, other.id, actor)
    own = (day, value) == (reading.read_on, reading.value)
    fresh = reading if own else _twin(uow, reading, value, day)
    verdict = series.judge(_seen(fresh), today, trusted=True, roll_over=is_roll_over)
    if verdict.state == "held":
        raise reading_not_believed(verdict.reason or "")
    if not own:
        reading.state = "replaced"
        _sign(reading, actor, note)
    _sign(fresh, actor, note)
    uow.session.flush()
    write_verdicts(uow, [(series, verdict)])
    return _told(uow, actor, fresh.id, "fees.reading_corrected")


def reject_reading(uow: UnitOfWork, *, actor: Actor, reading_id: UUID, note: str) -> Reading:
    """Set a reading aside: it stays on file with the reason and counts nothing."""
    if not note.strip():
        raise wrong("note", _l("Say why, so that colleagues understand it."))
    reading, series = _locked(uow, actor, reading_id, (*DECIDABLE, "accepted"))
    today = clock.business_date(uow.tenant.time_zone)
    series.remove(reading.id, today)
    reading.state, reading.usage = "rejected", None
    _sign(reading, actor, note)
    uow.session.flush()
    write_verdicts(uow, [(series, verdict) for verdict in list(series.changed.values())])
    return _told(uow, actor, reading_id, "fees.reading_rejected")


def _locked(
    uow: UnitOfWork, actor: Actor, reading_id: UUID, states: tuple[str, ...]
) -> tuple[Reading, Series]:
    """The reading and its register, nobody else deciding at the same time."""
    found = uow.session.get(Reading, reading_id)
    meter = (
        uow.session.scalar(select(Meter).where(Meter.id == found.meter_id).with_for_update())
        if found
        else None
    )
    if found is None or meter is None:
        raise reading_not_found()
    if not actor.may(METERS.code, community_id=meter.community_id, building_id=meter.building_id):
        raise reading_not_found()
    uow.session.refresh(found)
    if found.state not in states:
        raise reading_not_now(found.state)
    key = (meter.id, found.register)
    return found, load_series(uow, [key])[key]


def _seen(reading: Reading) -> Seen:
    return Seen(reading.id, reading.value, reading.read_on, reading.read_at, period=reading.period)


def _twin(uow: UnitOfWork, reading: Reading, value: Decimal, day: date) -> Reading:
    """The reading that takes the place of another; one that was stored before with these values is used again."""
    known = uow.session.scalar(
        select(Reading).where(
            Reading.meter_id == reading.meter_id,
            Reading.register == reading.register,
            Reading.read_on == day,
            Reading.value == value,
        )
    )
    if known is not None:
        if known.state == "accepted":
            raise reading_not_believed("duplicate")
        return known
    fresh = Reading(
        id=new_id(), meter_id=reading.meter_id, register=reading.register, read_on=day, read_at=reading.read_at,
        period=reading.period, value=value, source="manual", state="received", photo_key=reading.photo_key,
        import_id=reading.import_id, read_by=reading.read_by, received_at=clock.utcnow(), corrects_id=reading.id,
    )  # fmt: skip
    uow.session.add(fresh)
    uow.session.flush()
    return fresh


def _replace(uow: UnitOfWork, reading_id: UUID, actor: Actor) -> None:
    other = uow.session.get_one(Reading, reading_id)
    other.state = "replaced"
    _sign(other, actor, other.note)


def _sign(reading: Reading, actor: Actor, note: str) -> None:
    reading.reviewed_by, reading.reviewed_by_name = actor.user_id, actor.name
    reading.reviewed_at = clock.utcnow()
    reading.note = note.strip()[:400] or reading.note


def _told(uow: UnitOfWork, actor: Actor, reading_id: UUID, action: str) -> Reading:
    uow.audit(action, actor=actor.ref(), subject=("reading", reading_id))
    return uow.session.get_one(Reading, reading_id, populate_existing=True)
