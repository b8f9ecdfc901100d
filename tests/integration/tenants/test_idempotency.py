"""Same key and body, same answer; other body refused; in flight told."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from tenants import clock
from tenants.clock import utcnow
from tenants.counters import next_number
from tenants.idempotency import IdempotencyInFlight, IdempotencyMismatch, forget_old_answers, run_idempotent
from tenants.ids import new_id
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

USER = new_id()
BODY, OTHER_BODY = b"a" * 32, b"b" * 32


def pay(tenant: Tenant, body: bytes = BODY, user: Any = USER, route: str = "POST /pay") -> tuple[int, Any]:
    with unit_of_work(tenant) as uow:
        return run_idempotent(uow, route, "key-1", user, body, lambda: (201, {"n": next_number(uow, "pay")}))


def test_the_same_body_gets_the_same_answer(tenant: Tenant) -> None:
    assert pay(tenant) == (201, {"n": 1})
    assert pay(tenant) == (201, {"n": 1})
    assert pay(tenant, user=new_id()) == (201, {"n": 2})
    assert pay(tenant, route="POST /refund") == (201, {"n": 3})


def test_another_body_is_refused(tenant: Tenant) -> None:
    pay(tenant)
    with pytest.raises(IdempotencyMismatch):
        pay(tenant, OTHER_BODY)


def test_a_failure_is_not_remembered(tenant: Tenant) -> None:
    def fail() -> tuple[int, Any]:
        raise RuntimeError("bank away")

    with pytest.raises(RuntimeError), unit_of_work(tenant) as uow:
        run_idempotent(uow, "POST /pay", "key-1", USER, BODY, fail)
    assert pay(tenant) == (201, {"n": 1})


def test_a_request_in_flight_is_told(tenant: Tenant) -> None:
    inside, finish = threading.Event(), threading.Event()

    def slow(uow: UnitOfWork) -> tuple[int, Any]:
        inside.set()
        finish.wait(10)
        return 201, {"n": next_number(uow, "pay")}

    def first() -> None:
        with unit_of_work(tenant) as uow:
            run_idempotent(uow, "POST /pay", "key-1", USER, BODY, lambda: slow(uow))

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with pytest.raises(IdempotencyInFlight):
        pay(tenant)
    finish.set()
    thread.join()
    assert pay(tenant) == (201, {"n": 1})


def test_many_at_once_do_the_work_once(tenant: Tenant) -> None:
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(pay(tenant))
        except IdempotencyInFlight:
            answers.append(409)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert [answer for answer in answers if answer != 409 and answer != (201, {"n": 1})] == []
    assert pay(tenant) == (201, {"n": 1})


def test_an_answer_is_forgotten_after_seven_days(tenant: Tenant) -> None:
    pay(tenant)
    with clock.at(utcnow() + timedelta(days=6, hours=23)):
        assert pay(tenant) == (201, {"n": 1})
    with clock.at(utcnow() + timedelta(days=7, hours=1)):
        assert pay(tenant, OTHER_BODY) == (201, {"n": 2})
    with clock.at(utcnow() + timedelta(days=15)), unit_of_work(tenant) as uow:
        assert forget_old_answers(uow) == 1
