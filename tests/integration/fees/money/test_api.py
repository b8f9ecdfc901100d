"""Payments, refunds, receipts, deposits and transfers over REST."""

from __future__ import annotations

from uuid import uuid4

import pytest

from saas.core.actors import Actor
from saas.fees import permissions as p
from tests.integration.fees.money.conftest import Firm, staff


@pytest.fixture
def caller(firm, client_of, monkeypatch):
    """client as somebody: `caller(actor)`."""
    client = client_of(firm.tenant)
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer of-the-test"
    caller_of: dict[str, Actor] = {}
    monkeypatch.setattr("saas.core.actors._resolvers", [lambda request: caller_of["actor"]])

    def become(actor: Actor):
        caller_of["actor"] = actor
        return client

    return become


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def cny(minor: int) -> dict[str, object]:
    return {"amount": minor, "currency": "CNY"}


def test_a_payment_from_the_desk_to_the_ledger(firm: Firm, caller):
    client = caller(firm.finance)
    line = firm.issue(23_187)[0]
    wish = {"channel": "cash", "line_ids": [str(line)], "tendered": cny(30_000), "expected": cny(23_187)}
    head = key()
    first = client.post("/api/v1/payments", json=wish, headers=head)
    assert first.status_code == 201, first.json
    assert first.json["state"] == "SUCCEEDED" and first.json["change"] == cny(6_813)
    assert first.json["allocations"][0]["amount"] == cny(23_187)
    again = client.post("/api/v1/payments", json=wish, headers=head)
    assert (again.status_code, again.json) == (201, first.json)
    other = client.post("/api/v1/payments", json=wish | {"note": "x"}, headers=head)
    assert other.status_code == 422
    lost = client.post("/api/v1/payments", json=wish)
    assert (lost.status_code, lost.json["code"]) == (422, "idempotency_key_missing")
    paid = client.post("/api/v1/payments", json=wish, headers=key())
    assert (paid.status_code, paid.json["code"]) == (409, "lines_changed")
    foreign = client.post(
        "/api/v1/payments", json=wish | {"expected": {"amount": 1, "currency": "USD"}}, headers=key()
    )
    assert foreign.status_code == 422
    one = client.get(f"/api/v1/payments/{first.json['id']}").json
    assert one == first.json
    listed = client.get("/api/v1/payments?state=SUCCEEDED").json["items"]
    assert [each["id"] for each in listed] == [first.json["id"]]
    transfers = client.get("/api/v1/ledger/transfers?cause=payment").json["items"]
    assert [(t["debit"], t["credit"], t["amount"]) for t in transfers] == [
        ("cash:cash", "receivable", cny(23_187))
    ]
    receipt = first.json["receipt_ids"][0]
    assert client.post(f"/api/v1/receipts/{receipt}/prints").json["prints"] == 1
    again = client.post("/api/v1/receipts", json={"replaces_id": receipt, "reason": "抬头错"}, headers=key())
    assert (again.status_code, again.json["number"]) == (201, "R00000002")
    assert client.get(f"/api/v1/receipts/{receipt}").json["void_reason"] == "抬头错"
    assert client.post(f"/api/v1/receipts/{receipt}/prints").status_code == 409


def test_refunds_and_deposits(firm: Firm, caller):
    client = caller(firm.finance)
    line = firm.issue(23_187)[0]
    paid = client.post(
        "/api/v1/payments", json={"channel": "pos", "line_ids": [str(line)]}, headers=key()
    ).json
    wish = {
        "payment_id": paid["id"],
        "lines": [{"line_id": str(line), "amount": cny(3_187)}],
        "reason": "多收",
    }
    refund = client.post("/api/v1/refunds", json=wish, headers=key()).json
    assert refund["state"] == "approved" and refund["channel"] == "pos"
    head = key()
    for _twice in range(2):
        done = client.post(f"/api/v1/refunds/{refund['id']}/pay-out", headers=head)
        assert (done.status_code, done.json["state"]) == (200, "SUCCEEDED")
    assert firm.open_of(line) == [3_187]
    deposit = client.post(
        "/api/v1/deposits",
        json={"item_id": str(firm.ids["deposit"]), "room_id": str(firm.ids["101"]), "amount": cny(200_000),
              "channel": "cash", "payer_name": "装修队"},
        headers=key(),
    ).json  # fmt: skip
    assert (deposit["state"], deposit["held"]) == ("held", cny(200_000))
    path = f"/api/v1/deposits/{deposit['id']}"
    taken = client.post(
        f"{path}/deductions",
        json={"amount": cny(50_000), "reason": "损坏地砖", "evidence": "files/1"},
        headers=key(),
    )
    assert taken.json["held"] == cny(150_000)
    back = client.post(f"{path}/returns", json={"reason": "退场"}, headers=key()).json
    assert back["state"] == "requested"
    mine = client.post(f"/api/v1/refunds/{back['id']}/decision", json={"approve": True})
    assert (mine.status_code, mine.json["code"]) == (409, "second_person")
    caller(staff(*p.ALL)).post(f"/api/v1/refunds/{back['id']}/decision", json={"approve": True})
    client.post(f"/api/v1/refunds/{back['id']}/pay-out", headers=key())
    assert client.get(path).json["state"] == "closed"
    assert len(client.get("/api/v1/refunds").json["items"]) == 2
    firm.check()


def test_who_may_do_what(firm: Firm, caller):
    line = firm.issue(1_000)[0]
    wish = {"channel": "cash", "line_ids": [str(line)]}
    assert caller(staff(p.VIEW)).post("/api/v1/payments", json=wish, headers=key()).status_code == 403
    far = staff(p.COLLECT, p.VIEW, communities=[firm.ids["other"]])
    assert caller(far).post("/api/v1/payments", json=wish, headers=key()).status_code == 404
    paid = caller(firm.cashier).post("/api/v1/payments", json=wish, headers=key()).json
    assert caller(far).get(f"/api/v1/payments/{paid['id']}").status_code == 404
    assert caller(far).get("/api/v1/payments").json["items"] == []
    assert caller(far).get("/api/v1/ledger/transfers").status_code == 403
    assert (
        caller(staff(p.COLLECT)).post("/api/v1/refunds", json={"reason": "x"}, headers=key()).status_code
        == 403
    )


def test_residents_see_what_is_theirs(firm: Firm, caller):
    firm.pay(firm.issue(1_000)[0])
    mixed = firm.pay(firm.issue(2_000)[0], firm.issue(700, room="102")[0], payer_name="王姐")
    scope = staff(p.MINE).grants[p.MINE.code].__class__(own=True)
    owner = Actor(
        kind="resident", user_id=uuid4(), person_id=firm.ids["owner_102"], grants={p.MINE.code: scope}
    )
    found = caller(owner).get("/api/v1/payments").json["items"]
    assert [each["id"] for each in found] == [str(mixed.payment_id)]
    seen = caller(owner).get(f"/api/v1/payments/{mixed.payment_id}").json["allocations"]
    assert [each["amount"] for each in seen] == [cny(700)]
