"""The drafts of one assignment: which periods, what amount, which discounts, or why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import takewhile
from typing import Any
from uuid import UUID

import orjson

from saas.fees.models import BillRun, Concession
from saas.fees.pricing import types
from saas.fees.pricing.discounts import Applied, Discount, Discounted, apply_discounts
from saas.fees.pricing.due import Cycle, due_date, issue_date, service_periods
from saas.fees.pricing.engine import exact_within, split_line
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.figures import plain
from saas.fees.pricing.periods import Period
from saas.fees.queries.billing import Billed, Source
from saas.fees.queries.pricing_facts import cycle_of
from saas.fees.services.pricing_batch import Extras, Pricer, subject_of
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

COLUMNS = (
    "id", "run_id", "position", "kind", "sequence", "assignment_id", "item_id", "object_kind", "object_id",
    "object_key", "community_id", "building_id", "room_id", "person_id", "debtor_name", "period_from",
    "period_to", "issue_on", "due_on", "amount_minor", "tax_rate", "priority", "corrects_id", "concession_id",
    "reason", "explanation", "parts", "previous_minor", "flags", "error", "error_detail",
)  # fmt: skip
Row = tuple[Any, ...]
MOST_CALENDARS = 5_000


@dataclass(frozen=True)
class Shown:
    """What a line shows beside its amount, as JSON text; computed once for lines that are alike."""

    minor: int
    explanation: str
    parts: str


@dataclass
class Drafter:
    """Turns assignments into rows of `bill_draft`. Lives for one run; `position` goes on from batch to batch."""

    run: BillRun
    pricer: Pricer
    concessions: Sequence[Concession]
    outlier_times: int
    position: int = 0
    _cycles: dict[UUID, Cycle] = field(default_factory=dict)
    _terms: dict[tuple[Any, ...], tuple[date, date, str, int]] = field(default_factory=dict)
    _calendars: dict[tuple[Any, ...], tuple[Period, ...]] = field(default_factory=dict)
    _shown: dict[int, tuple[types.Line, Shown]] = field(default_factory=dict)

    def rows(
        self,
        uow: UnitOfWork,
        sources: Sequence[Source],
        billed: dict[UUID, list[Billed]],
        groups: dict[UUID, list[Source]],
    ) -> Iterator[Row]:
        """The drafts of a batch, in its order."""
        self.pricer.begin_batch(sources)
        make = self._corrections if self.run.mode == "adjust" else self._charges
        for source in sources:
            yield from make(uow, source, billed.get(source.id, ()), groups)

    def amounts(
        self, uow: UnitOfWork, sources: Sequence[Source], groups: dict[UUID, list[Source]]
    ) -> Iterator[tuple[Source, Period, int | None]]:
        """What each service period costs, billed or not; None where it cannot be worked out."""
        self.pricer.begin_batch(sources)
        for source in sources:
            for period in self._periods(source):
                try:
                    yield source, period, self._line(uow, source, period, groups, Extras()).total_minor
                except PricingError:
                    yield source, period, None

    def _charges(
        self, uow: UnitOfWork, source: Source, billed: Sequence[Billed], groups: dict[UUID, list[Source]]
    ) -> Iterator[Row]:
        for wanted in self._periods(source):
            period = _unbilled(wanted, billed)
            if period is None:
                continue
            void = [line.sequence for line in billed if line.is_void and _same(line, period, "charge")]
            sequence = max(void, default=-1) + 1
            previous = _before(billed, period)
            extras = Extras()
            try:
                line = self._line(uow, source, period, groups, extras)
            except PricingError as error:
                yield self._failed(source, period, sequence, previous, error)
                continue
            charge = self._row(source, period, "charge", sequence, line, extras, previous=previous)
            yield charge
            if self.concessions:
                yield from self._discounts(source, period, line, charge[0], sequence)

    def _corrections(
        self, uow: UnitOfWork, source: Source, billed: Sequence[Billed], groups: dict[UUID, list[Source]]
    ) -> Iterator[Row]:
        """What was billed for the run's days and would now come out otherwise."""
        for old in billed:
            if old.kind != "charge" or old.is_void:
                continue
            if old.period_to <= self.run.period_from or old.period_from >= self.run.period_to:
                continue
            adjusted = [line for line in billed if line.corrects_id == old.id and line.kind == "adjustment"]
            known = old.amount_minor + sum(line.amount_minor for line in adjusted if not line.is_void)
            period, extras = Period(old.period_from, old.period_to), Extras({"billed": known})
            sequence = max((line.sequence for line in adjusted), default=-1) + 1
            try:
                line = self._line(uow, source, period, groups, extras)
            except PricingError as error:
                yield self._failed(source, period, sequence, known, error, kind="adjustment", corrects=old.id)
                continue
            if line.total_minor != known:
                row = self._row(
                    source, period, "adjustment", sequence, line, extras, previous=known, corrects=old.id
                )
                yield row

    def _line(
        self,
        uow: UnitOfWork,
        source: Source,
        period: Period,
        groups: dict[UUID, list[Source]],
        extras: Extras,
    ) -> types.Line:
        line = self.pricer.line(uow, source, period, extras)
        if source.group_id is None or self.pricer.items[source.item_id].item.kind == "shared":
            return line
        return _own_share(line, source, period, groups.get(source.group_id, [source]), extras)

    def _periods(self, source: Source) -> tuple[Period, ...]:
        """The service periods of the assignment that the run takes in."""
        key = (source.item_id, source.starts_on, source.ends_on)
        found = self._calendars.get(key)
        if found is None:
            cycle = self._cycle(source.item_id)
            reached = takewhile(
                lambda period: period.start < self.run.period_to,
                service_periods(cycle, source.starts_on, source.ends_on),
            )
            found = tuple(period for period in reached if self._takes(cycle, period))
            if len(self._calendars) >= MOST_CALENDARS:
                self._calendars.clear()
            self._calendars[key] = found
        return found

    def _takes(self, cycle: Cycle, period: Period) -> bool:
        catch_up = self.run.mode == "catch_up"
        if cycle.prepaid:
            return period.start < self.run.period_to and (catch_up or period.start >= self.run.period_from)
        return period.end <= self.run.period_to and (catch_up or period.end > self.run.period_from)

    def _cycle(self, item_id: UUID) -> Cycle:
        if item_id not in self._cycles:
            self._cycles[item_id] = cycle_of(self.pricer.items[item_id].row)
        return self._cycles[item_id]

    def _row(
        self,
        source: Source,
        period: Period,
        kind: str,
        sequence: int,
        line: types.Line,
        extras: Extras,
        *,
        previous: int | None,
        corrects: UUID | None = None,
    ) -> Row:
        shown = self._show(line, extras)
        minor = shown.minor if corrects is None else shown.minor - (previous or 0)
        unusual = corrects is None and _is_unusual(shown.minor, previous, self.outlier_times)
        return self._filled(
            source, period, kind, sequence, minor, shown.explanation, shown.parts if corrects is None else _diff_parts(shown, previous or 0),
            previous=previous, flags=["outlier"] if unusual else [], corrects=corrects,
            reason="" if corrects is None else "repriced",
        )  # fmt: skip

    def _failed(
        self,
        source: Source,
        period: Period,
        sequence: int,
        previous: int | None,
        error: PricingError,
        *,
        kind: str = "charge",
        corrects: UUID | None = None,
    ) -> Row:
        detail = {"field": error.field, **{name: str(value) for name, value in error.params.items()}}
        return self._filled(
            source, period, kind, sequence, 0, "{}", "[]", previous=previous, flags=["error"], corrects=corrects,
            error=error.code, detail=orjson.dumps(detail).decode(),
        )  # fmt: skip

    def _discounts(
        self, source: Source, period: Period, line: types.Line, charge_id: UUID, sequence: int
    ) -> Iterator[Row]:
        mine = [concession for concession in self.concessions if _covers(concession, source)]
        if not mine or line.total_minor <= 0:
            return
        facts = self.pricer.items[source.item_id]
        share = Fraction(source.share_num, source.share_den)

        def within(start: date | None, end: date | None) -> Fraction:
            return exact_within(facts.item, facts.tariffs, subject_of(source), line, start, end) * share

        applied = apply_discounts(
            Discounted(line.total_minor, period, within),
            [_discount(each) for each in mine],
            facts.item.rounding,
        )
        for number, (one, concession) in enumerate(_paired(applied, mine)):
            if one.minor:
                yield self._filled(
                    source, period, "discount", sequence * 16 + number, one.minor,
                    orjson.dumps({"concession": concession.kind, "of": line.total_minor}).decode(),
                    orjson.dumps([[0, "discount", "", "", "", str(period.start), str(period.end), "", {}, one.minor]]).decode(),
                    previous=None, flags=[], corrects=charge_id, concession=concession.id, reason=concession.name,
                )  # fmt: skip

    def _filled(
        self,
        source: Source,
        period: Period,
        kind: str,
        sequence: int,
        minor: int,
        explanation: str,
        parts: str,
        *,
        previous: int | None,
        flags: list[str],
        corrects: UUID | None = None,
        concession: UUID | None = None,
        reason: str = "",
        error: str | None = None,
        detail: str | None = None,
    ) -> Row:
        self.position += 1
        issue, due, tax, priority = self._terms_of(source.item_id, period)
        return (
            new_id(), self.run.id, self.position, kind, sequence, source.id, source.item_id, source.object_kind,
            source.object_id, source.object_key, source.community_id, source.building_id, source.room_id,
            source.person_id, source.debtor_name, period.start, period.end, issue, due,
            minor, tax, priority, corrects, concession, reason, explanation, parts,
            previous, flags, error, detail,
        )  # fmt: skip

    def _terms_of(self, item_id: UUID, period: Period) -> tuple[date, date, str, int]:
        """Issue date, due date, tax rate and priority, which all lines of an item and period have in common."""
        key = (item_id, period.start, period.end)
        terms = self._terms.get(key)
        if terms is None:
            cycle, facts = self._cycle(item_id), self.pricer.items[item_id]
            issue = issue_date(cycle, period)
            if self.run.issue_on is not None and self.run.issue_on > issue:
                issue = self.run.issue_on
            terms = (issue, due_date(cycle, period, issue), facts.tax_on(period.start), facts.row.priority)
            self._terms[key] = terms
        return terms

    def _show(self, line: types.Line, extras: Extras) -> Shown:
        """Lines that the pricer answers again are the very same object: their JSON is made once."""
        known = self._shown.get(id(line))
        if known is not None and known[0] is line and not extras.facts:
            return known[1]
        shown = Shown(line.total_minor, _explained(line, extras), _parts_json(line))
        if not extras.facts:
            if len(self._shown) >= 20_000:
                self._shown.clear()
            self._shown[id(line)] = (line, shown)
        return shown


def _unbilled(wanted: Period, billed: Sequence[Billed]) -> Period | None:
    """The period without the days that were billed already; None when nothing is left."""
    start = wanted.start
    for line in billed:
        if (
            line.kind == "charge"
            and not line.is_void
            and line.period_from < wanted.end
            and line.period_to > start
        ):
            if line.period_from > start:
                return None
            start = line.period_to
            if start >= wanted.end:
                return None
    return wanted if start == wanted.start else Period(start, wanted.end)


def _same(line: Billed, period: Period, kind: str) -> bool:
    return line.kind == kind and line.period_from == period.start and line.period_to == period.end


def _before(billed: Sequence[Billed], period: Period) -> int | None:
    """What the period right before came to, without discounts."""
    found = [
        line.amount_minor
        for line in billed
        if line.kind == "charge" and not line.is_void and line.period_to == period.start
    ]
    return sum(found) if found else None


def _is_unusual(minor: int, previous: int | None, times: int) -> bool:
    if previous is None or previous <= 0:
        return False
    return minor > previous * times or minor * times < previous


def _own_share(
    line: types.Line, source: Source, period: Period, group: Sequence[Source], extras: Extras
) -> types.Line:
    """The part of one co-owner: those with the same days divide the amount, the rest belongs to others."""
    same = [
        each for each in group
        if max(each.starts_on, period.start) == period.start
        and (each.ends_on is None or each.ends_on >= period.end) and each.item_id == source.item_id
    ]  # fmt: skip
    shares = [Fraction(each.share_num, each.share_den) for each in same]
    rest = 1 - sum(shares, start=Fraction(0))
    mine = [each.id for each in same].index(source.id)
    extras.facts |= {"share": plain(shares[mine]), "of_minor": line.total_minor}
    return split_line(line, [*shares, rest] if rest > 0 else shares)[mine]


def _covers(concession: Concession, source: Source) -> bool:
    if concession.item_id is not None and concession.item_id != source.item_id:
        return False
    if concession.assignment_id is not None:
        return concession.assignment_id == source.id
    if concession.room_id is not None:
        return concession.room_id == source.room_id
    return concession.community_id is None or concession.community_id == source.community_id


def _discount(row: Concession) -> Discount:
    kind = row.kind if row.kind in ("rate", "amount", "free_months", "vacancy") else "rate"
    value = Fraction(row.value or 0)
    return Discount(
        kind=kind,  # type: ignore[arg-type]
        code=str(row.id),
        rate=value if kind in ("rate", "vacancy") else Fraction(0),
        amount=Fraction(row.amount_minor or 0, 100) if kind in ("amount", "vacancy") else Fraction(0),
        months=int(value) if kind == "free_months" else 0,
        priority=row.priority,
        stackable=not row.is_exclusive,
        cap=None if row.cap_minor is None else Fraction(row.cap_minor, 100),
        start=row.starts_on,
        end=row.ends_on,
        approved=row.state == "approved",
        proof=row.proof_key is not None,
    )


def _paired(applied: Sequence[Applied], mine: Sequence[Concession]) -> Iterator[tuple[Applied, Concession]]:
    by_code = {str(row.id): row for row in mine}
    for one in applied:
        yield one, by_code[one.discount.code]


def _explained(line: types.Line, extras: Extras) -> str:
    first = line.parts[0] if line.parts else None
    facts: dict[str, object] = {
        "exact": plain(line.exact),
        "rounding": {"unit_minor": line.rounding.unit_minor, "mode": line.rounding.mode},
        "quantity": plain(first.quantity) if first is not None and first.quantity is not None else None,
        "unit": first.unit if first is not None else "",
        **extras.facts,
    }
    return orjson.dumps(facts).decode()


def _parts_json(line: types.Line) -> str:
    """Rows of bill_line_part: position, label, quantity, unit, price, from, to, months, detail, minor."""
    return orjson.dumps(
        [
            [
                number, part.code, _plain(part.quantity), part.unit, _plain(part.price), part.start, part.end,
                _plain(part.months), dict(part.detail), part.minor,
            ]
            for number, part in enumerate(line.parts)
        ]
    ).decode()  # fmt: skip


def _diff_parts(shown: Shown, billed: int) -> str:
    """The parts as they should be, and what was billed as the last one."""
    parts = orjson.loads(shown.parts)
    parts.append([len(parts), "previous", "", "", "", None, None, "", {}, -billed])
    return orjson.dumps(parts).decode()


def _plain(value: Fraction | Decimal | None) -> str:
    return "" if value is None else plain(Fraction(value))
