"""Readings: taken in fast and idempotent, then judged against what the register showed before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text, update

from saas.core.actors import Actor
from saas.core.photos import recode
from saas.fees.errors import meter_is_removed, meter_not_found, wrong
from saas.fees.models import Meter, Reading
from saas.fees.permissions import METERS, READ_METERS
from saas.fees.preferences import READ_BEFORE_DAY
from saas.fees.services.meters import NewMeter, create_meter, meter_of, remove_meter
from saas.fees.services.reading_judgement import Seen, Series, Verdict, in_order
from saas.fees.services.reading_series import billed_rooms, load_series
from tenants import clock, preferences
from tenants.database import kernel
from tenants.files import FileStore
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

JUDGE = "fees.judge_readings"
AT_ONCE = 2_000


# One statement for a whole batch, its columns as texts that the server cuts up: Python dumps no values one by one,
# and no staging table has to be emptied again. The unique key tells repeats.
_CUT = "\x1f"
_TAKE_IN = text(
    "WITH incoming AS ("
    " SELECT i.*, m.id AS meter_id FROM unnest(CAST(:ids AS uuid[]), string_to_array(:numbers, :cut),"
    " string_to_array(:registers, :cut), CAST(:days AS date[]), CAST(:instants AS timestamptz[]),"
    " CAST(:amounts AS numeric[]), CAST(:periods AS date[]))"
    " AS i (id, number, register, read_on, read_at, value, period) LEFT JOIN meter m ON m.number = i.number),"
    " stored AS ("
    " INSERT INTO reading (id, meter_id, register, read_on, read_at, period, value, is_rolled_over, source,"
    " quality, state, is_late, import_id, read_by, received_at, reviewed_by_name, note)"
    " SELECT id, meter_id, register, read_on, read_at, period, value, false, :source, 'good', 'received', false,"
    " CAST(:import_id AS uuid), CAST(:read_by AS uuid), CAST(:at AS timestamptz), '', ''"
    " FROM incoming WHERE meter_id IS NOT NULL"
    " ON CONFLICT (meter_id, register, read_on, value) DO NOTHING RETURNING 1)"
    " SELECT (SELECT count(*) FROM stored), count(meter_id),"
    " array_agg(DISTINCT number) FILTER (WHERE meter_id IS NULL) FROM incoming"
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A reading as it arrives: by the number on the meter."""

    number: str
    read_on: date
    value: Decimal | None
    register: str = "total"
    read_at: datetime | None = None


@dataclass(frozen=True)
class TakenIn:
    """`new` are stored and wait to be judged; `known` were here already; the numbers of meters nobody knows."""

    new: int
    known: int
    unknown: tuple[str, ...] = ()


def take_in(
    uow: UnitOfWork,
    readings: Sequence[Incoming],
    *,
    source: str,
    period: date | None = None,
    import_id: UUID | None = None,
    read_by: UUID | None = None,
) -> TakenIn:
    """Store readings in one statement; the same ones again change nothing. Judging follows: `judge_waiting`."""
    if not readings:
        return TakenIn(0, 0)
    uow.session.flush()
    values = _columns(readings, int(preferences.get(uow, READ_BEFORE_DAY)), period)
    values |= {"source": source, "import_id": import_id, "read_by": read_by, "at": clock.utcnow()}
    stored, matched, unknown = uow.session.execute(_TAKE_IN, values).one()
    return TakenIn(stored, matched - stored, tuple(sorted(unknown or ())))


def _columns(readings: Sequence[Incoming], cut: int, period: date | None) -> dict[str, Any]:
    """The batch by columns, as literals of arrays."""
    months = {each.read_on: period or period_of(each.read_on, cut) for each in readings}
    return {
        "cut": _CUT,
        "ids": _literal(_ids(len(readings))),
        "numbers": _CUT.join(_plain(each.number) for each in readings),
        "registers": _CUT.join(_plain(each.register) for each in readings),
        "days": _literal(str(each.read_on) for each in readings),
        "instants": _literal(
            f'"{each.read_at.isoformat()}"' if each.read_at else "NULL" for each in readings
        ),
        "amounts": _literal("NULL" if each.value is None else str(each.value) for each in readings),
        "periods": _literal(str(months[each.read_on]) for each in readings),
    }


def _literal(values: Iterable[str]) -> str:
    return "{" + ",".join(values) + "}"


def _plain(text: str) -> str:
    """Nothing that people print on a meter, and it would shift the columns."""
    return text.replace(_CUT, "") if _CUT in text else text


def _ids(count: int) -> Iterable[str]:
    """Ids in a row: the first is made as all are, the others count on in its random part."""
    first = new_id().int
    high, low = first >> 62, first & ((1 << 61) - 1)
    return (f"{high << 62 | low + number:032x}" for number in range(count))


def period_of(day: date, cut: int = 0) -> date:
    """The month whose usage a reading closes: its own; the one before on days up to `cut`."""
    first = day.replace(day=1)
    if day.day > cut:
        return first
    return date(first.year - 1, 12, 1) if first.month == 1 else first.replace(month=first.month - 1)


def judge_waiting(
    uow: UnitOfWork,
    meter_ids: Iterable[UUID] | None = None,
    limit: int = AT_ONCE,
    neighbours: Mapping[tuple[str, Decimal], Fraction | None] | None = None,
) -> int:
    """Judge readings that were only taken in; answers how many. What is left over waits for the next call."""
    wanted = select(Reading.meter_id).where(Reading.state == "received").distinct().limit(limit)
    if meter_ids is not None:
        wanted = wanted.where(Reading.meter_id.in_(list(meter_ids)))
    meters = list(uow.session.scalars(wanted))
    if not meters:
        return 0
    # One judge at a time for a meter: a second one waits and then finds nothing left to judge.
    uow.session.execute(select(Meter.id).where(Meter.id.in_(meters)).order_by(Meter.id).with_for_update())
    waiting: dict[tuple[UUID, str], list[Seen]] = {}
    rows = select(
        Reading.meter_id, Reading.register, Reading.id, Reading.value, Reading.read_on, Reading.read_at,
        Reading.period,
    ).where(Reading.meter_id.in_(meters), Reading.state == "received")  # fmt: skip
    for meter_id, register, reading_id, value, read_on, read_at, period in uow.session.execute(rows):
        seen = Seen(reading_id, value, read_on, read_at, period=period)
        waiting.setdefault((meter_id, register), []).append(seen)
    known = load_series(uow, waiting, neighbours)
    today = clock.business_date(uow.tenant.time_zone)
    verdicts: list[tuple[Series, Verdict]] = []
    for key, seen_ones in waiting.items():
        series = known[key]
        verdicts += [(series, series.judge(seen, today)) for seen in in_order(seen_ones)]
    write_verdicts(uow, verdicts)
    return len(verdicts)


def write_verdicts(uow: UnitOfWork, verdicts: Sequence[tuple[Series, Verdict]]) -> None:
    """Keep what judging said, and what it changed about readings accepted before."""
    billed = billed_rooms(uow, {series.meter.id for series, _ in verdicts})
    rows: dict[UUID, dict[str, Any]] = {}
    for series, verdict in verdicts:
        late = verdict.state == "accepted" and (series.meter.id, verdict.seen.period) in billed
        rows[verdict.seen.id] = _row(verdict) | {"is_late": late}
    for series in {id(series): series for series, _ in verdicts}.values():
        for reading_id, verdict in series.changed.items():
            if reading_id in rows:  # judged and counted again within one go: the last word counts
                rows[reading_id] |= _row(verdict)
                continue
            late = (series.meter.id, verdict.seen.period) in billed
            rows[reading_id] = _row(verdict) | {"is_late": late}
        series.changed.clear()
    if rows:
        uow.session.execute(update(Reading), list(rows.values()))
        for known in [each for each in uow.session.identity_map.values() if isinstance(each, Reading)]:
            if known.id in rows:
                uow.session.refresh(known)


def _row(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.seen.id, "state": verdict.state, "held_because": verdict.reason,
        "previous": verdict.previous, "usage": verdict.usage, "is_rolled_over": verdict.rolled_over,
    }  # fmt: skip


def enter_reading(
    uow: UnitOfWork,
    *,
    actor: Actor,
    meter_id: UUID,
    value: Decimal | None,
    read_on: date | None = None,
    register: str = "total",
    read_at: datetime | None = None,
    photo: bytes | None = None,
    note: str = "",
    period: date | None = None,
) -> Reading:
    """One reading by hand, perhaps with its photo. The same one again answers the one that is there."""
    meter = uow.session.get(Meter, meter_id)
    if meter is None or not _may_read(actor, meter):
        raise meter_not_found()
    if value is not None and value < 0:
        raise wrong("value", _l("A register shows no negative number."))
    kept = recode(photo) if photo else None
    day = read_on or clock.business_date(uow.tenant.time_zone)
    taken = take_in(
        uow, [Incoming(meter.number, day, value, register, read_at)],
        source="photo" if kept else "manual", period=period, read_by=actor.user_id,
    )  # fmt: skip
    judge_waiting(uow, [meter.id])
    reading = uow.session.scalars(
        select(Reading).where(
            Reading.meter_id == meter.id,
            Reading.register == register,
            Reading.read_on == day,
            Reading.value.is_not_distinct_from(value),
        )
    ).one()
    if not taken.new:
        return reading
    if kept:
        store = FileStore(kernel().settings.home)
        stored = store.put(uow.tenant, f"fees/readings/{reading.id}.jpg", kept.content)
        reading.photo_key = stored.key
    reading.note = note[:400]
    uow.session.flush()
    uow.audit(
        "fees.reading_entered", actor=actor.ref(), subject=("reading", reading.id),
        details={"state": reading.state},
    )  # fmt: skip
    return reading


def read_photo(uow: UnitOfWork, *, actor: Actor, reading_id: UUID) -> bytes | None:
    """The photo of a reading, for those who keep or read meters there."""
    reading = uow.session.get(Reading, reading_id)
    meter = uow.session.get(Meter, reading.meter_id) if reading else None
    if reading is None or meter is None or not _may_read(actor, meter):
        raise meter_not_found()
    if reading.photo_key is None:
        return None
    return FileStore(kernel().settings.home).read(uow.tenant, reading.photo_key)


def swap_meter(
    uow: UnitOfWork,
    *,
    actor: Actor,
    meter_id: UUID,
    new_number: str,
    on: date,
    final_values: Mapping[str, Decimal],
    initial_values: Mapping[str, Decimal] | None = None,
    digits: int | None = None,
    multiplier: Decimal | None = None,
) -> Meter:
    """Take a meter out and put its successor in: nothing that either counted is lost or counted twice."""
    old = meter_of(uow, actor=actor, meter_id=meter_id, lock=True)
    if old.state == "removed":
        raise meter_is_removed()
    missing = [register for register in old.registers if register not in final_values]
    if missing:
        raise wrong("final_values", _l("Enter what the old meter showed last."))
    for register, value in final_values.items():
        enter_reading(uow, actor=actor, meter_id=old.id, value=value, read_on=on, register=register)
    remove_meter(uow, actor=actor, meter_id=old.id, on=on, final_values=final_values)
    fresh = NewMeter(
        number=new_number, kind=old.kind, community_id=old.community_id, room_id=old.room_id,
        building_id=old.building_id, pool_key=old.pool_key, place_text=old.place_text, registers=old.registers,
        digits=digits or old.digits, multiplier=multiplier or old.multiplier, installed_on=on,
        initial_values=initial_values or dict.fromkeys(old.registers, Decimal(0)),
    )  # fmt: skip
    row = create_meter(uow, actor=actor, meter=fresh)
    row.replaces_id = old.id
    uow.session.flush()
    return row


def judge_later(uow: UnitOfWork) -> None:
    """After a large intake: let the worker judge."""
    uow.wake(JUDGE, "all", clock.utcnow())


def judge_on_time(uow: UnitOfWork, key: str, due_at: datetime) -> None:
    """The timer's part: so many, and on to the next call while there are more."""
    if judge_waiting(uow):
        judge_later(uow)


def _may_read(actor: Actor, meter: Meter) -> bool:
    where = {"community_id": meter.community_id, "building_id": meter.building_id}
    return actor.may(READ_METERS.code, **where) or actor.may(METERS.code, **where)  # type: ignore[arg-type]
