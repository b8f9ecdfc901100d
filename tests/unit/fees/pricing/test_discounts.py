"""Discounts as negative lines: order, exclusion, caps, validity, proof."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.fees.pricing.cases import price_case
from saas.fees.pricing.discounts import Discount, Discounted, apply_discounts
from saas.fees.pricing.periods import Period

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


def discounted(*discounts: dict[str, Any], **more: Any) -> tuple[list[int], list[str | None]]:
    case = {
        "item": {"kind": "fixed", "price": 310},
        "period": "2026-10",
        "discounts": list(discounts),
        "due_date": "2026-10-10",
    } | more
    found: Any = price_case(case)["discounts"]
    return [one["amount"]["amount"] for one in found], [one.get("skipped") for one in found]


@pytest.mark.parametrize(
    ("discount", "expected"),
    [
        ({"kind": "rate", "rate": "0.1"}, -3100),
        ({"kind": "rate", "rate": "10%", "cap": 20}, -2000),
        ({"kind": "rate", "rate": "0.1", "from": "2026-10-17"}, -1500),
        ({"kind": "amount", "amount": "50"}, -5000),
        ({"kind": "amount", "amount": 500}, -31000),
        ({"kind": "free_months", "months": 1, "from": "2026-09-16"}, -15000),
        ({"kind": "free_months", "months": 3, "from": "2026-09-01"}, -31000),
        ({"kind": "vacancy", "rate": "0.3", "proof": True}, -9300),
        ({"kind": "vacancy", "rate": "0.3", "proof": True, "proof_expires": "2026-10-11"}, -3000),
        ({"kind": "early_payment", "rate": "0.02", "days_before": 5}, -620),
    ],
)
def test_each_kind(discount: dict[str, Any], expected: int) -> None:
    assert discounted(discount, paid_on="2026-10-05") == ([expected], [None])


@pytest.mark.parametrize(
    ("discount", "reason"),
    [
        ({"kind": "rate", "rate": "0.1", "approved": False}, "not_approved"),
        ({"kind": "rate", "rate": "0.1", "to": "2026-10-01"}, "outside_validity"),
        ({"kind": "vacancy", "rate": "0.3"}, "no_proof"),
        (
            {"kind": "vacancy", "rate": "0.3", "proof": True, "proof_expires": "2026-09-30"},
            "outside_validity",
        ),
        ({"kind": "early_payment", "rate": "0.02", "days_before": 6}, "not_early"),
        ({"kind": "rate", "rate": 0}, "no_effect"),
    ],
)
def test_why_nothing_is_taken_off(discount: dict[str, Any], reason: str) -> None:
    assert discounted(discount, paid_on="2026-10-05") == ([0], [reason])


def test_later_ones_look_at_what_is_left() -> None:
    ten, fifth = (
        {"kind": "rate", "rate": "0.1", "priority": 1},
        {"kind": "rate", "rate": "0.2", "priority": 2},
    )
    assert discounted(fifth, ten) == ([-3100, -5580], [None, None])


def test_an_exclusive_one_stands_alone() -> None:
    alone = {"kind": "rate", "rate": "0.1", "exclusive": True, "priority": 1}
    other = {"kind": "amount", "amount": 5, "priority": 2}
    assert discounted(alone, other) == ([-3100, 0], [None, "excluded"])
    assert discounted(alone | {"priority": 3}, other) == ([-500, 0], [None, "excluded"])


def test_a_credit_line_is_not_discounted() -> None:
    line = Discounted(-500, OCTOBER, lambda start, end: Fraction(-5))
    assert [one.skipped for one in apply_discounts(line, [Discount("rate", rate=Fraction(1))])] == [
        "nothing_left"
    ]


@given(
    st.integers(1, 10**7),
    st.lists(
        st.builds(
            Discount,
            st.sampled_from(["rate", "amount"]),
            rate=st.fractions(0, 1, max_denominator=100),
            amount=st.integers(0, 500).map(Fraction),
            priority=st.integers(0, 3),
            stackable=st.booleans(),
            cap=st.none() | st.integers(0, 900).map(Fraction),
        ),
        max_size=6,
    ),
)
def test_no_more_is_taken_off_than_there_is(minor: int, discounts: list[Discount]) -> None:
    line = Discounted(minor, OCTOBER, lambda start, end: Fraction(minor, 100))
    found = apply_discounts(line, discounts)
    assert -minor <= sum(one.minor for one in found) <= 0
    assert all(one.minor <= 0 for one in found)
    assert all((one.minor == 0) == (one.skipped is not None) for one in found)
