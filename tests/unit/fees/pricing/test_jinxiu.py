"""The worked charges and meters of the demo community, by arithmetic alone."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from saas.fees.pricing.cases import price_case
from saas.fees.pricing.usage import Reading, Register, Usage, total_usage, usage_between

FILES = Path(__file__).resolve().parents[4] / "ops" / "demo" / "jinxiu"
EXPECTED = json.loads((FILES / "expected.json").read_text(encoding="utf-8"))
CHARGES = {charge["what"]: charge for charge in EXPECTED["worked_charges"]}


def tariffs(code: str) -> list[dict[str, Any]]:
    names = ("price", "tiers", "effective_from")
    return [
        {name: tariff[name] for name in names if name in tariff}
        for tariff in EXPECTED["tariffs"]
        if tariff["code"] == code
    ]


def fen(kind: str, code: str, owner: dict[str, Any], period: str) -> int:
    answer: Any = price_case(
        {"item": {"kind": kind}, "tariffs": tariffs(code), "object": owner, "period": period}
    )
    return int(answer["amount"]["amount"])


@pytest.mark.parametrize(
    ("what", "period"),
    [
        ("物业费 2026-04 of 1-1-101, 128.56 ㎡, price changes on 2026-04-16", "2026-04"),
        ("物业费 2026-10 of 1-1-101", "2026-10"),
    ],
)
def test_property_fee(what: str, period: str) -> None:
    room = {"built_area": "128.56"}
    assert fen("area_built", "property_high_rise", room, period) == CHARGES[what]["fen"]


def test_lift_fee_of_all_rooms() -> None:
    charge = CHARGES["电梯维护费 2026-10, all residential rooms on floor 2 and above"]
    assert fen("fixed", "lift", {}, "2026-10") * charge["rooms"] == charge["fen"]


@pytest.mark.parametrize("tonnes", [12, 18, 25])
def test_water(tonnes: int) -> None:
    charge = CHARGES[f"水费 of {tonnes} 吨 in one month"]
    assert fen("metered", "water", {"usage": tonnes}, "2026-10") == charge["fen"]


def rows() -> list[dict[str, str]]:
    """The list as the intake leaves it: a line repeated word for word is one line."""
    with (FILES / "抄表_2026-10.csv").open(encoding="gbk", newline="") as lines:
        found = list(csv.DictReader(lines))
    return [dict(pairs) for pairs in dict.fromkeys(tuple(row.items()) for row in found)]


def usage_of(row: dict[str, str]) -> Usage:
    """Held above 100 t of water a month, three times a usual use that is generous for every room of the list."""
    previous = Fraction(row["上期读数"])
    current = Fraction(row["本期读数"]) if row["本期读数"].strip() else None
    usual = Fraction(100, 3) if row["表类型"] == "冷水表" else None
    register = Register(5, Fraction(row["倍率"]), usual)
    return usage_between(register, Reading(previous), Reading(current))


def test_the_meters_of_october() -> None:
    found = [(row, usage_of(row)) for row in rows()]
    meters = EXPECTED["meters"]
    assert [row["房号"] for row, usage in found if usage.held] == ["1-1-1101", "1-1-1104", "2-2-704"]
    assert len([row for row, usage in found if usage.held]) == meters["held"]
    by_kind = {
        kind: total_usage([usage for row, usage in found if row["表类型"] == kind])
        for kind in ("冷水表", "电表")
    }
    assert by_kind == {
        "冷水表": meters["water_consumption_accepted"],
        "电表": meters["power_consumption_accepted"],
    }


def test_roll_over_and_swap() -> None:
    values = {value["key"]: value["value"] for value in EXPECTED["spot_values"]}
    for key, shown in {"3-2-1002": "3-2-1002", "2-1-1802": "2-1-1802"}.items():
        own = [usage_of(row) for row in rows() if row["房号"] == shown]
        assert total_usage(own) == values[key]
