"""Each way to price an item, its variants, and what it refuses."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from saas.fees.pricing.cases import price_case, price_cases
from saas.fees.pricing.engine import adjustment, price_line, split_line
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.periods import Period
from saas.fees.pricing.types import Item, Subject, Tariff
from tests.unit.fees.pricing.test_domain_tables import LADDER, minor, parts

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


def metered(*readings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "item": {"kind": "metered"},
        "tariffs": [{"tiers": LADDER}],
        "readings": list(readings),
        "period": "2026-10",
    } | more


@pytest.mark.parametrize(
    ("item", "owner", "expected"),
    [
        ({"kind": "area_built", "price": "2", "fixed": "5"}, {"built_area": 100}, 20500),
        ({"kind": "area_inner", "price": "2"}, {"built_area": 100, "inner_area": "80.5"}, 16100),
        ({"kind": "fixed", "price": "15"}, {}, 1500),
        ({"kind": "fixed", "price": "60"}, {"quantity": 2}, 12000),
        ({"kind": "one_off", "amount": 2000}, {}, 200000),
        ({"kind": "rent", "price": "60", "rent_basis": "area_built"}, {"built_area": 40}, 240000),
        ({"kind": "formula", "formula": "built_area * 2 + if(floor >= 2, 15, 0)"}, {"built_area": 10, "floor": 2}, 3500),
        ({"kind": "formula", "formula": "usage * price", "price": "0.5"}, {"usage": 7}, 350),
        ({"kind": "formula", "formula": "lift * 12.5"}, {"attributes": {"lift": 2}}, 2500),
        ({"kind": "formula", "formula": 'if(use == "shop", 100, 50)'}, {"attributes": {"use": "shop"}}, 10000),
        ({"kind": "fixed", "price": "-30"}, {}, -3000),
    ],
)  # fmt: skip
def test_a_month(item: dict[str, Any], owner: dict[str, Any], expected: int) -> None:
    assert minor({"item": item, "object": owner, "period": "2026-10"}) == expected


def test_a_formula_by_the_month_counts_months_and_one_with_usage_does_not() -> None:
    quarter = {"from": "2026-10-01", "to": "2027-01-01"}
    assert minor({"item": {"kind": "formula", "formula": "10"}, "period": quarter}) == 3000
    used = {"item": {"kind": "formula", "formula": "usage * 2"}, "object": {"usage": 3}, "period": quarter}
    assert minor(used) == 600


def test_peak_and_valley_with_a_multiplier() -> None:
    case = {
        "item": {"kind": "metered"},
        "tariffs": [{"peak": "0.98", "valley": "0.34", "fixed": "10"}],
        "meter": {"multiplier": 20},
        "readings": [
            {"rate": "peak", "previous": 100, "current": 110},
            {"rate": "valley", "previous": 50, "current": 75},
        ],
        "period": "2026-10",
    }
    assert minor(case) == 19600 + 17000 + 1000
    assert parts(case) == [19600, 17000, 1000]


def test_a_yearly_ladder_goes_on_where_the_year_stands() -> None:
    case = metered({"usage": 10}, used_before=15) | {"item": {"kind": "metered", "ladder": "yearly"}}
    assert parts(case) == [2550, 4100]


def test_a_monthly_ladder_is_wider_for_a_longer_period() -> None:
    case = metered({"usage": 23}) | {"period": {"from": "2026-09-01", "to": "2026-11-01"}}
    assert minor(case) == 23 * 385


def test_usage_over_a_price_change_is_spread_by_days() -> None:
    case = {
        "item": {"kind": "metered"},
        "tariffs": [{"price": 1}, {"price": 2, "effective_from": "2026-10-11"}],
        "readings": [{"at": "2026-10-01", "value": 0}, {"at": "2026-10-31", "value": 30}],
        "period": "2026-10",
    }
    assert parts(case) == [1000, 4000]


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        ({"previous": 865, "current": 856}, "negative"),
        ({"previous": 865, "current": 856, "digits": 5}, "negative"),
        ({"previous": 850, "current": 8780, "digits": 5, "usual": 15}, "implausible"),
        ({"previous": 850, "current": ""}, "missing"),
        ({"previous": 850, "current": 123456, "digits": 5}, "out_of_register"),
    ],
)
def test_a_suspicious_reading_is_never_billed(reading: dict[str, Any], reason: str) -> None:
    error: Any = price_case(metered(reading))["error"]
    assert (error["code"], error["params"], error["field"]) == (
        "reading_held",
        {"reason": reason},
        "readings[0]",
    )


@pytest.mark.parametrize(
    ("case", "code", "field"),
    [
        ({"item": {"kind": "area_built", "price": 1}, "period": "2026-10"}, "missing_built_area", "object.built_area"),
        ({"item": {"kind": "fixed"}, "period": "2026-10"}, "missing_price", "tariffs.price"),
        ({"item": {"kind": "fixed", "price": 1}}, "missing", "period"),
        ({"item": {"kind": "dance"}, "period": "2026-10"}, "not_a_choice", "item.kind"),
        ({"item": {"kind": "fixed", "price": "x"}, "period": "2026-10"}, "not_a_number", "item.price"),
        ({"item": {"kind": "fixed", "price": True}, "period": "2026-10"}, "not_a_number", "item.price"),
        ({"item": {"kind": "fixed", "price": 1}, "period": {"from": "2026-10-01", "to": "2026-10-01"}},
         "period_empty", "period"),
        ({"item": {"kind": "fixed"}, "tariffs": [{"price": 1, "effective_from": "2026-10-02"}], "period": "2026-10"},
         "no_tariff", "tariffs"),
        ({"item": {"kind": "fixed"}, "tariffs": [{"price": 1}, {"price": 2}], "period": "2026-10"},
         "tariff_twice", "tariffs"),
        ({"item": {"kind": "metered", "price": 1}, "period": "2026-10"}, "missing_reading", "readings"),
        ({"item": {"kind": "shared", "price": 1}, "pool": {"cost": 1}, "period": "2026-10"}, "no_members", "members"),
        ({"item": {"kind": "formula", "formula": "1 +"}, "period": "2026-10"}, "formula_operand", "formula"),
        ({"item": {"kind": "fixed", "price": 1}, "object": {"to": "2026-01-01"}, "period": "2026-10"},
         "not_assigned", "object.from"),
        ({"item": {"kind": "metered", "tiers": [{"from": 0, "to": 10, "price": 1}, {"from": 11, "price": 2}]},
          "object": {"usage": 3}, "period": "2026-10"}, "tiers", "item.tiers"),
        (5, "not_an_object", ""),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(case: Any, code: str, field: str) -> None:
    error: Any = price_case(case)["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"]


def test_a_bad_case_leaves_the_others_alone() -> None:
    good = {"item": {"kind": "fixed", "price": 1}, "period": "2026-10"}
    answers: Any = price_cases([{}, good])
    assert answers[0]["error"]["code"] == "missing"
    assert answers[1]["amount"] == {"amount": 100, "currency": "CNY"}
    with pytest.raises(PricingError, match="list of cases"):
        price_cases("one")


def test_a_field_that_nobody_reads_is_told() -> None:
    case = {"item": {"kind": "fixed", "price": 1, "algin": "calendar", "name": "x"}, "period": "2026-10"}
    assert price_case(case)["ignored"] == ["item.algin"]


def test_co_owners_share_one_line_to_the_cent() -> None:
    line = price_line(
        Item("fixed"), [Tariff(Fraction(1))], Subject(), OCTOBER,
    )  # fmt: skip
    assert [one.total_minor for one in split_line(line, [Fraction(1), Fraction(1), Fraction(1)])] == [
        34,
        33,
        33,
    ]


def test_a_correction_is_the_difference_to_what_was_billed() -> None:
    line = price_line(Item("fixed"), [Tariff(Fraction(15))], Subject(), OCTOBER)
    less = adjustment(line, 2000)
    assert less.total_minor == -500
    assert sum(part.minor for part in less.parts) == -500
