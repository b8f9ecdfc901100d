"""Usage between readings: roll-over, swap, multiplier; what is held; nothing used is lost."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.fees.pricing.usage import Reading, Register, Usage, total_usage, usage_between

FIVE = Register(digits=5)
DAY, NEXT = date(2026, 9, 25), date(2026, 10, 25)


def used(register: Register, previous: int | None, current: int | None, **swap: int) -> Usage:
    after = {name: Fraction(value) for name, value in swap.items()}
    return usage_between(register, reading(previous), Reading(reading(current).value, NEXT, **after))  # type: ignore[arg-type]


def reading(value: int | None) -> Reading:
    return Reading(None if value is None else Fraction(value), DAY)


def test_roll_over_of_five_digits() -> None:
    assert used(FIVE, 99987, 12) == Usage(Fraction(25), rolled_over=True)


def test_swap_counts_the_old_and_the_new_meter() -> None:
    assert used(FIVE, 412, 6, final_old=419, initial_new=0) == Usage(Fraction(13), swapped=True)
    assert used(FIVE, 99990, 30, final_old=5, initial_new=10).quantity == 15 + 20


def test_multiplier_counts_each_unit_many_times() -> None:
    assert used(Register(5, Fraction(30)), 100, 120).quantity == 600


@pytest.mark.parametrize(
    ("register", "previous", "current", "reason"),
    [
        (Register(), 100, 99, "negative"),
        (FIVE, 865, 856, "negative"),
        (Register(5, usual=Fraction(20)), 100, 161, "implausible"),
        (Register(5, usual=Fraction(5)), 99987, 12, "negative"),
        (FIVE, None, 5, "missing"),
        (FIVE, 5, None, "missing"),
        (FIVE, 5, 100000, "out_of_register"),
        (FIVE, 5, -1, "negative"),
        (Register(5, usual=Fraction(0)), 100, 101, "implausible"),
    ],
)
def test_held_readings_bill_nothing(
    register: Register, previous: int | None, current: int | None, reason: str
) -> None:
    found = used(register, previous, current)
    assert (found.held, found.quantity) == (reason, 0)


def test_three_times_the_usual_is_still_believed() -> None:
    assert used(Register(5, usual=Fraction(20)), 100, 160).held is None
    assert used(Register(5, usual=Fraction(0), allowance=Fraction(5)), 100, 105).held is None


@pytest.mark.parametrize(
    ("at", "reason"),
    [(DAY, "duplicate"), (date(2026, 9, 1), "negative"), (date(2027, 1, 1), "future"), (date(2020, 1, 1), "before_installation")],
)  # fmt: skip
def test_readings_at_the_wrong_time_are_held(at: date, reason: str) -> None:
    register = Register(5, installed=date(2021, 1, 1))
    found = usage_between(register, reading(5), Reading(Fraction(9), at), today=date(2026, 12, 1))
    assert found.held == reason


@given(st.integers(3, 7), st.integers(0, 10**7), st.lists(st.integers(0, 90), max_size=30))
def test_nothing_used_is_lost_over_roll_overs(digits: int, start: int, uses: list[int]) -> None:
    register, shown = Register(digits), start % 10**digits
    segments = []
    for use in uses:
        after = (shown + use) % 10**digits
        segments.append(used(register, shown, after))
        shown = after
    assert all(segment.held is None for segment in segments)
    assert total_usage(segments) == sum(uses)


@given(
    st.integers(0, 9999), st.integers(0, 90), st.integers(0, 99999), st.integers(0, 90), st.integers(1, 60)
)
def test_nothing_used_is_lost_over_a_swap(
    start: int, before: int, initial: int, after: int, multiplier: int
) -> None:
    register = Register(5, Fraction(multiplier))
    found = used(register, start, (initial + after) % 10**5, final_old=start + before, initial_new=initial)
    assert found.held is None
    assert found.quantity == (before + after) * multiplier
