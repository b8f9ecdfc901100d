"""Rounding and dividing money: whole minor units, nothing lost, nothing made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Literal

MINOR_PER_MAJOR = 100
RoundingMode = Literal["half_up", "up", "down"]
UNITS = (1, 10, 100)


@dataclass(frozen=True)
class Rounding:
    """To which minor unit (1 = 0.01, 10 = 0.1, 100 = 1) and how. All modes look at the distance from zero."""

    unit_minor: int = 1
    mode: RoundingMode = "half_up"

    def __post_init__(self) -> None:
        if self.unit_minor not in UNITS or self.mode not in ("half_up", "up", "down"):
            raise ValueError(f"no such rounding: {self.unit_minor} {self.mode}")


CENT = Rounding()


def round_minor(minor: Fraction | int, unit_minor: int = 1, mode: RoundingMode = "half_up") -> int:
    """Minor units rounded to a whole multiple of `unit_minor`; half goes away from zero, `up` too."""
    return round_ratio(minor.numerator, minor.denominator, unit_minor, mode)


def round_ratio(numerator: int, denominator: int, unit_minor: int = 1, mode: RoundingMode = "half_up") -> int:
    """`round_minor` for a numerator over a denominator > 0."""
    denominator *= unit_minor
    sign = -1 if numerator < 0 else 1
    whole, rest = divmod(abs(numerator), denominator)
    if (mode == "half_up" and 2 * rest >= denominator) or (mode == "up" and rest):
        whole += 1
    return sign * whole * unit_minor


def largest_remainder(
    total_minor: int, weights: Sequence[Fraction | int], unit_minor: int = 1, order: Sequence[int] = ()
) -> list[int]:
    """Divide a total by weights to whole units that sum to it; ties go to the earlier (or first in `order`).

    Weights are ≥ 0 with a sum > 0. A negative total is divided as its mirror image.
    """
    sum_of_weights = sum(weights, start=Fraction(0))
    if min(weights, default=-1) < 0 or sum_of_weights <= 0:
        raise ValueError("weights must be ≥ 0 with a sum > 0")
    quotas = [Fraction(total_minor) * weight / sum_of_weights for weight in weights]
    return apportion(total_minor, quotas, unit_minor, order)


def apportion(
    total_minor: int, quotas: Sequence[Fraction], unit_minor: int = 1, order: Sequence[int] = ()
) -> list[int]:
    """Whole units for exact quotas whose rounded sum is `total_minor`: floors, then the largest remainders.

    Quotas may have either sign; a negative total is divided as its mirror image, so that a credit note
    has the parts of its bill.
    """
    denominator = lcm(*(quota.denominator for quota in quotas))
    numerators = [quota.numerator * (denominator // quota.denominator) for quota in quotas]
    return _shared_out(total_minor, numerators, denominator, unit_minor, order)


def rounded_parts(
    numerators: Sequence[int], denominator: int, rounding: Rounding = CENT
) -> tuple[int, list[int]]:
    """The rounded sum of exact parts (minor units over one denominator > 0) and the parts that sum to it."""
    total = round_ratio(sum(numerators), denominator, rounding.unit_minor, rounding.mode)
    return total, _shared_out(total, numerators, denominator, rounding.unit_minor, ())


def _shared_out(
    total_minor: int, numerators: Sequence[int], denominator: int, unit_minor: int, order: Sequence[int]
) -> list[int]:
    sign = -1 if total_minor < 0 else 1
    step = denominator * unit_minor
    floors, rests = [], []
    for numerator in numerators:
        floor, rest = divmod(sign * numerator, step)
        floors.append(floor)
        rests.append(rest)
    missing, odd = divmod(abs(total_minor) - unit_minor * sum(floors), unit_minor)
    if odd or not 0 <= missing <= len(floors):
        raise ValueError("the total is not the rounded sum of the quotas")
    if missing:
        rank = order or range(len(floors))
        for index in sorted(rank, key=lambda index: -rests[index])[:missing]:
            floors[index] += 1
    return [sign * floor * unit_minor for floor in floors]


def split_by_share(total_minor: int, shares: Sequence[Fraction | int]) -> list[int]:
    """One amount over co-owners by share, to the minor unit."""
    return largest_remainder(total_minor, shares)
