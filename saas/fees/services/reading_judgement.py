"""Whether a reading is believed, and what was used since the one before. Pure: FA's meter arithmetic over a series."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Literal
from uuid import UUID

from saas.fees.pricing.usage import ROLL_OVER_SHARE, Reading, Register, Usage, usage_between

REASONS = (
    "missing", "negative", "implausible", "duplicate", "future", "before_installation", "after_removal",
    "out_of_register", "unknown_register",
)  # fmt: skip
PEERS_TIMES = 3  # without a history of its own, a register may use so many times what its neighbours use
RECENT = 6
State = Literal["accepted", "held"]


@dataclass(frozen=True)
class Meter:
    """What judging needs to know of a meter."""

    id: UUID
    kind: str
    digits: int | None
    multiplier: Decimal
    registers: tuple[str, ...] = ("total",)
    installed_on: date | None = None
    removed_on: date | None = None
    initial: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A reading of a register as it stands in the series; `usage` includes the multiplier."""

    id: UUID
    value: Decimal | None
    read_on: date
    read_at: datetime | None = None
    usage: Decimal | None = None
    period: date | None = None

    @property
    def order(self) -> tuple[date, float]:
        """Readings sort by day, then by time."""
        return (self.read_on, self.read_at.timestamp() if self.read_at else 0.0)


@dataclass(frozen=True)
class Verdict:
    """What becomes of a reading. `likely` is a value that would be believed: one digit slipped."""

    seen: Seen
    state: State
    reason: str | None = None
    previous: Decimal | None = None
    usage: Decimal | None = None
    rolled_over: bool = False
    usual: Decimal | None = None
    likely: Decimal | None = None


@dataclass
class Series:
    """The accepted readings of one register in their order. Judging adds what is believed."""

    meter: Meter
    register: str
    accepted: list[Seen]
    peers: Fraction | None = None
    allowance: Fraction = Fraction(0)
    changed: dict[UUID, Verdict] = field(default_factory=dict)  # accepted ones whose usage became another

    def judge(self, seen: Seen, today: date, *, trusted: bool = False, roll_over: bool = False) -> Verdict:
        """Believe or hold one reading. `trusted`: a person says that the unusual use is right."""
        reason = self._refused(seen)
        if reason:
            return Verdict(seen, "held", reason)
        at = self._place(seen)
        before = self.accepted[at - 1] if at else None
        if before is None and self.register not in self.meter.initial:
            return self._baseline(seen, at, today)
        start = self._start(before)
        usual = self.usual(at, before, seen)
        usage = self._between(start, seen, None if trusted else usual, today, roll_over)
        held = usage.held or self._contradicted(at, seen)
        previous, usual_shown = _decimal(start.value), _decimal(usual)
        if held:
            likely = self._likely(start, seen, usual, today) if held == "implausible" else None
            return Verdict(seen, "held", held, previous, usual=usual_shown, likely=likely)
        verdict = Verdict(
            seen, "accepted", None, previous, _decimal(usage.quantity), usage.rolled_over, usual_shown
        )
        self._insert(at, verdict, today)
        return verdict

    def usual(self, at: int, before: Seen | None, seen: Seen) -> Fraction | None:
        """The usual use until `seen`, as the register counts: its own recent ones, or those of its neighbours."""
        recent = [each.usage for each in self.accepted[:at][-RECENT:] if each.usage]
        months = _months_between(before.read_on, seen.read_on) if before else 1
        if recent:
            own = sum((Fraction(usage) for usage in recent), Fraction(0)) / len(recent)
            return own * months / Fraction(self.meter.multiplier)
        return self.peers * PEERS_TIMES * months if self.peers else None

    def remove(self, reading_id: UUID, today: date) -> None:
        """Take an accepted reading out; what was used goes over to the next one."""
        at = next((place for place, each in enumerate(self.accepted) if each.id == reading_id), None)
        if at is None:
            return
        del self.accepted[at]
        self._again(at, today)

    def value_before(self, day: date) -> Decimal | None:
        """What the register showed last before a day, as far as it is believed."""
        earlier = [each.value for each in self.accepted if each.read_on < day]
        initial = self.meter.initial.get(self.register)
        return earlier[-1] if earlier else (Decimal(initial) if initial is not None else None)

    def _refused(self, seen: Seen) -> str | None:
        if self.register not in self.meter.registers:
            return "unknown_register"
        if seen.value is None:
            return "missing"
        if self.meter.removed_on and seen.read_on > self.meter.removed_on:
            return "after_removal"
        if any(_same_moment(each, seen) for each in self.accepted):
            return "duplicate"
        return None

    def _place(self, seen: Seen) -> int:
        return bisect_left([each.order for each in self.accepted], seen.order)

    def _start(self, before: Seen | None) -> Reading:
        if before is not None and before.value is not None:
            return Reading(Fraction(before.value), before.read_on)
        return Reading(Fraction(str(self.meter.initial.get(self.register, 0))))

    def _between(
        self, start: Reading, seen: Seen, usual: Fraction | None, today: date, roll_over: bool = False
    ) -> Usage:
        assert seen.value is not None
        at = None if start.at == seen.read_on else seen.read_on
        register = Register(
            digits=self.meter.digits,
            multiplier=Fraction(self.meter.multiplier),
            usual=usual,
            allowance=self.allowance,
            installed=self.meter.installed_on,
        )
        current = Reading(Fraction(seen.value), at or seen.read_on)
        previous = start if at else replace(start, at=None)
        usage = usage_between(register, previous, current, today)
        if usage.held == "negative" and roll_over and self.meter.digits and start.value is not None:
            counted = current.value + 10**self.meter.digits - start.value
            return Usage(counted * register.multiplier, None, rolled_over=True)
        return usage

    def _baseline(self, seen: Seen, at: int, today: date) -> Verdict:
        """The first reading of a register without an initial value: nothing was used before it."""
        assert seen.value is not None
        zero = self._between(Reading(Fraction(seen.value)), seen, None, today)
        if zero.held:
            return Verdict(seen, "held", zero.held)
        verdict = Verdict(seen, "accepted", None, None, Decimal(0))
        self._insert(at, verdict, today)
        return verdict

    def _contradicted(self, at: int, seen: Seen) -> str | None:
        """A reading between two accepted ones must not be higher than the later one, unless that rolled over."""
        if at == len(self.accepted) or seen.value is None:
            return None
        later = self.accepted[at]
        gap = self._between(Reading(Fraction(seen.value), seen.read_on), later, None, later.read_on)
        return "negative" if gap.held else None

    def _insert(self, at: int, verdict: Verdict, today: date) -> None:
        self.accepted.insert(at, replace(verdict.seen, usage=verdict.usage))
        self._again(at + 1, today)

    def _again(self, at: int, today: date) -> None:
        """The use of the reading at `at` is counted from another one now."""
        if at >= len(self.accepted):
            return
        seen = self.accepted[at]
        before = self.accepted[at - 1] if at else None
        if before is None and self.register not in self.meter.initial:
            verdict = Verdict(seen, "accepted", None, None, Decimal(0))
        else:
            start = self._start(before)
            usage = self._between(start, seen, None, max(today, seen.read_on), roll_over=True)
            verdict = Verdict(
                seen, "accepted", None, _decimal(start.value), _decimal(usage.quantity), usage.rolled_over
            )
        self.accepted[at] = replace(seen, usage=verdict.usage)
        self.changed[seen.id] = verdict

    def _likely(self, start: Reading, seen: Seen, usual: Fraction | None, today: date) -> Decimal | None:
        """The value with its last digit dropped, when that would be believed: 8780 for 878."""
        assert seen.value is not None
        shorter = seen.value / 10
        if shorter != shorter.to_integral_value():
            return None
        tried = self._between(start, replace(seen, value=shorter), usual, today)
        return shorter.quantize(Decimal(1)) if tried.held is None else None


def peers_usual(usages: Iterable[Fraction]) -> Fraction | None:
    """What neighbours usually use: the median of those who used anything."""
    used = [usage for usage in usages if usage > 0]
    return Fraction(median(used)) if used else None


def counted(start: Decimal, end: Decimal, digits: int | None) -> Fraction | None:
    """A believable difference of two values as a first guess at what is usual; None for what goes down."""
    if end >= start:
        return Fraction(end - start)
    if digits is None:
        return None
    over = Fraction(end) + 10**digits - Fraction(start)
    return over if over <= ROLL_OVER_SHARE * 10**digits else None


def in_order(readings: Sequence[Seen]) -> list[Seen]:
    """As they were read."""
    return sorted(readings, key=lambda each: (*each.order, each.id))


def _same_moment(one: Seen, other: Seen) -> bool:
    if one.read_on != other.read_on:
        return False
    return one.read_at is None or other.read_at is None or one.read_at == other.read_at


def _months_between(start: date, end: date) -> int:
    """Begun months, at least one: a reading after a gap may be as much higher."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return max(1, months)


def _decimal(value: Fraction | None) -> Decimal | None:
    if value is None:
        return None
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.0001"))
