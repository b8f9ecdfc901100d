"""Every worked number of the domain's fee tables, through the same cases that outsiders write."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from saas.fees.pricing.cases import price_case
from saas.fees.pricing.money import Rounding, largest_remainder, round_minor
from saas.fees.pricing.periods import Period, add_months, months_of

AREA = {"kind": "area_built"}
ROOM = {"built_area": "98.67"}
LADDER = [{"up_to": 12, "price": "3.85"}, {"up_to": 20, "price": "5.10"}, {"price": "8.20"}]


def minor(case: dict[str, Any]) -> int:
    return int(price_case(case)["amount"]["amount"])  # type: ignore[index]


def parts(case: dict[str, Any]) -> list[int]:
    return [part["amount"]["amount"] for part in price_case(case)["parts"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-10-01", "2026-11-01", 23187),
        ("2026-10-01", "2027-01-01", 69562),
        ("2026-01-01", "2027-01-01", 278249),
        ("2024-02-10", "2024-03-01", 15991),
    ],
    ids=["month", "quarter", "year", "20/29 of February"],
)
def test_area_by_period(start: str, end: str, expected: int) -> None:
    case = {
        "item": AREA,
        "tariffs": [{"price": "2.35"}],
        "object": ROOM,
        "period": {"from": start, "to": end},
    }
    assert minor(case) == expected


def test_an_assignment_that_begins_within_the_period_pays_from_its_day() -> None:
    case = {
        "item": AREA,
        "tariffs": [{"price": "2.35"}],
        "object": ROOM | {"from": "2024-02-10"},
        "period": "2024-02",
    }
    assert minor(case) == 15991
    assert price_case(case)["period"] == {"from": "2024-02-10", "to": "2024-03-01"}


def test_a_price_change_within_the_month() -> None:
    case = {
        "item": AREA,
        "tariffs": [
            {"price": "2.20", "effective_from": "2024-01-01"},
            {"price": "2.35", "effective_from": "2026-04-16"},
        ],
        "object": ROOM,
        "period": {"from": "2026-04-01", "to": "2026-05-01"},
    }
    assert minor(case) == 22447
    assert parts(case) == [10853, 11594]


def test_the_water_ladder() -> None:
    case = {
        "item": {"kind": "metered"},
        "tariffs": [{"tiers": LADDER}],
        "readings": [{"previous": "100", "current": "123"}],
        "period": "2026-10",
    }
    assert minor(case) == 11160
    assert parts(case) == [4620, 4080, 2460]


def test_a_pool_over_four_rooms() -> None:
    areas = {"1-1-101": "88.5", "1-1-102": "102.3", "1-1-103": "120", "1-1-104": "75.2"}
    case = {
        "item": {"kind": "shared", "basis": "area"},
        "tariffs": [{"price": "0.85"}],
        "pool": {"quantity": "137.6"},
        "members": [{"key": key, "built_area": area} for key, area in areas.items()],
        "period": "2026-10",
    }
    answer: Any = price_case(case)
    assert answer["amount"]["amount"] == 11696
    assert [member["amount"]["amount"] for member in answer["members"]] == [2681, 3100, 3636, 2279]


def test_rent_that_rises_every_year() -> None:
    case = {
        "item": {"kind": "rent", "escalation": {"every_months": 12, "rate": "5%"}},
        "tariffs": [{"price": 3000}],
        "period": {"from": "2024-01-01", "to": "2026-07-01"},
    }
    assert minor(case) == 9364500
    assert parts(case) == [12 * 300000, 12 * 315000, 6 * 330750]


@pytest.mark.parametrize(
    ("pay", "months", "lines"),
    [
        ("prepaid", 1, 5),
        ("prepaid", 3, 2),
        ("prepaid", 12, 1),
        ("postpaid", 1, 4),
        ("postpaid", 3, 1),
        ("postpaid", 12, 0),
    ],
)
def test_lines_due_by_a_day(pay: str, months: int, lines: int) -> None:
    case = {
        "item": {"kind": "fixed", "pay": pay, "cycle_months": months},
        "due": {"from": "2024-01-01", "today": "2024-05-10", "lead_days": 0},
    }
    assert price_case(case)["count"] == lines


def test_late_fees_of_five_months() -> None:
    fees = [
        minor(
            {
                "late_fee": {
                    "principal": 200,
                    "daily_rate": "0.0005",
                    "grace_days": 30,
                    "due": f"2024-0{month}-01",
                    "until": "2024-05-10",
                }
            }
        )
        for month in (1, 2, 3, 4, 5)
    ]
    assert fees == [1000, 690, 400, 90, 0]
    assert sum(fees) == 2180


@pytest.mark.parametrize(
    ("exact", "unit", "mode", "expected"),
    [
        ("0.5", 1, "half_up", 1),
        ("-0.5", 1, "half_up", -1),
        ("2.5", 1, "half_up", 3),
        ("2.4999", 1, "half_up", 2),
        ("23187.45", 10, "half_up", 23190),
        ("23187.45", 100, "half_up", 23200),
        ("23150", 100, "half_up", 23200),
        ("23101", 100, "up", 23200),
        ("-23101", 100, "up", -23200),
        ("23199", 100, "down", 23100),
        ("-23199", 100, "down", -23100),
    ],
)
def test_rounding(exact: str, unit: int, mode: Any, expected: int) -> None:
    assert round_minor(Fraction(exact), unit, mode) == expected


def test_ties_go_to_the_earlier_part() -> None:
    assert largest_remainder(100, [1, 1, 1]) == [34, 33, 33]
    assert largest_remainder(-100, [1, 1, 1]) == [-34, -33, -33]


def test_ties_of_a_pool_go_to_the_smaller_room_key() -> None:
    members = [{"key": key, "built_area": 50} for key in ("1-1-1001", "1-1-201", "1-1-301")]
    case = {
        "item": {"kind": "shared"},
        "pool": {"cost": "1.00"},
        "members": members,
        "period": "2026-10",
    }
    answer: Any = price_case(case)
    assert [member["amount"]["amount"] for member in answer["members"]] == [33, 34, 33]


def test_vacant_rooms_stay_members_and_a_line_is_given_for_each() -> None:
    case = {
        "item": {"kind": "shared", "basis": "household"},
        "pool": {"cost": 10},
        "members": [{"key": "1-1-101"}, {"key": "1-1-102", "vacant": True}],
        "period": "2026-10",
    }
    answer: Any = price_case(case)
    assert [member["amount"]["amount"] for member in answer["members"]] == [500, 500]


def test_the_end_of_january_returns_to_its_day() -> None:
    assert [add_months(date(2024, 1, 31), count) for count in (1, 2, 3)] == [
        date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30),
    ]  # fmt: skip
    assert add_months(date(2023, 1, 31), 1) == date(2023, 2, 28)
    anchor = date(2024, 1, 31)
    assert months_of(Period(date(2024, 2, 29), date(2024, 3, 31)), "anniversary", anchor) == 1
    # One whole month to 10 March, then 5 days of the 31 to 10 April.
    rest = Period(date(2024, 2, 10), date(2024, 3, 15))
    assert months_of(rest, "anniversary", date(2024, 2, 10)) == 1 + Fraction(5, 31)


def test_a_tenant_may_round_to_the_yuan_and_parts_follow() -> None:
    case = {
        "item": AREA | {"rounding": {"unit": "1", "mode": "up"}},
        "tariffs": [
            {"price": "2.20", "effective_from": "2024-01-01"},
            {"price": "2.35", "effective_from": "2026-04-16"},
        ],
        "object": ROOM,
        "period": "2026-04",
    }
    assert minor(case) == 22500
    assert parts(case) == [10900, 11600]
    assert Rounding(100, "up").unit_minor == 100
