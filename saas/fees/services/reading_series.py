"""The accepted readings that new ones are judged against, loaded for many registers in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from saas.fees.models import BillLine, FeeItem, LineBalance, Meter, Reading
from saas.fees.preferences import READING_ALLOWANCE
from saas.fees.services import reading_judgement as judging
from saas.fees.services.reading_judgement import Seen, Series, peers_usual
from tenants import preferences
from tenants.unit_of_work import UnitOfWork

KEPT = 60  # accepted readings of a register that judging looks back on
PEERS = 2_000

Key = tuple[UUID, str]


def load_series(
    uow: UnitOfWork,
    keys: Collection[Key],
    neighbours: Mapping[tuple[str, Decimal], Fraction | None] | None = None,
) -> dict[Key, Series]:
    """Each register with its recent accepted readings and what is usual around it.

    `neighbours`: what a list just taken in tells of its (kind, multiplier), where nothing was read before.
    """
    ids = {meter_id for meter_id, _ in keys}
    meters = {row.id: row for row in uow.session.scalars(select(Meter).where(Meter.id.in_(ids)))}
    accepted = _accepted(uow, ids)
    allowance = Fraction(int(preferences.get(uow, READING_ALLOWANCE)))
    peers: dict[tuple[UUID, str, Any], Fraction | None] = {}
    found: dict[Key, Series] = {}
    for meter_id, register in keys:
        meter = meters[meter_id]
        kin = (meter.community_id, meter.kind, meter.multiplier)
        if kin not in peers:
            peers[kin] = _peers(uow, *kin) or (neighbours or {}).get((meter.kind, meter.multiplier))
        found[meter_id, register] = Series(
            facts_of(meter), register, accepted.get((meter_id, register), []), peers[kin], allowance
        )
    return found


def facts_of(meter: Meter) -> judging.Meter:
    """A stored meter as judging wants it."""
    return judging.Meter(
        meter.id, meter.kind, meter.digits, meter.multiplier, tuple(meter.registers), meter.installed_on,
        meter.removed_on, dict(meter.initial_values),
    )  # fmt: skip


def billed_rooms(uow: UnitOfWork, meter_ids: Iterable[UUID]) -> set[tuple[UUID, date]]:
    """(meter, month) of which a line was issued that is not void: what comes now is late."""
    statement = (
        select(Meter.id, BillLine.period_from, BillLine.period_to)
        .join(BillLine, BillLine.room_id == Meter.room_id)
        .join(FeeItem, (FeeItem.id == BillLine.item_id) & (FeeItem.meter_kind == Meter.kind))
        .join(LineBalance, LineBalance.line_id == BillLine.id)
        .where(
            Meter.id.in_(list(meter_ids)),
            BillLine.kind == "charge",
            FeeItem.pricing == "metered",
            LineBalance.state != "void",
        )
    )
    found = set()
    for meter_id, start, end in uow.session.execute(statement):
        month = start.replace(day=1)
        while month < end:
            found.add((meter_id, month))
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return found


def _accepted(uow: UnitOfWork, meter_ids: Collection[UUID]) -> dict[Key, list[Seen]]:
    place = func.row_number().over(
        partition_by=(Reading.meter_id, Reading.register),
        order_by=(Reading.read_on.desc(), Reading.read_at.desc().nulls_last(), Reading.id.desc()),
    )
    ranked = (
        select(
            Reading.meter_id, Reading.register, Reading.id, Reading.value, Reading.read_on, Reading.read_at,
            Reading.usage, Reading.period, place.label("place"),
        )
        .where(Reading.meter_id.in_(meter_ids), Reading.state == "accepted")
        .subquery()
    )  # fmt: skip
    rows = select(ranked).where(ranked.c.place <= KEPT).order_by(ranked.c.place.desc())
    found: dict[Key, list[Seen]] = {}
    for row in uow.session.execute(rows):
        seen = Seen(row.id, row.value, row.read_on, row.read_at, row.usage, row.period)
        found.setdefault((row.meter_id, row.register), []).append(seen)
    return found


def _peers(uow: UnitOfWork, community_id: UUID, kind: str, multiplier: Any) -> Fraction | None:
    """What registers of the same kind usually count there, before the multiplier."""
    used = (
        select(Reading.usage)
        .join(Meter, Meter.id == Reading.meter_id)
        .where(
            Meter.community_id == community_id, Meter.kind == kind, Meter.multiplier == multiplier,
            Reading.state == "accepted", Reading.usage > 0,
        )
        .order_by(Reading.received_at.desc())
        .limit(PEERS)
    )  # fmt: skip
    usual = peers_usual(Fraction(usage) for usage in uow.session.scalars(used) if usage)
    return None if usual is None else usual / Fraction(multiplier)
