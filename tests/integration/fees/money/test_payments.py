"""Paying at the desk: what is paid first, what is left, who wins, what a repeat does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import update

from saas.core.errors import DomainError
from saas.fees import permissions as p
from saas.fees.models import LineBalance, Payment, PaymentAllocation, Receipt
from saas.fees.preferences import LATE_FEE_FIRST
from saas.fees.services import accounts
from saas.fees.services.payments import (
    cancel_payment,
    confirm_payment,
    open_payment,
    settle_attention,
    take_payment,
)
from saas.fees.services.payments_intent import PaymentIntent, PrepaidOwner
from saas.fees.services.prepaid import absorb_credits, use_prepaid
from tenants import clock, preferences
from tenants.idempotency import IdempotencyMismatch
from tests.integration.fees.money.conftest import NOON, SYSTEM, staff


def test_chosen_lines_with_change(firm):
    first, second, third = firm.issue(23_187, 23_187, 11_160)
    paid = firm.payment(firm.pay(first, third, tendered_minor=40_000))
    assert (paid.state, paid.amount_minor, paid.change_minor) == ("SUCCEEDED", 34_347, 5_653)
    assert firm.open_of(first, second, third) == [0, 23_187, 0]
    assert firm.balance(accounts.cash("cash")) == 34_347
    assert firm.balance(accounts.RECEIVABLE) == 23_187
    assert paid.number == "P-202611-00001"
    firm.check()


def test_oldest_due_first_then_priority_then_late_fee(firm):
    late = firm.issue(500, kind="late_fee", due=date(2026, 1, 1))[0]
    water = firm.issue(1_000, item="water", due=date(2026, 2, 10))[0]
    january, february = firm.issue(2_000, 2_000)
    paid = firm.payment(firm.pay_room(4_500))
    assert firm.open_of(january, february, water, late) == [0, 0, 500, 500]
    assert (paid.allocated_minor, paid.prepaid_minor) == (4_500, 0)
    firm.check()


def test_late_fee_first_when_the_firm_says_so(firm):
    with firm.work() as uow:
        preferences.put(uow, LATE_FEE_FIRST, True, actor=None)
    late = firm.issue(500, kind="late_fee")[0]
    charge = firm.issue(2_000)[0]
    firm.pay_room(700)
    assert firm.open_of(late, charge) == [0, 1_800]


def test_the_rest_becomes_prepaid_and_pays_the_next_bill(firm):
    line = firm.issue(1_000)[0]
    paid = firm.payment(firm.pay_room(2_500))
    assert (paid.allocated_minor, paid.prepaid_minor, firm.prepaid()) == (1_000, 1_500, 1_500)
    following = firm.issue(1_200, 1_200, item="water")
    with firm.work() as uow:
        made = use_prepaid(uow, line_ids=following)
    assert len(made) == 1 and firm.open_of(line, *following) == [0, 0, 900] and firm.prepaid() == 0
    with firm.work() as uow:
        assert use_prepaid(uow, line_ids=following) == []
    assert firm.count(Receipt) == 1
    firm.check()


def test_several_rooms_and_somebody_else_pays(firm):
    mine, theirs = firm.issue(1_000)[0], firm.issue(2_000, room="102")[0]
    paid = firm.payment(firm.pay(mine, theirs, payer_name="王姐"))
    assert firm.open_of(mine, theirs) == [0, 0] and paid.payer_name == "王姐" and paid.payer_id is None
    firm.check()


def test_prepaid_only_goes_to_the_owner_of_the_room(firm):
    line = firm.issue(1_000)[0]
    firm.pay_room(3_000, "102", only_prepaid=True)
    firm.pay(room_ids=(firm.ids["101"],), amount_minor=600, only_prepaid=True)
    assert (firm.prepaid("102"), firm.prepaid("101"), firm.open_of(line)) == (3_000, 600, [1_000])
    with pytest.raises(DomainError) as refused:
        firm.pay(line, channel="prepaid")
    assert refused.value.code == "prepaid_too_low"
    firm.pay(line, channel="prepaid", amount_minor=600)
    assert firm.open_of(line) == [400] and firm.prepaid() == 0
    firm.check()


def test_twenty_at_once_pay_one_line_once(firm):
    firm.pay_room(5, only_prepaid=True)  # arms the outbox, which takes a second connection the first time
    line = firm.issue(23_187)[0]

    def attempt(_number: int) -> str:
        with clock.at(NOON):
            try:
                firm.pay(line, actor=staff(p.COLLECT))
            except DomainError as refused:
                return refused.code
            return "paid"

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(attempt, range(20)))
    assert outcomes.count("paid") == 1 and set(outcomes) == {"paid", "lines_changed"}
    assert firm.open_of(line) == [0] and firm.balance(accounts.cash("cash")) == 23_192
    assert firm.count(Payment, Payment.state == "SUCCEEDED") == 2 and firm.count(Receipt) == 2
    firm.check()


def test_the_same_key_is_one_payment(firm):
    line = firm.issue(23_187, 5_000)[0]
    first = firm.pay(line, key="k1")
    again = firm.pay(line, key="k1")
    assert first.payment_id == again.payment_id and (first.is_new, again.is_new) == (True, False)
    with pytest.raises(IdempotencyMismatch):
        firm.pay(line, key="k1", note="other")

    def click(_number: int) -> str:
        try:
            return str(firm.pay_room(700, key="k2").payment_id)
        except Exception as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(click, range(8)))
    assert len(outcomes - {"IdempotencyInFlight"}) == 1
    assert firm.count(Payment, Payment.state == "SUCCEEDED") == 2 and firm.count(PaymentAllocation) == 2
    firm.check()


def test_a_key_whose_payment_was_refused_stays_refused(firm):
    line = firm.issue(1_000)[0]
    with firm.work() as uow:
        opened = open_payment(uow, actor=firm.cashier, intent=PaymentIntent("cash", line_ids=(line,))).id
    firm.pay(line)
    with pytest.raises(DomainError) as refused, firm.work() as uow:
        take_payment(uow, actor=firm.cashier, payment_id=opened)
    assert refused.value.code == "lines_changed"
    with firm.work() as uow:
        cancel_payment(uow, actor=firm.cashier, payment_id=opened, reason="lines_changed")
    with pytest.raises(DomainError) as refused, firm.work() as uow:
        take_payment(uow, actor=firm.cashier, payment_id=opened)
    assert refused.value.code == "lines_changed"


def test_an_opened_attempt_counts_nothing(firm):
    line = firm.issue(1_000)[0]
    with firm.work() as uow:
        opened = open_payment(uow, actor=firm.cashier, intent=PaymentIntent("cash", line_ids=(line,))).id
    assert firm.open_of(line) == [1_000] and firm.balance(accounts.cash("cash")) == 0
    firm.check()
    with firm.work() as uow:
        take_payment(uow, actor=firm.cashier, payment_id=opened)
    with pytest.raises(DomainError) as refused, firm.work() as uow:
        cancel_payment(uow, actor=firm.cashier, payment_id=opened, reason="late")
    assert refused.value.code == "payment_over"


def test_money_for_a_void_line_goes_to_the_prepaid_account_with_a_task(firm):
    line = firm.issue(1_000)[0]
    with firm.work() as uow:
        opened = open_payment(uow, actor=firm.cashier, intent=PaymentIntent("wechat", line_ids=(line,))).id
    firm.pay(line)
    with firm.work() as uow:
        taken = confirm_payment(uow, actor=SYSTEM, payment_id=opened, provider_ref="wx-1", amount_minor=1_000)
        assert taken.payment.attention == "paid_meanwhile"
    assert firm.prepaid() == 1_000 and firm.payment(opened).prepaid_minor == 1_000
    with firm.work() as uow:
        assert not confirm_payment(
            uow, actor=SYSTEM, payment_id=opened, provider_ref="wx-1", amount_minor=1_000
        ).is_new
    with firm.work() as uow:
        settle_attention(uow, actor=firm.finance, payment_id=opened, note="已联系业主")
    assert firm.payment(opened).attention is None
    firm.check()


def test_money_after_the_end_is_a_payment_of_its_own(firm):
    line = firm.issue(1_000)[0]
    with firm.work() as uow:
        opened = open_payment(uow, actor=firm.cashier, intent=PaymentIntent("wechat", line_ids=(line,))).id
    with firm.work() as uow:
        cancel_payment(uow, actor=firm.cashier, payment_id=opened, reason="closed")
    for _twice in range(2):
        with firm.work() as uow:
            late = confirm_payment(
                uow, actor=SYSTEM, payment_id=opened, provider_ref="wx-2", amount_minor=1_000
            )
        assert late.payment.id != opened and late.payment.attention == "after_the_end"
    assert (
        firm.payment(opened).state == "CANCELED" and firm.open_of(line) == [1_000] and firm.prepaid() == 1_000
    )
    firm.check()


def test_a_credit_of_a_paid_bill_becomes_prepaid(firm):
    line = firm.issue(1_000)[0]
    firm.pay(line)
    credit = firm.issue(-300, kind="adjustment", corrects=line)[0]
    with firm.work() as uow:
        assert absorb_credits(uow, actor=SYSTEM, line_ids=[credit]) == 300
        assert absorb_credits(uow, actor=SYSTEM, line_ids=[credit]) == 0
    assert firm.prepaid() == 300 and firm.open_of(credit) == [0]
    firm.check()


def test_a_disputed_line_is_not_paid_by_itself(firm):
    firm.pay_room(2_000, only_prepaid=True)
    line = firm.issue(1_000)[0]
    with firm.work() as uow:
        uow.session.execute(update(LineBalance).values(is_disputed=True))
        assert use_prepaid(uow, line_ids=[line]) == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"amount_minor": 0}, "invalid_input"),
        ({"tendered_minor": 999}, "invalid_input"),
        ({"channel": "pos", "tendered_minor": 2_000}, "invalid_input"),
        ({"expected_minor": 999}, "lines_changed"),
    ],
)
def test_what_the_desk_refuses(firm, facts, code):
    line = firm.issue(1_000)[0]
    with pytest.raises(DomainError) as refused:
        firm.pay(line, **facts)
    assert refused.value.code == code and firm.open_of(line) == [1_000]


def test_permissions_and_scope(firm):
    line = firm.issue(1_000)[0]
    for actor, code in (
        (staff(p.VIEW), "forbidden"),
        (staff(p.COLLECT, communities=[firm.ids["other"]]), "bill_line_not_found"),
    ):
        with pytest.raises(DomainError) as refused:
            firm.pay(line, actor=actor)
        assert refused.value.code == code
    firm.pay(line, actor=staff(p.COLLECT, communities=[firm.ids["community"]]))
    assert firm.open_of(line) == [0]


def test_another_tenant_knows_nothing_of_it(firm, tenant):
    line = firm.issue(1_000)[0]
    other = type(firm)(tenant)
    with pytest.raises(DomainError) as refused:
        other.pay(line)
    assert refused.value.code == "bill_line_not_found"


def test_a_debtor_by_name_has_a_prepaid_account_too(firm):
    line = firm.issue(1_000, room="103", debtor=None)[0]
    firm.pay(line, amount_minor=1_500)
    assert -firm.balance(PrepaidOwner(None, firm.ids["103"], "开发商").account) == 500
    firm.check()
