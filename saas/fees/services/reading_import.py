"""Lists of readings: upload and look, apply once, give up."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from saas.core.actors import Actor
from saas.core.errors import Conflict
from saas.estate.importing.workbook import UnreadableFile
from saas.estate.queries.places import community_of
from saas.fees.errors import import_not_found, unreadable_list
from saas.fees.models import FeeImport, Meter
from saas.fees.permissions import METERS
from saas.fees.services.reading_file import period_in_name, read_readings, row_of
from saas.fees.services.reading_plan import Planned, make_plan
from saas.fees.services.readings import Incoming, judge_waiting, take_in
from tenants.clock import utcnow
from tenants.unit_of_work import UnitOfWork

KIND = "readings"


def upload_readings(
    uow: UnitOfWork,
    *,
    actor: Actor,
    community_id: UUID,
    file_name: str,
    content: bytes,
    period: date | None = None,
) -> FeeImport:
    """Read a list and say what it would do; nothing is stored but the list. Raises InvalidInput."""
    actor.require(METERS.code, community_id=community_id)
    community_of(uow, community_id)
    try:
        rows = read_readings(content)
    except UnreadableFile as error:
        raise unreadable_list(error.code) from error
    plan = make_plan(uow, community_id, rows)
    month = period or period_in_name(file_name)
    batch = FeeImport(
        kind=KIND, community_id=community_id, file_name=_plain_name(file_name),
        file_hash=hashlib.sha256(content).hexdigest(), rows=[row.stored() for row in rows], issues=plan.issues,
        totals=plan.totals() | {"period": month.replace(day=1).isoformat() if month else None},
        uploaded_by=actor.user_id, uploaded_by_name=actor.name,
    )  # fmt: skip
    uow.session.add(batch)
    uow.session.flush()
    uow.audit("fees.readings_uploaded", actor=actor.ref(), subject=("fee_import", batch.id))
    return batch


def apply_readings(uow: UnitOfWork, *, actor: Actor, import_id: UUID) -> FeeImport:
    """Put new meters on file, store and judge the readings, all in this transaction; again changes nothing."""
    batch = readings_import(uow, actor=actor, import_id=import_id, lock=True)
    if batch.state == "applied":
        return batch
    if batch.state != "preview" or batch.community_id is None:
        raise Conflict(
            _l("This list was given up. Upload it again."), code="import_not_now", state=batch.state
        )
    plan = make_plan(uow, batch.community_id, [row_of(stored) for stored in batch.rows])
    stored = [each for each in plan.rows if each.action in ("accept", "hold")]
    touched = _put_meters(uow, batch.community_id, stored)
    incoming = [
        Incoming(each.row.number, each.row.read_on, each.row.current, each.row.register)
        for each in stored
        if each.row.read_on
    ]
    month = batch.totals.get("period")
    take_in(
        uow, incoming, source="import", import_id=batch.id, read_by=actor.user_id,
        period=date.fromisoformat(month) if month else None,
    )  # fmt: skip
    judge_waiting(uow, touched, limit=len(touched) + 1, neighbours=plan.peers)
    _retire(uow, stored)
    batch = readings_import(uow, actor=actor, import_id=import_id)
    batch.state, batch.applied_at, batch.issues = "applied", utcnow(), plan.issues
    batch.totals = {**plan.totals(), "period": month}
    uow.session.flush()
    uow.audit(
        "fees.readings_imported", actor=actor.ref(), subject=("fee_import", batch.id),
        details={"rows": len(plan.rows), "held": sum(1 for each in plan.rows if each.action == "hold")},
    )  # fmt: skip
    return batch


def readings_import(uow: UnitOfWork, *, actor: Actor, import_id: UUID, lock: bool = False) -> FeeImport:
    """A list of readings in scope. Raises NotFound."""
    statement = select(FeeImport).where(FeeImport.id == import_id, FeeImport.kind == KIND)
    batch = uow.session.scalar(statement.with_for_update() if lock else statement)
    if batch is None or not actor.may(METERS.code, community_id=batch.community_id):
        raise import_not_found()
    return batch


def abandon_readings(uow: UnitOfWork, *, actor: Actor, import_id: UUID) -> FeeImport:
    """Give a preview up."""
    batch = readings_import(uow, actor=actor, import_id=import_id, lock=True)
    if batch.state == "preview":
        batch.state, batch.rows = "abandoned", []
        uow.session.flush()
    return batch


def _put_meters(uow: UnitOfWork, community_id: UUID, planned: list[Planned]) -> list[UUID]:
    """The meters of all rows, new ones with the previous value as their first."""
    made: dict[str, Meter] = {}
    for each in planned:
        row = each.row
        if not each.is_new:
            continue
        meter = made.setdefault(
            row.number,
            Meter(
                number=row.number, kind=row.kind, community_id=community_id, building_id=each.building_id,
                room_id=each.room_id, pool_key=each.pool_key, place_text=row.place[:80], registers=[],
                digits=row.digits, multiplier=row.multiplier or Decimal(1), initial_values={},
            ),
        )  # fmt: skip
        if row.register not in meter.registers:
            meter.registers = [*meter.registers, row.register]
            if row.previous is not None:
                meter.initial_values = {**meter.initial_values, row.register: str(row.previous)}
    uow.session.add_all(made.values())
    uow.session.flush()
    return [*(meter.id for meter in made.values()), *(each.meter_id for each in planned if each.meter_id)]


def _retire(uow: UnitOfWork, planned: list[Planned]) -> None:
    """Of each swap: the first meter was taken out on the day of its last reading, the second put in."""
    swaps = [each for each in planned if each.swapped_by]
    numbers = [each.row.number for each in swaps] + [
        each.swapped_by.number for each in swaps if each.swapped_by
    ]
    found = select(Meter).where(Meter.number.in_(numbers)).execution_options(populate_existing=True)
    meters = {meter.number: meter for meter in uow.session.scalars(found)}
    for each in swaps:
        assert each.swapped_by is not None
        old, new = meters[each.row.number], meters[each.swapped_by.number]
        old.state, old.removed_on = "removed", each.row.read_on
        old.final_values = {each.row.register: str(each.row.current)}
        new.replaces_id = old.id


def _plain_name(file_name: str) -> str:
    return file_name.replace("\\", "/").rsplit("/", 1)[-1].strip()[:120] or "readings"
