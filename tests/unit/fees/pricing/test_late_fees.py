"""Late fees over partial payments, with grace and cap; rounded once."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from saas.fees.pricing.late_fee import LateFeeRule, Payment, accrue, charge

RULE = LateFeeRule(Fraction("0.0005"), 30)
DUE = date(2024, 1, 1)


def test_a_partial_payment_lowers_the_principal_from_its_day_on() -> None:
    fee = accrue(RULE, 20000, DUE, date(2024, 5, 10), [Payment(date(2024, 3, 11), 5000)])
    assert [(step.days, step.principal_minor) for step in fee.steps] == [(40, 20000), (60, 15000)]
    assert fee.accrued == 400 + 450
    assert charge(fee) == 850


def test_paid_within_grace_costs_nothing() -> None:
    assert accrue(RULE, 20000, DUE, date(2024, 5, 10), [Payment(date(2024, 1, 31), 20000)]).accrued == 0
    assert accrue(RULE, 20000, DUE, date(2024, 1, 31)).accrued == 0
    assert accrue(RULE, 20000, DUE, date(2024, 2, 1)).accrued == 10


def test_the_cap_is_the_principal_unless_told_otherwise() -> None:
    fee = accrue(RULE, 20000, DUE, date(2034, 1, 1))
    assert (fee.accrued, fee.capped) == (20000, True)
    assert accrue(LateFeeRule(RULE.daily_rate, 30, None), 20000, DUE, date(2034, 1, 1)).accrued > 20000
    assert (
        accrue(LateFeeRule(RULE.daily_rate, 30, Fraction("0.3")), 20000, DUE, date(2034, 1, 1)).accrued
        == 6000
    )


def test_what_was_charged_before_is_not_charged_again() -> None:
    fee = accrue(RULE, 20000, DUE, date(2024, 5, 10))
    assert charge(fee, 600) == 400
    assert charge(fee, 2000) == 0


def test_a_credit_line_bears_no_fee() -> None:
    assert accrue(RULE, -20000, DUE, date(2024, 5, 10)).accrued == 0


@given(
    st.integers(1, 10**7),
    st.integers(0, 900),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 10**6)), max_size=6),
)
def test_it_is_the_sum_of_its_days(principal: int, days: int, paid: list[tuple[int, int]]) -> None:
    rule = LateFeeRule(Fraction("0.0005"), 10, None)
    until = DUE + timedelta(days=days)
    payments = [Payment(DUE + timedelta(days=after), minor) for after, minor in paid]
    expected = Fraction(0)
    for day in range(10, days):
        today = DUE + timedelta(days=day)
        unpaid = principal - sum(payment.minor for payment in payments if payment.on <= today)
        expected += max(unpaid, 0) * rule.daily_rate
    assert accrue(rule, principal, DUE, until, payments).accrued == expected
