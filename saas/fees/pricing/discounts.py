"""Discounts as negative lines of their own: which apply, in what order, and how much (domain §3.6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.money import CENT, MINOR_PER_MAJOR, Rounding, round_minor
from saas.fees.pricing.periods import Period, add_months

DiscountKind = Literal["rate", "amount", "free_months", "vacancy", "early_payment"]
Skipped = Literal[
    "not_approved", "outside_validity", "no_proof", "not_early", "excluded", "nothing_left", "no_effect"
]


@dataclass(frozen=True)
class Discount:
    """`rate` is the part taken off (0.1 = 10 % off), `amount` in major units a line, `months` those free.

    `start`/`end`: its validity, half-open. Free months count from `start`. Vacancy: `start`/`end` are the
    vacant days, the proof must be there and not have expired. Early payment: paid `days_before` the due date.
    Smaller `priority` first. `cap` in major units a line.
    """

    kind: DiscountKind
    code: str = ""
    rate: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    months: int = 0
    days_before: int = 0
    priority: int = 0
    stackable: bool = True
    cap: Fraction | None = None
    start: date | None = None
    end: date | None = None
    approved: bool = True
    proof: bool = False
    proof_expires: date | None = None


@dataclass(frozen=True)
class Applied:
    """A discount with its negative amount, or why it takes nothing off."""

    discount: Discount
    minor: int
    skipped: Skipped | None = None


@dataclass(frozen=True)
class Discounted:
    """The line to which discounts apply. `within(start, end)` says in major units what those days bear."""

    minor: int
    period: Period
    within: Callable[[date | None, date | None], Fraction]
    due: date | None = None
    paid: date | None = None


def apply_discounts(
    line: Discounted, discounts: Sequence[Discount], rounding: Rounding = CENT
) -> tuple[Applied, ...]:
    """All discounts by priority (then as given). Each looks at what those before it left; never below zero.

    An exclusive one applies only if nothing applied before it, and nothing applies after it.
    """
    left, closed = line.minor, False
    found: list[Applied] = []
    for discount in sorted(discounts, key=lambda one: one.priority):
        taken = any(one.minor for one in found)
        reason = _obstacle(line, discount, left)
        if reason is None and (closed or (taken and not discount.stackable)):
            reason = "excluded"
        minor = 0 if reason else _minor(line, discount, left, rounding)
        if minor:
            closed = closed or not discount.stackable
            left -= minor
        found.append(Applied(discount, -minor, reason if reason or minor else "no_effect"))
    return tuple(found)


def _obstacle(line: Discounted, discount: Discount, left: int) -> Skipped | None:
    if not 0 <= discount.rate <= 1 or discount.amount < 0 or discount.months < 0:
        raise PricingError("discount", "A discount takes off 0 to 100 %, or an amount ≥ 0", "discounts")
    if not discount.approved:
        return "not_approved"
    if _window(line, discount) is None:
        return "outside_validity"
    if discount.kind == "vacancy" and not _proven(line, discount):
        return "no_proof"
    if discount.kind == "early_payment" and not _early(line, discount):
        return "not_early"
    return "nothing_left" if left <= 0 else None


def _window(line: Discounted, discount: Discount) -> Period | None:
    if discount.kind == "early_payment":
        held = (discount.start is None or line.paid is None or discount.start <= line.paid) and (
            discount.end is None or line.paid is None or line.paid < discount.end
        )
        return line.period if held else None
    if discount.kind == "free_months":
        start = discount.start or line.period.start
        end = min(add_months(start, discount.months), discount.end or date.max)
        return line.period.overlap(start, end)
    expires = discount.proof_expires if discount.kind == "vacancy" else None
    last = min(discount.end or date.max, expires or date.max)
    return line.period.overlap(discount.start, last)


def _proven(line: Discounted, discount: Discount) -> bool:
    return discount.proof and (discount.proof_expires is None or discount.proof_expires > line.period.start)


def _early(line: Discounted, discount: Discount) -> bool:
    if line.paid is None or line.due is None:
        return False
    return (line.due - line.paid).days >= discount.days_before


def _minor(line: Discounted, discount: Discount, left: int, rounding: Rounding) -> int:
    window = _window(line, discount) or line.period
    whole = window == line.period
    full = Fraction(line.minor) if whole else line.within(window.start, window.end) * MINOR_PER_MAJOR
    # A part of the line bears a discount only as far as earlier discounts left something of it.
    base = full * left / line.minor
    share = {"free_months": Fraction(1)}.get(discount.kind, discount.rate)
    exact = base * share + discount.amount * MINOR_PER_MAJOR
    if discount.cap is not None:
        exact = min(exact, discount.cap * MINOR_PER_MAJOR)
    return min(left, round_minor(exact, rounding.unit_minor, rounding.mode))
