"""Whatever JSON is sent, each case ends in an amount or in one error."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from saas.fees.pricing.cases import price_cases
from saas.fees.pricing.fields import exact_json
from saas.fees.pricing.types import KINDS

WILD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(max_size=5)
    | st.sampled_from(["0001-01-01", "9999-12-31", "2026-10-01", "1e30", "1/0", "1e-300", "%", 1e300]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["from", "to", "price", "key"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NUMBER = st.sampled_from(["0", "1", "-1", "12.5", "1/3", 7, "5%"]) | WILD
DAY = st.sampled_from(["2026-10-01", "2026-10-16", "2027-01-01", "0001-01-01", "9999-12-31"]) | WILD


def fields(**known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=known)


TARIFF = fields(
    price=NUMBER, fixed=NUMBER, peak=NUMBER, effective_from=DAY, effective_to=DAY,
    tiers=st.lists(fields(up_to=NUMBER, price=NUMBER), max_size=3) | WILD, rates=WILD,
)  # fmt: skip
CASE = fields(
    item=st.fixed_dictionaries(
        {"kind": st.sampled_from(KINDS)},
        optional={
            "price": NUMBER, "cycle_months": NUMBER, "align": st.sampled_from(["calendar", "anniversary"]),
            "anchor": DAY, "rounding": NUMBER, "formula": st.sampled_from(["usage/floor", "1+"]) | WILD,
            "escalation": fields(every_months=NUMBER, rate=NUMBER) | WILD,
        },
    ),
    tariffs=st.lists(TARIFF, max_size=2) | WILD,
    object=fields(built_area=NUMBER, usage=NUMBER, floor=NUMBER, to=DAY, attributes=WILD) | WILD,
    period=fields(**{"from": DAY, "to": DAY}) | st.sampled_from(["2026-10", "0001-01", "9999-12", "2026-13"]),
    readings=st.lists(fields(previous=NUMBER, current=NUMBER, digits=NUMBER, at=DAY, value=NUMBER), max_size=3) | WILD,
    members=st.lists(fields(key=st.text(max_size=3), built_area=NUMBER), max_size=3) | WILD,
    pool=fields(cost=NUMBER, quantity=NUMBER) | WILD,
    discounts=st.lists(fields(kind=st.sampled_from(["rate", "free_months"]), rate=NUMBER, months=NUMBER), max_size=2),
    used_before=NUMBER,
)  # fmt: skip
DUE = st.fixed_dictionaries(
    {
        "item": st.just({"kind": "fixed"}),
        "due": fields(
            **{"from": DAY, "today": DAY, "to": DAY}, due_day=NUMBER, lead_days=NUMBER, due_days=NUMBER
        ),
    }
)
LATE = st.fixed_dictionaries(
    {
        "late_fee": fields(
            principal=NUMBER, daily_rate=NUMBER, grace_days=NUMBER, due=DAY, until=DAY, cap=NUMBER
        )
    }
)


@given(CASE | DUE | LATE | WILD)
@settings(max_examples=400, deadline=5000)
def test_every_case_has_one_answer(case: Any) -> None:
    (answer,) = price_cases([exact_json(json.dumps(case))])
    if "error" in answer:
        error: Any = answer["error"]
        assert error["code"] and error["message"]
    else:
        assert "amount" in answer or "count" in answer
        assert json.loads(json.dumps(answer)) == answer
