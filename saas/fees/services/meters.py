"""Meters: put in, changed, taken out, swapped. A room's meter, or one of a pool that no room owns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from saas.core.actors import Actor
from saas.core.errors import NotFound, VersionConflict
from saas.estate.models import Building, Community, Room
from saas.fees.errors import meter_is_removed, meter_not_found, meter_number_taken, wrong
from saas.fees.models import Meter
from saas.fees.models.meters import METER_KINDS
from saas.fees.permissions import METERS
from tenants.unit_of_work import UnitOfWork

MAX_DIGITS = 12
CHANGEABLE = frozenset(
    {"number", "place_text", "pool_key", "digits", "multiplier", "installed_on", "initial_values", "note"}
)


@dataclass(frozen=True)
class NewMeter:
    """A meter of a room, or of a pool (`pool_key`: unit 1-1, building 1, or all) when `room_id` is None."""

    number: str
    kind: str
    community_id: UUID | None = None
    room_id: UUID | None = None
    building_id: UUID | None = None
    pool_key: str | None = None
    place_text: str = ""
    registers: Sequence[str] = ("total",)
    digits: int = 5
    multiplier: Decimal = Decimal(1)
    installed_on: date | None = None
    initial_values: Mapping[str, Decimal] = field(default_factory=dict)
    note: str = ""


def create_meter(uow: UnitOfWork, *, actor: Actor, meter: NewMeter) -> Meter:
    """Put a meter on file. Without an initial value its first reading counts nothing."""
    community_id, building_id = _place_of(uow, meter)
    actor.require(METERS.code, community_id=community_id, building_id=building_id)
    _check(meter)
    row = Meter(
        number=meter.number.strip(), kind=meter.kind, community_id=community_id, building_id=building_id,
        room_id=meter.room_id, pool_key=meter.pool_key, place_text=meter.place_text.strip()[:80],
        registers=list(meter.registers), digits=meter.digits, multiplier=meter.multiplier,
        installed_on=meter.installed_on, initial_values=_texts(meter.initial_values), note=meter.note[:400],
    )  # fmt: skip
    _store(uow, row)
    uow.audit(
        "fees.meter_created", actor=actor.ref(), subject=("meter", row.id), details={"number": row.number}
    )
    return row


def change_meter(
    uow: UnitOfWork, *, actor: Actor, meter_id: UUID, values: Mapping[str, Any], version: int | None = None
) -> Meter:
    """Correct what is on file. Usage that was counted before stays as it was counted."""
    row = meter_of(uow, actor=actor, meter_id=meter_id, lock=True)
    if version is not None and row.version != version:
        raise VersionConflict()
    unknown = sorted(set(values) - CHANGEABLE)
    if unknown:
        raise wrong(unknown[0], _l("There is no such setting."))
    for name, value in values.items():
        setattr(row, name, _texts(value) if name == "initial_values" else value)
    _check(
        NewMeter(row.number, row.kind, digits=row.digits, multiplier=row.multiplier, registers=row.registers)
    )
    _store(uow, row)
    uow.audit("fees.meter_changed", actor=actor.ref(), subject=("meter", row.id), fields=sorted(values))
    return row


def remove_meter(
    uow: UnitOfWork, *, actor: Actor, meter_id: UUID, on: date, final_values: Mapping[str, Decimal]
) -> Meter:
    """Take a meter out. Its last values are readings: enter them with `readings.enter_reading` before."""
    row = meter_of(uow, actor=actor, meter_id=meter_id, lock=True)
    if row.state == "removed":
        raise meter_is_removed()
    row.state, row.removed_on, row.final_values = "removed", on, _texts(final_values)
    uow.session.flush()
    uow.audit("fees.meter_removed", actor=actor.ref(), subject=("meter", row.id))
    return row


def meter_of(uow: UnitOfWork, *, actor: Actor, meter_id: UUID, lock: bool = False) -> Meter:
    """The meter, where the actor keeps meters. Raises NotFound."""
    statement = select(Meter).where(Meter.id == meter_id)
    row = uow.session.scalar(statement.with_for_update() if lock else statement)
    if row is None or not actor.may(METERS.code, community_id=row.community_id, building_id=row.building_id):
        raise meter_not_found()
    return row


def _place_of(uow: UnitOfWork, meter: NewMeter) -> tuple[UUID, UUID | None]:
    """Community and building: those of the room, or as they are named."""
    if meter.room_id is not None:
        room = uow.session.get(Room, meter.room_id)
        if room is None:
            raise NotFound()
        return room.community_id, room.building_id
    if meter.community_id is None or uow.session.get(Community, meter.community_id) is None:
        raise NotFound()
    building = uow.session.get(Building, meter.building_id) if meter.building_id else None
    if meter.building_id and (building is None or building.community_id != meter.community_id):
        raise NotFound()
    return meter.community_id, meter.building_id


def _check(meter: NewMeter) -> None:
    if not meter.number.strip() or len(meter.number) > 60:
        raise wrong("number", _l("Please fill this in."))
    if meter.kind not in METER_KINDS:
        raise wrong("kind", _l("Choose one of the list."))
    if not 1 <= meter.digits <= MAX_DIGITS:
        raise wrong("digits", _l("A register has 1 to 12 digits."))
    if meter.multiplier <= 0:
        raise wrong("multiplier", _l("The multiplier is above 0."))
    if not meter.registers or len(set(meter.registers)) < len(meter.registers):
        raise wrong("registers", _l("Name each register once."))
    for register, value in meter.initial_values.items():
        if register not in meter.registers or not 0 <= value < 10**meter.digits:
            raise wrong("initial_values", _l("This value does not fit the register."))


def _store(uow: UnitOfWork, row: Meter) -> None:
    uow.session.add(row)
    try:
        with uow.savepoint():
            uow.session.flush()
    except IntegrityError as error:
        raise meter_number_taken() from error


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Exact numbers as JSON keeps them."""
    return {register: str(value) for register, value in values.items()}
