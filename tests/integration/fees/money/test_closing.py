"""Closed days stay closed, snapshots add up, shifts are counted, receipts have no gaps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from saas.core.errors import DomainError
from saas.fees import permissions as p
from saas.fees.models import BalanceSnapshot, LedgerClose, LedgerTransfer, LineBalance, Receipt
from saas.fees.queries.balances import trial_balance
from saas.fees.queries.desk import room_dues, search_desk
from saas.fees.services import accounts
from saas.fees.services.cash_desk_shifts import count_shift, current_shift, expected_in_till
from saas.fees.services.closing import close_day, close_month, rebuild_snapshots, reopen_last
from saas.fees.services.ledger import Transfer, balance, post
from saas.fees.services.ledger_check import verify_books
from saas.fees.services.receipts import add_book, print_receipt, replace_receipt, void_receipt
from tenants import clock
from tenants.ids import new_id
from tenants.kernel_models import AuditEntry
from tests.integration.fees.money.conftest import NOON, TODAY, staff


def test_a_closed_day_takes_nothing_and_corrections_go_to_the_next(firm):
    line = firm.issue(1_000)[0]
    with firm.work() as uow:
        closed = close_day(uow, actor=firm.finance, day=TODAY)
        assert closed.totals["transfers"] == 1
    paid = firm.payment(firm.pay(line))
    assert paid.business_date == TODAY + timedelta(days=1)
    with pytest.raises(DomainError) as refused, firm.work() as uow:
        post(uow, [Transfer(accounts.ROUNDING, accounts.SUSPENSE, 1, "test", new_id(), TODAY)])
    assert refused.value.code == "day_closed"
    for actor, day, code in (
        (firm.finance, TODAY, "day_closed"),
        (firm.finance, TODAY + timedelta(days=1), "not_over_yet"),
        (firm.cashier, TODAY, "forbidden"),
    ):
        with pytest.raises(DomainError) as refused, firm.work() as uow:
            close_day(uow, actor=actor, day=day)
        assert refused.value.code == code
    with firm.work() as uow:
        reopen_last(uow, actor=firm.finance, reason="漏记一笔")
    assert firm.payment(firm.pay_room(5, only_prepaid=True)).business_date == TODAY


def test_months_keep_sums_that_can_be_rebuilt(firm):
    lines = firm.issue(1_000, 2_000)
    firm.pay(lines[0])
    december = NOON + timedelta(days=40)
    with firm.work(december) as uow:
        close_month(uow, actor=firm.finance, month=date(2026, 11, 20))
    with clock.at(december):
        firm.pay(lines[1], amount_minor=500)
        assert firm.balance(accounts.RECEIVABLE) == 1_500 and firm.balance(accounts.cash("cash")) == 1_500
        with firm.work() as uow:
            assert balance(uow, accounts.RECEIVABLE, date(2026, 11, 30)) == 2_000
            assert balance(uow, accounts.RECEIVABLE, date(2026, 10, 31)) == 0
            rows = trial_balance(uow, actor=firm.finance)
            assert sum(row.balance_minor for row in rows) == 0
            kept = uow.session.scalars(select(BalanceSnapshot.account_id)).all()
            assert rebuild_snapshots(uow, actor=firm.finance) == len(kept) == 3
    firm.check()


def test_who_closes_waits_for_who_posts(firm):
    lines = firm.issue(*[100] * 12)

    def pay(line):
        with clock.at(NOON):
            return firm.payment(firm.pay(line, actor=staff(p.COLLECT))).business_date

    def close(_line):
        with firm.work() as uow:
            close_day(uow, actor=firm.finance, day=TODAY)

    with ThreadPoolExecutor(6) as pool:
        first = [pool.submit(pay, line) for line in lines[:6]]
        closing = pool.submit(close, None)
        rest = [pool.submit(pay, line) for line in lines[6:]]
        days = [each.result() for each in (*first, *rest)]
        closing.result()
    with firm.work() as uow:
        told = close_of(uow).totals
        posted = uow.session.scalars(
            select(LedgerTransfer.id).where(LedgerTransfer.business_date == TODAY)
        ).all()
    assert told["transfers"] == len(posted) and days.count(TODAY) == len(posted) - 12
    firm.check()


def close_of(uow):
    """The one closed day."""
    from_table = select(LedgerClose).where(LedgerClose.kind == "day")
    return uow.session.scalars(from_table).one()


def test_a_shift_is_counted_once(firm):
    lines = firm.issue(1_000, 2_000)
    firm.pay(lines[0])
    firm.pay(lines[1], channel="pos")
    firm.pay_room(700, actor=staff(p.COLLECT), only_prepaid=True)
    with firm.work() as uow:
        shift = current_shift(uow, firm.cashier)
        assert expected_in_till(uow, shift.id) == {"cash": 1_000, "pos": 2_000}
        counted = count_shift(uow, actor=firm.cashier, counted={"cash": 990, "pos": 2_000}, note="少十元")
        assert counted.difference_minor == -10 and counted.state == "closed"
    with pytest.raises(DomainError) as refused, firm.work() as uow:
        count_shift(uow, actor=firm.cashier, counted={})
    assert refused.value.code == "no_shift"
    firm.pay_room(5, only_prepaid=True)
    with firm.work() as uow:
        assert current_shift(uow, firm.cashier).id != shift.id


def test_receipts_have_no_gaps_and_reprints_are_told(firm):
    with firm.work() as uow:
        add_book(
            uow,
            actor=firm.finance,
            code="A",
            name="东区",
            prefix="A-",
            width=4,
            community_id=firm.ids["community"],
        )
    lines = firm.issue(*[100] * 10)

    def pay(line):
        with clock.at(NOON):
            firm.pay(line, actor=staff(p.COLLECT))

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(pay, lines))
    with firm.work() as uow:
        found = uow.session.scalars(select(Receipt).order_by(Receipt.number)).all()
        assert [each.full_number for each in found] == [f"A-{number:04d}" for number in range(1, 11)]
        assert found[0].contents["words"] == "壹元整" and found[0].contents["lines"][0]["minor"] == 100
    with firm.work() as uow:
        for expected in (1, 2, 3):
            assert print_receipt(uow, actor=firm.cashier, receipt_id=found[0].id).prints == expected
        renewed = replace_receipt(
            uow, actor=firm.cashier, receipt_id=found[0].id, reason="抬头", payer_name="某公司"
        )
        assert (renewed.full_number, renewed.payer_name) == ("A-0011", "某公司")
    for work, facts in ((print_receipt, {}), (void_receipt, {"reason": "again"})):
        with pytest.raises(DomainError) as refused, firm.work() as uow:
            work(uow, actor=firm.cashier, receipt_id=found[0].id, **facts)
        assert refused.value.code == "receipt_void"
    assert firm.count(AuditEntry, AuditEntry.action == "fees.receipt_reprinted") == 2
    assert firm.count(AuditEntry, AuditEntry.action == "fees.receipt_voided") == 1
    firm.check()


def test_the_check_finds_what_was_tampered_with(firm):
    line = firm.issue(1_000)[0]
    with firm.work() as uow:
        uow.session.execute(update(LineBalance).values(open_minor=999))
        found = verify_books(uow)
        assert [(each.check, each.subject, each.kept, each.computed) for each in found.problems] == [
            ("open_amount", str(line), 999, 1_000)
        ]


@pytest.mark.parametrize("text", ["1-1-101", "101", "周慧敏", "zhm", "13800000617"])
def test_the_desk_finds_a_room(firm, text):
    firm.issue(1_000, 500)
    with firm.work() as uow:
        hits = search_desk(uow, actor=firm.cashier, text=text)
        assert [(hit.room_id, hit.open_minor, hit.open_lines) for hit in hits] == [
            (firm.ids["101"], 1_500, 2)
        ]
        assert search_desk(uow, actor=staff(p.COLLECT, communities=[firm.ids["other"]]), text=text) == []
        dues = room_dues(uow, actor=firm.cashier, room_ids=[firm.ids["101"]])
        assert dues.open_minor == 1_500 and dues.lines[0].days_late == 296
