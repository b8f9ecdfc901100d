"""The price list of 锦绣花园 is read exactly, and odd spellings of other firms too."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from saas.estate.importing.workbook import Sheet, read_workbook
from saas.fees.price_list import Proposal, read_price_list

PACK = Path(__file__).parents[3] / "ops" / "demo" / "jinxiu"
METHODS = {
    "gross_area": "area_built", "fixed": "fixed", "shared_by_gross_area": "shared", "metered_tiers": "metered",
    "once": "one_off",
}  # fmt: skip
MONTHS = {"month": 1, "quarter": 3, "once": None}
HEADER = ["项目", "计费方式", "单价", "周期", "预付/后付", "缴费截止日", "违约金日率", "生效日期"]


@pytest.fixture(scope="module")
def proposals() -> list[Proposal]:
    return read_price_list(read_workbook((PACK / "收费标准.xlsx").read_bytes()))


def test_every_line_of_the_demo_list(proposals: list[Proposal]) -> None:
    expected = json.loads((PACK / "expected.json").read_text(encoding="utf-8"))["tariffs"]
    assert len(proposals) == len(expected) == 9
    for found, truth in zip(proposals, expected, strict=True):
        rate = truth["late_fee_daily_rate"]
        assert (found.code, found.name, found.pricing, found.timing) == (
            truth["code"], truth["name"], METHODS[truth["method"]], truth["pay"],
        )  # fmt: skip
        assert (found.price, found.cycle_months) == (Decimal(truth["price"]), MONTHS[truth["cycle"]])
        assert found.late_rate == (None if rate is None else Decimal(rate))
        assert (found.starts_on, found.last_day) == (
            date.fromisoformat(truth["effective_from"]),
            date.fromisoformat(truth["effective_to"]) if "effective_to" in truth else None,
        )
        tiers = [(each["up_to"], each["price"]) for each in truth.get("tiers", [])]
        assert [(None if top is None else str(top), str(price)) for top, price in found.tiers] == tiers
        assert found.issues == ()


def test_due_days_and_whom_it_is_for(proposals: list[Proposal]) -> None:
    assert [found.due_day for found in proposals] == [10, 10, 10, 10, 20, 15, 10, 5, None]
    by_code = {found.code: found for found in proposals}
    assert by_code["lift"].selector == {"floor_from": 2, "kinds": ["residential"]}
    assert by_code["property_shop"].selector == {"kinds": ["shop"]}
    assert by_code["parking_rent"].object_kind == "parking"
    assert by_code["decoration_deposit"].is_deposit
    assert (by_code["shared_power"].basis, by_code["shared_power"].meter_kind) == ("area", "power")


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("0.05%", "0.0005"),
        ("0.5‰", "0.0005"),
        ("万分之五", "0.0005"),
        ("千分之三", "0.003"),
        ("/", None),
        ("无", None),
    ],
)
def test_daily_rates(written: str, rate: str | None) -> None:
    row = ["清洁费", "固定金额", "8元/户/月", "月", "预付", "每月5日", written, "2026.1.1"]
    (found,) = read_price_list([Sheet("", [HEADER, row])])
    assert found.late_rate == (None if rate is None else Decimal(rate))


def test_what_cannot_be_read_is_said() -> None:
    row = ["清洁费", "固定金额", "面议", "月", "预付", "", "", "下月"]
    (found,) = read_price_list([Sheet("", [HEADER, row])])
    assert set(found.issues) == {"price_unreadable", "date_unreadable"}
    assert found.code == "qingjiefei"


def test_a_sheet_without_the_columns_proposes_nothing() -> None:
    assert read_price_list([Sheet("", [["楼栋", "房号"], ["1", "101"]])]) == []
