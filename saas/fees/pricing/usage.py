"""Meter arithmetic: what was used between readings, over roll-over and swap, or why a reading is held (domain §3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

HeldReason = Literal[
    "missing", "duplicate", "future", "before_installation", "negative", "implausible", "out_of_register"
]
SUSPICIOUS_TIMES = 3
ROLL_OVER_SHARE = Fraction(
    1, 10
)  # without a usual use, a roll-over may have used at most this part of the register


@dataclass(frozen=True)
class Reading:
    """What a register showed. `final_old` and `initial_new` are given when the meter was swapped before it."""

    value: Fraction | None
    at: date | None = None
    final_old: Fraction | None = None
    initial_new: Fraction | None = None
    digits_new: int | None = None  # of the new meter, when they differ


@dataclass(frozen=True)
class Register:
    """A counter: number of whole digits (None: it never rolls over), multiplier, usual use of a period.

    `usual` is before the multiplier, as the register counts; `allowance` is a use too small to be suspicious.
    """

    digits: int | None = None
    multiplier: Fraction = Fraction(1)
    usual: Fraction | None = None
    allowance: Fraction = Fraction(0)
    installed: date | None = None


@dataclass(frozen=True)
class Usage:
    """Either a quantity to be billed (multiplier included) or the reason why the reading is held."""

    quantity: Fraction
    held: HeldReason | None = None
    rolled_over: bool = False
    swapped: bool = False


def usage_between(
    register: Register, previous: Reading, current: Reading, today: date | None = None
) -> Usage:
    """Usage from one reading to the next; nothing is billed while `held` has a reason."""
    reason = _unreadable(register, previous, current, today)
    if reason:
        return Usage(Fraction(0), reason)
    swapped = current.final_old is not None
    spans = _spans(register, previous, current)
    counted = [_counted(register, first, last, digits) for first, last, digits in spans]
    amounts = [amount for amount in counted if amount is not None]
    if len(amounts) < len(counted):
        return Usage(Fraction(0), "negative", swapped=swapped)
    total = sum(amounts, start=Fraction(0))
    rolled = any(last < first for first, last, _ in spans)
    if _suspicious(register, total):
        return Usage(Fraction(0), "implausible", rolled, swapped)
    return Usage(total * register.multiplier, None, rolled, swapped)


def total_usage(segments: Sequence[Usage]) -> Fraction:
    """The sum of what may be billed; held segments count nothing."""
    return sum((segment.quantity for segment in segments if segment.held is None), start=Fraction(0))


def _unreadable(
    register: Register, previous: Reading, current: Reading, today: date | None
) -> HeldReason | None:
    if current.value is None or previous.value is None:
        return "missing"
    if current.at is not None:
        if today is not None and current.at > today:
            return "future"
        if register.installed is not None and current.at < register.installed:
            return "before_installation"
        if previous.at is not None and current.at == previous.at:
            return "duplicate"
        if previous.at is not None and current.at < previous.at:
            return "negative"
    for first, last, digits in _spans(register, previous, current):
        if min(first, last) < 0:
            return "negative"
        if digits is not None and max(first, last) >= 10**digits:
            return "out_of_register"
    return None


def _spans(
    register: Register, previous: Reading, current: Reading
) -> list[tuple[Fraction, Fraction, int | None]]:
    """From–to pairs with the digits of the counter; a swap makes two of one."""
    first, last = previous.value or Fraction(0), current.value or Fraction(0)
    if current.final_old is None:
        return [(first, last, register.digits)]
    digits_new = current.digits_new or register.digits
    return [
        (first, current.final_old, register.digits),
        (current.initial_new or Fraction(0), last, digits_new),
    ]


def _counted(register: Register, first: Fraction, last: Fraction, digits: int | None) -> Fraction | None:
    """Last − first, over the top of the register where that is believable; None where it is not."""
    if last >= first:
        return last - first
    if digits is None:
        return None
    over = last + 10**digits - first
    if register.usual:
        most = max(SUSPICIOUS_TIMES * register.usual, register.allowance)
    else:
        most = ROLL_OVER_SHARE * 10**digits
    return over if over <= most else None


def _suspicious(register: Register, used: Fraction) -> bool:
    if register.usual is None or used <= register.allowance:
        return False
    return used > SUSPICIOUS_TIMES * register.usual
