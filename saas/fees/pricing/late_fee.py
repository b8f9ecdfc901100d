"""Late fees: unpaid principal × rate × days, piecewise over payments, capped, rounded once (domain §3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from saas.fees.pricing.money import CENT, Rounding, round_minor


@dataclass(frozen=True)
class LateFeeRule:
    """`daily_rate` as a fraction a day (0.0005); the cap is a multiple of the principal, None: no cap."""

    daily_rate: Fraction
    grace_days: int = 0
    cap: Fraction | None = Fraction(1)


@dataclass(frozen=True)
class Payment:
    """Principal paid (negative: a payment taken back) on a day, in minor units."""

    on: date
    minor: int


@dataclass(frozen=True)
class Step:
    """Days on which the same principal was unpaid; `minor` is exact, in minor units."""

    start: date
    end: date
    principal_minor: int
    minor: Fraction

    @property
    def days(self) -> int:
        return (self.end - self.start).days


@dataclass(frozen=True)
class LateFee:
    """What has accrued: exact before and after the cap, and its steps."""

    steps: tuple[Step, ...]
    uncapped: Fraction
    accrued: Fraction

    @property
    def capped(self) -> bool:
        return self.accrued < self.uncapped


def accrue(
    rule: LateFeeRule, principal_minor: int, due: date, until: date, payments: Sequence[Payment] = ()
) -> LateFee:
    """The fee of one line up to and including the day `until`; the day of a payment still counts what it paid.

    Late fees bear no fee themselves and are not among the payments.
    """
    steps = tuple(_steps(rule, principal_minor, due, until, payments))
    uncapped = sum((step.minor for step in steps), start=Fraction(0))
    if rule.cap is None:
        return LateFee(steps, uncapped, uncapped)
    return LateFee(steps, uncapped, min(uncapped, rule.cap * max(principal_minor, 0)))


def charge(fee: LateFee, charged_minor: int = 0, rounding: Rounding = CENT) -> int:
    """What is still to be charged: the accrued fee rounded once, less what was charged before; never below 0."""
    return max(0, round_minor(fee.accrued, rounding.unit_minor, rounding.mode) - charged_minor)


def _steps(
    rule: LateFeeRule, principal_minor: int, due: date, until: date, payments: Sequence[Payment]
) -> list[Step]:
    begin = due + timedelta(days=rule.grace_days)
    unpaid = principal_minor - sum(payment.minor for payment in payments if payment.on <= begin)
    later = sorted((payment for payment in payments if begin < payment.on < until), key=lambda paid: paid.on)
    found, start = [], begin
    for payment in [*later, Payment(until, 0)]:
        if start < payment.on and unpaid > 0:
            days = (payment.on - start).days
            found.append(Step(start, payment.on, unpaid, unpaid * rule.daily_rate * days))
        start, unpaid = max(start, payment.on), unpaid - payment.minor
    return found
