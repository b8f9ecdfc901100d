"""Refunds, deposits, write-offs: never above what was paid, twice is once, a second person above the limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from saas.core.errors import DomainError
from saas.fees import permissions as p
from saas.fees.models import Receipt, Refund
from saas.fees.services import accounts
from saas.fees.services.cash_desk import receive_deposit
from saas.fees.services.deposits import DepositWish, deduct_deposit, request_deposit_return
from saas.fees.services.payments_intent import PrepaidOwner
from saas.fees.services.refunds import (
    RefundWish,
    decide_refund,
    pay_out_refund,
    request_prepaid_refund,
    request_refund,
)
from saas.fees.services.write_offs import decide_write_off, request_write_off
from tenants import clock
from tests.integration.fees.money.conftest import NOON, staff


def ask(firm, paid, lines, prepaid=0, actor=None, reason="多收"):
    with firm.work() as uow:
        wish = RefundWish(paid.payment_id, reason, lines, prepaid)
        return request_refund(uow, actor=actor or firm.cashier, wish=wish).id


def pay_out(firm, refund, actor=None):
    with firm.work() as uow:
        return pay_out_refund(uow, actor=actor or firm.cashier, refund_id=refund)


def code_of(work, *args, **facts) -> str:
    with pytest.raises(DomainError) as refused:
        work(*args, **facts)
    return refused.value.code


def test_a_part_of_a_line_goes_back_once(firm):
    line = firm.issue(23_187)[0]
    paid = firm.pay(line)
    refund = ask(firm, paid, {line: 3_187})
    assert firm.open_of(line) == [0]
    for _twice in range(2):
        pay_out(firm, refund)
    assert firm.open_of(line) == [3_187] and firm.payment(paid).refunded_minor == 3_187
    assert firm.balance(accounts.cash("cash")) == 20_000 and firm.balance(accounts.REFUND) == 0
    assert firm.count(Receipt) == 2
    firm.check()


def test_never_above_what_was_paid_even_while_others_wait(firm):
    first, second = firm.issue(1_000, 1_000)
    paid = firm.pay(first, second, amount_minor=1_500)
    ask(firm, paid, {first: 600})
    assert code_of(ask, firm, paid, {first: 401}) == "refund_above_paid"
    assert code_of(ask, firm, paid, {second: 501}) == "refund_above_paid"
    assert code_of(ask, firm, paid, {first: 1}, 1) == "refund_above_paid"
    ask(firm, paid, {first: 400, second: 500})
    assert code_of(ask, firm, paid, {first: 1}) == "refund_above_paid"


def test_above_the_limit_somebody_else_decides(firm):
    line = firm.issue(60_000)[0]
    refund = ask(firm, firm.pay(line), {line: 50_001}, actor=firm.finance)
    assert code_of(pay_out, firm, refund) == "refund_not_approved"

    def decide(actor, approve=True):
        with firm.work() as uow:
            return decide_refund(uow, actor=actor, refund_id=refund, approve=approve)

    assert code_of(decide, firm.cashier) == "forbidden"
    assert code_of(decide, firm.finance) == "second_person"
    assert decide(staff(p.REFUND_APPROVE)).state == "approved"
    assert code_of(decide, staff(p.REFUND_APPROVE)) == "already_decided"
    pay_out(firm, refund)
    assert firm.open_of(line) == [50_001]
    firm.check()


def test_what_is_left_of_a_payment_goes_back_unless_it_was_used(firm):
    paid = firm.pay_room(5_000, only_prepaid=True)
    refund = ask(firm, paid, {}, 4_000)
    line = firm.issue(2_000)[0]
    firm.pay(line, channel="prepaid")
    assert code_of(pay_out, firm, refund) == "prepaid_too_low"
    small = ask(firm, paid, {}, 1_000)
    pay_out(firm, small)
    assert firm.prepaid() == 2_000
    firm.check()


def test_what_was_paid_from_prepaid_returns_there(firm):
    firm.pay_room(2_000, only_prepaid=True)
    line = firm.issue(1_500)[0]
    paid = firm.pay(line, channel="prepaid")
    pay_out(firm, ask(firm, paid, {line: 500}))
    assert (
        firm.prepaid() == 1_000
        and firm.open_of(line) == [500]
        and firm.balance(accounts.cash("cash")) == 2_000
    )
    firm.check()


def test_a_prepaid_account_is_paid_out(firm):
    firm.pay_room(2_000, only_prepaid=True)
    owner = PrepaidOwner(firm.ids["owner_101"], firm.ids["101"])

    def out(minor):
        with firm.work() as uow:
            return request_prepaid_refund(
                uow, actor=firm.cashier, owner=owner, amount_minor=minor, channel="transfer", reason="卖房"
            ).id

    refund = out(1_500)
    assert code_of(out, 501) == "prepaid_too_low"
    pay_out(firm, refund)
    assert firm.prepaid() == 500 and firm.balance(accounts.cash("transfer")) == -1_500
    firm.check()


def test_refunds_at_once_never_exceed_the_payment(firm):
    line = firm.issue(10_000)[0]
    paid = firm.pay(line)

    def attempt(_number):
        with clock.at(NOON):
            try:
                pay_out(firm, ask(firm, paid, {line: 3_000}))
            except DomainError as refused:
                return refused.code
        return "out"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert outcomes.count("out") == 3 and set(outcomes) == {"out", "refund_above_paid"}
    assert firm.payment(paid).refunded_minor == 9_000 and firm.count(Refund) == 3
    firm.check()


def test_a_deposit_comes_is_deducted_and_returned(firm):
    wish = DepositWish(
        firm.ids["deposit"], firm.ids["101"], 40_000, "cash", payer_name="装修队", tendered_minor=50_000
    )
    line = firm.issue(3_000)[0]
    with clock.at(NOON):
        got = receive_deposit(firm.tenant, actor=firm.cashier, wish=wish, key="d1")
        assert receive_deposit(firm.tenant, actor=firm.cashier, wish=wish, key="d1") == got
    assert firm.balance(accounts.DEPOSIT) == -40_000 and firm.payment(got.payment_id).change_minor == 10_000

    def deduct(minor, evidence="files/1", **facts):
        with firm.work() as uow:
            deduct_deposit(
                uow, actor=firm.cashier, deposit_id=got.deposit_id, amount_minor=minor, reason="损坏",
                evidence_key=evidence, **facts,
            )  # fmt: skip

    assert code_of(deduct, 1_000, evidence="") == "invalid_input"
    deduct(3_000, line_id=line)
    deduct(7_000)
    assert firm.open_of(line) == [0] and firm.balance(accounts.income(firm.ids["deposit"])) == -7_000
    with firm.work() as uow:
        refund = request_deposit_return(uow, actor=firm.cashier, deposit_id=got.deposit_id, reason="退场").id
    assert code_of(deduct, 1) == "deposit_too_low"
    pay_out(firm, refund)
    assert firm.balance(accounts.DEPOSIT) == 0 and firm.balance(accounts.cash("cash")) == 10_000
    firm.check()


def test_a_write_off_needs_two(firm):
    line = firm.issue(1_000)[0]
    with firm.work() as uow:
        asked = request_write_off(
            uow, actor=firm.finance, line_id=line, amount_minor=800, reason="空置多年"
        ).id

    def decide(actor):
        with firm.work() as uow:
            return decide_write_off(uow, actor=actor, concession_id=asked, approve=True)

    assert code_of(decide, firm.finance) == "second_person"
    firm.pay(line, amount_minor=300)
    assert code_of(decide, staff(p.CONCEDE_APPROVE)) == "line_open_less"
    with firm.work() as uow:
        asked = request_write_off(uow, actor=firm.finance, line_id=line, reason="空置多年").id
    decide(staff(p.CONCEDE_APPROVE))
    assert firm.open_of(line) == [0] and firm.balance(accounts.WRITE_OFF) == 700
    firm.check()
