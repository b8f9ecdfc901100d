"""Whatever is done in whatever order: the ledger sums to zero, refunds never exceed payments, the check is content."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from saas.core.errors import DomainError
from saas.fees.models import BillLine, Payment
from saas.fees.queries.balances import trial_balance
from saas.fees.services.ledger_check import verify_books
from saas.fees.services.payments_intent import PrepaidOwner
from saas.fees.services.prepaid import absorb_credits, use_prepaid
from saas.fees.services.receipts import paid_by_line
from saas.fees.services.refunds import RefundWish, pay_out_refund, request_prepaid_refund, request_refund
from saas.fees.services.write_offs import decide_write_off, request_write_off
from tests.integration.fees.money.conftest import SYSTEM, Firm, make_firm

ACTS = ("issue", "late_fee", "credit", "pay", "pay_room", "prepay", "use", "refund", "pay_out", "write_off")
SCRIPTS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 9), st.integers(1, 30_000)), min_size=5, max_size=25
)


@pytest.fixture(scope="module")
def shared(migrated) -> Firm:
    """One firm for all scripts: the books get ever longer."""
    return make_firm()


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(SCRIPTS)
def test_books_agree_after_anything(shared, script):
    for act, pick, minor in script:
        try:
            perform(shared, act, pick, minor)
        except DomainError:
            continue
    with shared.work() as uow:
        assert verify_books(uow).problems == ()
        assert sum(row.balance_minor for row in trial_balance(uow, actor=SYSTEM)) == 0
        for payment in uow.session.scalars(select(Payment)):
            assert 0 <= payment.refunded_minor <= payment.amount_minor


def perform(firm: Firm, act: str, pick: int, minor: int) -> None:
    """One act on the firm's rooms and bills, picked by a number."""
    room = ("101", "102", "103")[pick % 3]
    owner = PrepaidOwner(firm.ids[f"owner_{room}"], firm.ids[room])
    with firm.work() as uow:
        newest = select(BillLine.id).where(BillLine.room_id == firm.ids[room]).order_by(BillLine.id.desc())
        lines = list(uow.session.scalars(newest.limit(10)))
        paid = uow.session.scalars(
            select(Payment.id).where(Payment.state == "SUCCEEDED").order_by(Payment.id.desc()).limit(10)
        ).all()
    line = lines[pick % len(lines)] if lines else None
    if act in ("issue", "late_fee"):
        firm.issue(minor, room=room, kind="charge" if act == "issue" else "late_fee")
    elif act == "prepay":
        firm.pay_room(minor, room, only_prepaid=True)
    elif act == "pay_room":
        firm.pay_room(minor, room)
    elif act == "pay_out":
        with firm.work() as uow:
            refund = request_prepaid_refund(
                uow, actor=SYSTEM, owner=owner, amount_minor=minor, channel="cash", reason="x"
            ).id
            pay_out_refund(uow, actor=SYSTEM, refund_id=refund)
    elif act == "refund" and paid:
        _refund(firm, paid[pick % len(paid)], minor)
    elif line is not None:
        _with_line(firm, act, line, minor, room, lines)


def _with_line(firm: Firm, act: str, line, minor: int, room: str, lines) -> None:
    if act == "credit":
        credit = firm.issue(-minor, room=room, kind="adjustment", corrects=line)
        with firm.work() as uow:
            absorb_credits(uow, actor=SYSTEM, line_ids=credit)
    elif act == "pay":
        firm.pay(line, amount_minor=minor, channel=("cash", "prepaid")[minor % 2])
    elif act == "use":
        with firm.work() as uow:
            use_prepaid(uow, line_ids=lines)
    elif act == "write_off":
        with firm.work() as uow:
            asked = request_write_off(
                uow, actor=firm.finance, line_id=line, amount_minor=minor, reason="x"
            ).id
            decide_write_off(uow, actor=SYSTEM, concession_id=asked, approve=True)


def _refund(firm: Firm, payment_id, minor: int) -> None:
    with firm.work() as uow:
        shares = {line: min(left, minor) for line, left in paid_by_line(uow, payment_id).items() if left > 0}
        wish = RefundWish(payment_id, "x", shares, minor if minor % 3 == 0 else 0)
        refund = request_refund(uow, actor=SYSTEM, wish=wish).id
        pay_out_refund(uow, actor=SYSTEM, refund_id=refund)
