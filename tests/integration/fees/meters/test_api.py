"""REST of meters, readings and reports, as somebody with a token sees it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest

from saas.core.actors import SYSTEM, Actor
from saas.fees import permissions as p
from saas.fees.queries.meters import consumption, hints, meters_without_reading
from saas.fees.services.assignments import Target
from saas.fees.services.lines import charge_once
from tenants.unit_of_work import unit_of_work
from tests.integration.fees.bills.conftest import finance

CSV = "表号,房号,表类型,上期读数,本期读数,倍率,抄表日期\n0001,1-1-101,冷水表,100,110,1,2026-10-25\n"


@pytest.fixture
def caller(small, client_of, monkeypatch):
    """client as somebody: `caller(actor)`."""
    client = client_of(small.tenant)
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer of-the-test"
    now: dict[str, Actor] = {}
    monkeypatch.setattr("saas.core.actors._resolvers", [lambda request: now["actor"]])

    def become(actor: Actor):
        now["actor"] = actor
        return client

    return become


def put_meter(small, client, number="W-1") -> str:
    new = {
        "number": number, "kind": "water", "room_id": str(small.ids["101"]), "initial_values": {"total": "100"}
    }  # fmt: skip
    made = client.post("/api/v1/meters", json=new)
    assert made.status_code == 201, made.get_json()
    assert (made.get_json()["room_key"], made.get_json()["multiplier"]) == ("1-1-101", "1")
    return made.get_json()["id"]


def test_meters_readings_and_their_review(small, caller) -> None:
    client = caller(finance())
    meter = put_meter(small, client)
    for day, value in (("2026-09-25", "110"), ("2026-10-25", "900.5")):
        made = client.post("/api/v1/readings", json={"meter_id": meter, "value": value, "read_on": day})
        assert made.status_code == 201
    assert made.get_json()["held_because"] == "implausible"

    waiting = client.get("/api/v1/readings?state=held").get_json()["items"]
    assert [(each["value"], each["usage"]) for each in waiting] == [("900.5", None)]
    path = f"/api/v1/readings/{waiting[0]['id']}/decision"
    decided = client.post(path, json={"decision": "correct", "value": "120.5", "note": "看错"}).get_json()
    assert (decided["usage"], decided["corrects_id"]) == ("10.5", waiting[0]["id"])
    assert client.post(path, json={"decision": "accept"}).status_code == 409

    swapped = client.post(
        f"/api/v1/meters/{meter}/swap",
        json={"new_number": "W-2", "on": "2026-11-01", "final_values": {"total": "121"}},
    )
    assert swapped.status_code == 201
    assert [each["state"] for each in client.get("/api/v1/meters").get_json()["items"]] == [
        "removed",
        "in_use",
    ]
    assert client.get(f"/api/v1/meters/{meter}").get_json()["removed_on"] == "2026-11-01"


def test_a_list_over_rest(small, caller) -> None:
    client = caller(finance())
    form = {"community_id": str(small.community), "file": (BytesIO(CSV.encode("gbk")), "抄表_2026-10.csv")}

    made = client.post("/api/v1/readings/imports", data=form)
    assert made.status_code == 201, made.get_json()
    applied = client.post(f"/api/v1/readings/imports/{made.get_json()['id']}/apply").get_json()

    assert (applied["state"], applied["totals"]["usage"]) == ("applied", {"water": "10"})
    assert client.get(f"/api/v1/readings/imports/{applied['id']}").get_json() == applied


def test_reports_over_rest(small, caller) -> None:
    small.item("pm", "fixed", "200")
    with unit_of_work(small.tenant) as uow:
        charge_once(
            uow, actor=SYSTEM, item_id=small.ids["pm"], target=Target("room", small.ids["101"]),
            amount_minor=12_345, reason="x",
        )  # fmt: skip
    client = caller(finance(p.LEDGER))

    report = client.get("/api/v1/reports/receivable?by=room").get_json()
    assert report["totals"]["closing"] == 12_345 and report["currency"] == "CNY"
    assert report["rows"][0]["cells"]["room"] == "1-1-101"
    assert report["rows"][0]["drill"] == {"room_id": str(small.ids["101"])}
    book = client.get("/api/v1/reports/arrears?format=xlsx")
    assert openpyxl.load_workbook(BytesIO(book.data)).active.max_row == 6
    assert client.get("/api/v1/reports/nothing").status_code == 404
    assert client.get("/api/v1/reports/receivable?from=2026-02-01&to=2026-01-01").status_code == 422


def test_who_may_do_what(small, caller) -> None:
    meter = put_meter(small, caller(finance()))
    reader = caller(finance(p.READ_METERS, p.VIEW))

    assert reader.post("/api/v1/readings", json={"meter_id": meter, "value": "101"}).status_code == 201
    assert reader.post("/api/v1/meters", json={"number": "9", "kind": "water"}).status_code == 403
    assert reader.get("/api/v1/reports/receivable").status_code == 403
    elsewhere = caller(finance(community=small.ids["101"]))
    assert elsewhere.get(f"/api/v1/meters/{meter}").status_code == 404
    assert elsewhere.get("/api/v1/readings").get_json()["items"] == []


def test_consumption_hints_and_what_is_still_to_be_read(small, caller) -> None:
    client = caller(finance())
    meter, other = put_meter(small, client), put_meter(small, client, "W-2")
    for month, shown in ((6, 110), (7, 120), (8, 130), (9, 155)):
        sent = {"meter_id": meter, "value": str(shown), "read_on": f"2026-{month:02}-25"}
        assert client.post("/api/v1/readings", json=sent).get_json()["state"] == "accepted"

    with unit_of_work(small.tenant, read_only=True) as uow:
        used = consumption(
            uow, actor=SYSTEM, start=date(2026, 7, 1), end=date(2026, 10, 1), room_id=small.ids["101"]
        )
        found = hints(uow, actor=SYSTEM, community_id=small.community, period=date(2026, 9, 1))
        missing = meters_without_reading(
            uow, actor=SYSTEM, community_id=small.community, period=date(2026, 9, 1)
        )
        stranger = Actor(
            "resident", person_id=small.ids["李强"], grants={p.MINE.code: finance().scope(p.MINE.code)}
        )
        hidden = consumption(
            uow, actor=stranger, start=date(2026, 7, 1), end=date(2026, 10, 1), room_id=small.ids["101"]
        )
    assert [(each.month.month, each.usage) for each in used] == [(7, 10), (8, 10), (9, 25)]
    assert [(each.kind, each.usage, each.usual) for each in found] == [("sudden_rise", 25, Decimal(10))]
    assert [str(row.meter.id) for row in missing] == [other]
    assert hidden == []
