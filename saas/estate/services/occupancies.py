"""Who owns or lives in a room: entering and ending, history kept."""

from datetime import date
from fractions import Fraction
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.core.actors import Actor
from saas.core.errors import NotFound, VersionConflict
from saas.estate.codes import OCCUPANCY_ROLES, OWNING_ROLES
from saas.estate.errors import OccupancyExists, wrong
from saas.estate.events import OccupancyEnded, OccupancyStarted
from saas.estate.models import Occupancy, Room
from saas.estate.permissions import OCCUPANCY_EDIT
from saas.people.services.matching import match_person
from saas.people.services.persons import PersonDraft, create_person, person_of, person_within
from tenants.clock import business_date
from tenants.unit_of_work import UnitOfWork

MAX_DENOMINATOR = 1_000_000


def start_occupancy(
    uow: UnitOfWork,
    *,
    actor: Actor,
    room_id: UUID,
    role: str,
    person_id: UUID | None = None,
    person: PersonDraft | None = None,
    share: Fraction | None = None,
    starts_on: date | None = None,
) -> Occupancy:
    """Enter a person, known by id or by name and phones, into a room."""
    room = uow.session.get(Room, room_id)
    if room is None:
        raise NotFound()
    actor.require(OCCUPANCY_EDIT.code, community_id=room.community_id, building_id=room.building_id)
    if role not in OCCUPANCY_ROLES:
        raise wrong("role", _l("Choose what the person is to the room."))
    _check_share(uow, room_id, role, share)
    known = _person(uow, actor, person_id, person)
    occupancy = Occupancy(
        room_id=room_id, person_id=known, role=role, starts_on=starts_on,
        share_num=share.numerator if share else None, share_den=share.denominator if share else None,
    )  # fmt: skip
    uow.session.add(occupancy)
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise OccupancyExists() from error
    uow.audit(
        "estate.occupancy_started", actor=actor.ref(), subject=("room", room_id), details={"role": role}
    )
    uow.emit(OccupancyStarted(occupancy.id, room_id, known, role, starts_on))
    return occupancy


def end_occupancy(
    uow: UnitOfWork,
    *,
    actor: Actor,
    occupancy_id: UUID,
    ends_on: date | None = None,
    version: int | None = None,
) -> Occupancy:
    """The person leaves; the row stays as history. The day is the first one without them (default: today)."""
    occupancy = uow.session.get(Occupancy, occupancy_id)
    room = uow.session.get(Room, occupancy.room_id) if occupancy else None
    if occupancy is None or room is None:
        raise NotFound()
    actor.require(OCCUPANCY_EDIT.code, community_id=room.community_id, building_id=room.building_id)
    if version is not None and occupancy.version != version:
        raise VersionConflict()
    last = ends_on or business_date(uow.tenant.time_zone)
    if occupancy.starts_on and last < occupancy.starts_on:
        raise wrong("ends_on", _l("This is before the person came."))
    if occupancy.ends_on == last:
        return occupancy
    occupancy.ends_on = last
    uow.session.flush()
    uow.audit(
        "estate.occupancy_ended",
        actor=actor.ref(),
        subject=("room", room.id),
        details={"role": occupancy.role},
    )
    uow.emit(OccupancyEnded(occupancy.id, room.id, occupancy.person_id, last))
    return occupancy


def parse_share(text: str | None) -> Fraction | None:
    """'1/2', '50%' or '50' as an exact share; None for an empty text."""
    clean = (text or "").replace(" ", "")
    if not clean:
        return None
    try:
        share = Fraction(clean.removesuffix("%")) if "/" in clean else Fraction(clean.removesuffix("%")) / 100
    except (ValueError, ZeroDivisionError) as error:
        raise wrong("share", _l("Write the share as 1/2 or as a percentage.")) from error
    if not 0 < share <= 1 or share.denominator > MAX_DENOMINATOR:
        raise wrong("share", _l("Write the share as 1/2 or as a percentage."))
    return share


def _person(uow: UnitOfWork, actor: Actor, person_id: UUID | None, draft: PersonDraft | None) -> UUID:
    if person_id is not None:
        if _lives_nowhere(uow, person_id):
            return person_of(uow, person_id).id
        return person_within(uow, actor, OCCUPANCY_EDIT.code, person_id).id
    if draft is None or not draft.name.strip():
        raise wrong("name", _l("Please fill this in."))
    return match_person(uow, draft) or create_person(uow, actor=actor, draft=draft)


def _lives_nowhere(uow: UnitOfWork, person_id: UUID) -> bool:
    """Somebody just put on file, who is in nobody's scope yet."""
    found = select(Occupancy.id).where(Occupancy.person_id == person_id).limit(1)
    return uow.session.scalar(found) is None


def _check_share(uow: UnitOfWork, room_id: UUID, role: str, share: Fraction | None) -> None:
    if share is None:
        return
    if role not in OWNING_ROLES:
        raise wrong("share", _l("Only owners have a share."))
    rows = uow.session.execute(
        select(Occupancy.share_num, Occupancy.share_den).where(
            Occupancy.room_id == room_id, Occupancy.ends_on.is_(None), Occupancy.share_num.is_not(None)
        )
    )
    taken = sum((Fraction(top, bottom) for top, bottom in rows if top and bottom), Fraction(0))
    if taken + share > 1:
        raise wrong("share", _l("The shares of this room would be more than the whole."))
