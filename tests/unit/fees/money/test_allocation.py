"""Allocation gives away what came in, no more and no less, in the order that was promised."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from saas.fees.services.allocation import OpenLine, allocate, in_order

DAY = date(2026, 1, 10)
LINES = st.lists(
    st.builds(
        OpenLine,
        line_id=st.uuids(version=4),
        due_on=st.integers(0, 400).map(lambda days: DAY + timedelta(days)),
        priority=st.integers(0, 5),
        is_late_fee=st.booleans(),
        open_minor=st.integers(-10_000, 1_000_000),
    ),
    max_size=30,
    unique_by=lambda line: line.line_id,
)


@given(LINES, st.integers(0, 10_000_000), st.booleans())
def test_money_is_conserved(lines, amount, late_first):
    result = allocate(lines, amount, late_fee_first=late_first)
    opened = {line.line_id: line.open_minor for line in lines}
    assert sum(share.minor for share in result.shares) + result.rest == amount
    assert all(0 < share.minor <= opened[share.line_id] for share in result.shares)
    assert result.rest == max(amount - sum(max(minor, 0) for minor in opened.values()), 0)


@given(LINES, st.integers(0, 10_000_000), st.booleans())
def test_only_the_last_one_stays_partly_open(lines, amount, late_first):
    result = allocate(lines, amount, late_fee_first=late_first)
    payable = [line for line in in_order(lines, late_fee_first=late_first) if line.open_minor > 0]
    assert [share.line_id for share in result.shares] == [
        line.line_id for line in payable[: len(result.shares)]
    ]
    for share, line in list(zip(result.shares, payable, strict=False))[:-1]:
        assert share.minor == line.open_minor


@given(LINES, st.lists(st.integers(0, 500_000), max_size=4))
def test_several_payments_pay_what_one_would(lines, amounts):
    left = {line.line_id: line.open_minor for line in lines}
    for amount in amounts:
        now = [OpenLine(x.line_id, x.due_on, x.priority, x.is_late_fee, left[x.line_id]) for x in lines]
        for share in allocate(now, amount).shares:
            left[share.line_id] -= share.minor
    whole = {share.line_id: share.minor for share in allocate(lines, sum(amounts)).shares}
    assert left == {line.line_id: line.open_minor - whole.get(line.line_id, 0) for line in lines}


def test_oldest_first_then_priority_and_principal_before_late_fee():
    def line(number: int, days: int, priority: int, late: bool) -> OpenLine:
        return OpenLine(UUID(int=number), DAY + timedelta(days), priority, late, 100)

    lines = [line(1, 0, 1, True), line(2, 30, 1, False), line(3, 0, 2, False), line(4, 0, 1, False)]
    assert [each.line_id.int for each in in_order(lines)] == [4, 3, 2, 1]
    assert [each.line_id.int for each in in_order(lines, late_fee_first=True)] == [1, 4, 3, 2]
