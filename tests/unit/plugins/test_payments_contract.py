"""Money and the states of a payment attempt as every gateway sees them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plugins.api import FORWARD, Money, PaymentStatus, Quantity, is_final, may_become

S = PaymentStatus


def test_money_adds_up_in_one_currency_only() -> None:
    assert Money(23187) + Money(13) - Money(200) == Money(23000)
    assert -Money(5) == Money(-5)
    with pytest.raises(ValueError, match="CNY and USD"):
        Money(1) + Money(1, "USD")


@pytest.mark.parametrize(("minor", "currency"), [(1.5, "CNY"), (True, "CNY"), (1, "yuan"), (1, "cny")])
def test_money_is_whole_minor_units_of_a_currency(minor: object, currency: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        Money(minor, currency)  # type: ignore[arg-type]


def test_a_quantity_is_exact() -> None:
    assert Quantity(Decimal("12.50"), "m3").value == Decimal("12.5")
    with pytest.raises(TypeError):
        Quantity(12.5, "m3")  # type: ignore[arg-type]


def test_every_status_has_its_followers() -> None:
    assert set(FORWARD) == set(PaymentStatus)
    assert {status for status in S if is_final(status)} == {S.SUCCEEDED, S.FAILED, S.CANCELED}


@pytest.mark.parametrize(
    ("present", "following", "allowed"),
    [
        (S.REQUIRES_ACTION, S.PENDING, True),
        (S.PENDING, S.SUCCEEDED, True),
        (S.AUTHORIZED, S.SUCCEEDED, True),
        (S.UNKNOWN, S.PENDING, True),
        (S.PENDING, S.UNKNOWN, True),
        (S.PENDING, S.REQUIRES_ACTION, False),
        (S.AUTHORIZED, S.PENDING, False),
        (S.SUCCEEDED, S.FAILED, False),
        (S.CANCELED, S.SUCCEEDED, False),
        (S.PENDING, S.PENDING, False),
    ],
)
def test_statuses_go_forward_only(present: PaymentStatus, following: PaymentStatus, allowed: bool) -> None:
    assert may_become(present, following) is allowed
