"""Prices of a batch of assignments: what is read once for all of them, and the cases that need more than an area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from saas.fees.models import FeeItem
from saas.fees.pricing import types
from saas.fees.pricing.engine import MONTHLY, price_line
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.monthly import Plan, prepare
from saas.fees.pricing.periods import Period, add_months
from saas.fees.pricing.pools import price_pool
from saas.fees.queries import billing
from saas.fees.queries.billing import RoomUsage, Source
from saas.fees.queries.pricing_facts import fraction, item_of, tariff_of, tariffs_of_items
from tenants.unit_of_work import UnitOfWork

MOST_KEPT = 20_000


@dataclass
class ItemFacts:
    """An item with its tariffs, read once for a run."""

    row: FeeItem
    item: types.Item
    tariffs: tuple[types.Tariff, ...]
    taxes: list[tuple[date, str]]

    def tax_on(self, day: date) -> str:
        """The tax rate that the tariff of a day contains."""
        return next((rate for start, rate in reversed(self.taxes) if start <= day), "0")


@dataclass
class Extras:
    """What explains a line beyond its parts."""

    facts: dict[str, object] = field(default_factory=dict)


def items_with_tariffs(uow: UnitOfWork, rows: Sequence[FeeItem]) -> dict[UUID, ItemFacts]:
    """Item id -> the item ready for pricing."""
    tariffs = tariffs_of_items(uow, [row.id for row in rows])
    return {
        row.id: ItemFacts(
            row,
            item_of(row, currency=uow.tenant.currency),
            tuple(tariff_of(tariff) for tariff in tariffs[row.id]),
            [(tariff.starts_on, str(tariff.tax_rate)) for tariff in tariffs[row.id]],
        )
        for row in rows
    }


def subject_of(source: Source) -> types.Subject:
    """The payer object as the engine wants it."""
    return types.Subject(
        key=source.object_key,
        built_area=fraction(source.built_area),
        inner_area=fraction(source.inner_area),
        floor=fraction(source.floor),
        household_size=fraction(source.household_size),
        coefficient=fraction(source.coefficient),
        quantity=Fraction(source.quantity),
        attributes=_attributes(source),
        start=source.starts_on,
        end=source.ends_on,
    )


def _attributes(source: Source) -> dict[str, types.Value]:
    found: dict[str, types.Value] = {
        name: value if isinstance(value, (bool, str)) else Fraction(str(value))
        for name, value in (source.attributes or {}).items()
    }
    if source.room_kind is not None:
        found |= {"room_kind": source.room_kind, "room_status": source.status or ""}
    return found


class Pricer:
    """Prices one assignment for one period; keeps what many assignments share. Lives for one run."""

    def __init__(self, items: dict[UUID, ItemFacts]) -> None:
        self.items = items
        self._plans: dict[tuple[object, ...], Plan] = {}
        self._lines: dict[tuple[object, ...], types.Line] = {}
        self._pools: dict[tuple[object, ...], dict[UUID, types.Line] | PricingError] = {}
        self._usage: dict[tuple[object, ...], dict[UUID, RoomUsage]] = {}
        self._before: dict[tuple[object, ...], dict[UUID, RoomUsage]] = {}
        self._metered: dict[tuple[object, ...], set[UUID]] = {}
        self._rooms: list[UUID] = []

    def begin_batch(self, sources: Sequence[Source]) -> None:
        """Forget what belonged to the batch before."""
        self._usage.clear()
        self._before.clear()
        self._metered.clear()
        self._rooms = [source.room_id for source in sources if source.room_id]

    def line(self, uow: UnitOfWork, source: Source, period: Period, extras: Extras) -> types.Line:
        """The line of the whole object. Raises PricingError in plain words."""
        facts = self.items[source.item_id]
        kind = facts.item.kind
        if kind == "shared":
            return self._share(uow, source, period, extras)
        if kind in MONTHLY:
            return self._monthly(source, facts, period)
        subject = subject_of(source)
        if kind == "metered" or (kind == "formula" and facts.row.meter_kind):
            used, before = self._consumption(uow, source, facts, period, extras)
            return price_line(facts.item, self._tariffs(source, facts), subject, period, used, before)
        return price_line(facts.item, self._tariffs(source, facts), subject, period)

    def _monthly(self, source: Source, facts: ItemFacts, period: Period) -> types.Line:
        """One plan for an item and period, one line for each measure: a thousand rooms of 98.67 m² are priced once."""
        own = source.price is not None or bool(source.escalation)
        anchored = facts.item.align == "anniversary" or facts.item.kind == "rent"
        key = (source.id if own else source.item_id, period, source.starts_on if anchored else None)
        plan = self._plans.get(key)
        if plan is None:
            item = item_of(facts.row, source.escalation, facts.item.currency) if own else facts.item
            plan = prepare(item, self._tariffs(source, facts), period, source.starts_on)
            _keep(self._plans, key, plan)
        known = (key, source.built_area, source.inner_area, source.quantity)
        if facts.item.kind == "fixed":
            known = (key, None, None, source.quantity)
        line = self._lines.get(known)
        if line is None:
            line = plan.line(_measured(source))
            _keep(self._lines, known, line)
        return line

    def _tariffs(self, source: Source, facts: ItemFacts) -> tuple[types.Tariff, ...]:
        if source.price is None:
            return facts.tariffs
        return (types.Tariff(price=Fraction(source.price)),)

    def _consumption(
        self, uow: UnitOfWork, source: Source, facts: ItemFacts, period: Period, extras: Extras
    ) -> tuple[list[types.Consumption], Fraction]:
        kind = facts.row.meter_kind or ""
        start, end = period.start.replace(day=1), _month_after(period.end)
        if source.room_id is None:
            raise PricingError("missing_meter", "The object has no room and so no meter", "readings")
        found = self._usage_of(uow, kind, start, end).get(source.room_id, RoomUsage())
        if found.held:
            raise PricingError(
                "reading_held", "A reading is held for review", "readings", because=found.held[0]
            )
        if not found.accepted:
            key = (kind, start)
            if key not in self._metered:
                self._metered[key] = billing.metered_rooms(uow, self._rooms, kind, start)
            if source.room_id not in self._metered[key]:
                raise PricingError("missing_meter", "The room has no meter of this kind", "readings")
            raise PricingError("missing_reading", "There is no reading for the period", "readings")
        extras.facts["readings"] = [str(reading) for _, _, reading in found.accepted]
        used = [types.Consumption(Fraction(usage), _rate(name)) for name, usage, _ in found.accepted]
        before = self._used_before(uow, source.room_id, facts, period)
        if before:
            extras.facts["used_before"] = str(before)
        return used, before

    def _used_before(self, uow: UnitOfWork, room_id: UUID, facts: ItemFacts, period: Period) -> Fraction:
        january = date(period.start.year, 1, 1)
        if facts.item.ladder != "yearly" or period.start.month == 1:
            return Fraction(0)
        key = (facts.row.meter_kind, january, period.start)
        if key not in self._before:
            month = period.start.replace(day=1)
            self._before[key] = billing.usage_of_rooms(
                uow, self._rooms, facts.row.meter_kind or "", january, month
            )
        earlier = self._before[key].get(room_id, RoomUsage())
        return sum((Fraction(usage) for _, usage, _ in earlier.accepted), start=Fraction(0))

    def _usage_of(self, uow: UnitOfWork, kind: str, start: date, end: date) -> dict[UUID, RoomUsage]:
        key = (kind, start, end)
        if key not in self._usage:
            self._usage[key] = billing.usage_of_rooms(uow, self._rooms, kind, start, end)
        return self._usage[key]

    def _share(self, uow: UnitOfWork, source: Source, period: Period, extras: Extras) -> types.Line:
        """The member's part of its pool; the pool is priced once, with all its members."""
        facts = self.items[source.item_id]
        # Members who came or left within the month share the pool of the whole month.
        whole = _pool_period(facts, period)
        key = (source.item_id, source.community_id, source.pool_key, whole)
        if key not in self._pools:
            _keep(self._pools, key, self._pool(uow, source, facts, whole))
        pool = self._pools[key]
        if isinstance(pool, PricingError):
            raise pool
        extras.facts["pool"] = source.pool_key or ""
        extras.facts["members"] = len(pool)
        return pool[source.id]

    def _pool(
        self, uow: UnitOfWork, source: Source, facts: ItemFacts, period: Period
    ) -> dict[UUID, types.Line] | PricingError:
        place = (source.item_id, source.community_id, source.pool_key or "", period.start, period.end)
        try:
            pool = self._cost(uow, source, facts, period)
            sources = billing.pool_members(uow, *place)
            members = [_member(each) for each in sources]
            lines = price_pool(facts.item, facts.tariffs, pool, members, period).members
        except PricingError as error:
            return error
        return {each.id: line for each, line in zip(sources, lines, strict=True)}

    def _cost(self, uow: UnitOfWork, source: Source, facts: ItemFacts, period: Period) -> types.Pool:
        """As entered, or else as the pool's meters tell."""
        community_id, pool_key = source.community_id, source.pool_key or ""
        entered = billing.pool_cost(uow, source.item_id, community_id, pool_key, period.start, period.end)
        if entered and all(cost.amount_minor is not None for cost in entered):
            return types.Pool(cost=Fraction(sum(cost.amount_minor or 0 for cost in entered), 100))
        if entered:
            return types.Pool(
                quantity=sum((Fraction(cost.quantity or 0) for cost in entered), start=Fraction(0))
            )
        if not facts.row.meter_kind:
            raise PricingError("missing_pool", "The cost of the pool was not entered", "pool")
        used = billing.usage_of_pool(
            uow,
            community_id,
            pool_key,
            facts.row.meter_kind,
            period.start.replace(day=1),
            _month_after(period.end),
        )
        if used.held:
            raise PricingError(
                "reading_held", "A reading is held for review", "readings", because=used.held[0]
            )
        if not used.accepted:
            raise PricingError("missing_pool", "The cost of the pool was not entered", "pool")
        return types.Pool(quantity=sum((Fraction(usage) for _, usage, _ in used.accepted), start=Fraction(0)))


def _measured(source: Source) -> types.Subject:
    """Only what monthly prices look at."""
    return types.Subject(
        built_area=fraction(source.built_area),
        inner_area=fraction(source.inner_area),
        quantity=Fraction(source.quantity),
    )


def _member(source: Source) -> types.Member:
    share = Fraction(source.share_num, source.share_den)
    area, inner = fraction(source.built_area), fraction(source.inner_area)
    return types.Member(
        key=source.object_key,
        built_area=None if area is None else area * share,
        inner_area=None if inner is None else inner * share,
        households=share,
        weight=Fraction(source.weight) * share,
        vacant=source.status in ("vacant", "unsold"),
        start=source.starts_on,
        end=source.ends_on,
    )


def _pool_period(facts: ItemFacts, period: Period) -> Period:
    """The whole service period of the item's calendar in which the days lie."""
    months = facts.row.cycle_months
    if facts.item.align != "calendar" or 12 % months:
        return period
    start = date(period.start.year, (period.start.month - 1) // months * months + 1, 1)
    return Period(start, add_months(start, months))


def _rate(register: str) -> str:
    return "" if register == "total" else register


def _month_after(end: date) -> date:
    """The first of a month on or after a day."""
    return end if end.day == 1 else (end.replace(day=28) + timedelta(days=4)).replace(day=1)


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = value
