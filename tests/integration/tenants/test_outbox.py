"""The outbox delivers events once and effects at least once, through crashes and lost hints."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select, text

from tenants import clock, drain, outbox
from tenants.clock import utcnow
from tenants.counters import next_number
from tenants.events import Event
from tenants.ids import new_id
from tenants.kernel_models import Counter, OutboxHistory, OutboxMessage
from tenants.outbox import EffectRefused, register_effect, subscribe
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work


@dataclass(frozen=True)
class Knocked(Event):
    door: str


@dataclass(frozen=True)
class Stuck(Event):
    reason: str


class DoorStuck(Exception):
    """What the failing subscriber raises."""


sent: list[tuple[UUID, dict[str, Any], int]] = []
followed: list[Any] = []


def count_knock(uow: UnitOfWork, event: Knocked) -> None:
    next_number(uow, "knock", event.door)


def count_again(uow: UnitOfWork, event: Knocked) -> None:
    next_number(uow, "again", event.door)


def refuse_to_move(uow: UnitOfWork, event: Stuck) -> None:
    next_number(uow, "stuck", "tried")
    raise DoorStuck("13912345678")


def deliver(tenant: Tenant, payload: dict[str, Any], attempt: int) -> dict[str, Any] | None:
    sent.append((tenant.id, payload, attempt))
    if payload.get("refused"):
        raise EffectRefused("no such mailbox")
    if payload.get("fails_until", 0) >= attempt:
        raise ConnectionError("13912345678")
    return {"reference": payload.get("letter")}


def note_delivery(uow: UnitOfWork, payload: dict[str, Any], result: Mapping[str, Any]) -> None:
    followed.append(("delivered", payload, dict(result)))


def note_death(uow: UnitOfWork, payload: dict[str, Any], error_class: str) -> None:
    followed.append(("dead", payload, error_class))


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    subscribers, effects = dict(outbox._subscribers), dict(outbox._effects)
    subscribe(Knocked, "test.count", count_knock)
    subscribe(Knocked, "test.count_again", count_again)
    subscribe(Stuck, "test.stuck", refuse_to_move)
    register_effect("test.letter", deliver, on_delivered=note_delivery, on_dead=note_death)
    sent.clear()
    followed.clear()
    yield
    outbox._subscribers = subscribers
    outbox._effects = effects


def knock(tenant: Tenant, times: int = 1, door: str = "1-1-101") -> None:
    with unit_of_work(tenant) as uow:
        for _ in range(times):
            uow.emit(Knocked(door))


def counted(tenant: Tenant, kind: str = "knock") -> int:
    with unit_of_work(tenant, read_only=True) as uow:
        return (
            uow.session.scalar(select(func.coalesce(func.sum(Counter.value), 0)).where(Counter.kind == kind))
            or 0
        )


def messages(tenant: Tenant) -> list[OutboxMessage]:
    with unit_of_work(tenant, read_only=True) as uow:
        rows = list(uow.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
        uow.session.expunge_all()
        return rows


def history(tenant: Tenant) -> int:
    with unit_of_work(tenant, read_only=True) as uow:
        return uow.session.scalar(select(func.count()).select_from(OutboxHistory)) or 0


def write_letter(tenant: Tenant, dedup_key: str | None = None, **payload: Any) -> None:
    with unit_of_work(tenant) as uow:
        uow.enqueue_effect("test.letter", payload, dedup_key)


def test_each_subscriber_gets_each_event_once(tenant: Tenant) -> None:
    knock(tenant, 3)
    assert drain.drain_events(tenant).delivered == 6
    assert drain.drain_events(tenant).delivered == 0
    assert (counted(tenant), counted(tenant, "again"), history(tenant)) == (3, 3, 6)
    assert messages(tenant) == []


def test_nothing_is_owed_when_the_change_rolls_back(tenant: Tenant) -> None:
    with pytest.raises(DoorStuck), unit_of_work(tenant) as uow:
        uow.emit(Knocked("1-1-101"))
        raise DoorStuck
    assert messages(tenant) == []


def test_a_failing_subscriber_leaves_nothing_and_stops_nobody(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        uow.emit(Stuck("rust"))
        uow.emit(Knocked("1-1-101"))
    result = drain.drain_events(tenant)
    assert (result.delivered, result.failed) == (2, 1)
    (left,) = messages(tenant)
    assert (left.state, left.attempts, left.error_class) == ("due", 1, "DoorStuck")
    assert left.due_at > utcnow()
    assert counted(tenant, "stuck") == 0


def test_a_failing_subscriber_is_given_up_in_the_end(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        uow.emit(Stuck("rust"))
    for hours in range(outbox.MAX_ATTEMPTS + 2):
        with clock.at(utcnow() + timedelta(hours=2 * hours)):
            drain.drain_events(tenant)
    (left,) = messages(tenant)
    assert (left.state, left.attempts, left.error_class) == ("dead", outbox.MAX_ATTEMPTS, "DoorStuck")


def test_a_crash_between_work_and_mark_undoes_both(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    knock(tenant, 5)

    def crash(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(drain, "_history", crash)
        with pytest.raises(KeyboardInterrupt):
            drain.drain_events(tenant)
    assert (counted(tenant), history(tenant), len(messages(tenant))) == (0, 0, 10)
    drain.drain_events(tenant)
    assert (counted(tenant), history(tenant)) == (5, 10)


def test_a_killed_connection_loses_and_doubles_nothing(
    tenant: Tenant, servers: Any, monkeypatch: Any
) -> None:
    knock(tenant, 5)

    def killed(uow: UnitOfWork, event: Knocked) -> None:
        next_number(uow, "knock", event.door)
        pid = uow.session.scalar(text("SELECT pg_backend_pid()"))
        with psycopg.connect(servers.postgres_url(), autocommit=True) as superuser:
            superuser.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    with monkeypatch.context() as patch:
        patch.setitem(outbox._subscribers, "test.count", outbox.Subscriber(Knocked, killed))
        with pytest.raises(Exception, match=r"terminat|closed|invalid|lost|Can't"):
            drain.drain_events(tenant)
    drain.drain_events(tenant)
    assert (counted(tenant), history(tenant)) == (5, 10)


def test_parallel_drains_share_the_work(tenant: Tenant) -> None:
    knock(tenant, 150)
    delivered: list[int] = []
    threads = [
        threading.Thread(target=lambda: delivered.append(drain.drain_events(tenant).delivered))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with clock.at(
        utcnow() + timedelta(hours=1)
    ):  # some may have met on the counters' locks and been put back
        drain.drain_events(tenant)
    assert (counted(tenant), counted(tenant, "again"), history(tenant)) == (150, 150, 300)
    assert messages(tenant) == []


def test_one_tenant_gets_one_turn(tenant: Tenant) -> None:
    knock(tenant, 200)
    first = drain.drain_events(tenant)
    assert (first.delivered, first.more) == (drain.TURN, True)
    assert drain.drain_events(tenant).delivered == 100


def test_an_effect_is_called_outside_and_recorded(tenant: Tenant) -> None:
    write_letter(tenant, letter="7")
    assert drain.drain_effects(tenant).delivered == 1
    assert [(owner, payload, attempt) for owner, payload, attempt in sent] == [
        (tenant.id, {"letter": "7"}, 1)
    ]
    assert followed == [("delivered", {"letter": "7"}, {"reference": "7"})]
    assert (messages(tenant), history(tenant)) == ([], 1)


def test_a_secret_is_encrypted_handed_over_and_gone(tenant: Tenant) -> None:
    write_letter(tenant, letter="8", secret={"code": "493817"})
    (waiting,) = messages(tenant)
    assert waiting.payload == {"letter": "8"}
    assert waiting.secret is not None
    assert b"493817" not in waiting.secret
    drain.drain_effects(tenant)
    assert sent[0][1] == {"letter": "8", "secret": {"code": "493817"}}
    assert followed == [("delivered", {"letter": "8"}, {"reference": "8"})]
    with unit_of_work(tenant, read_only=True) as uow:
        kept = uow.session.execute(text("SELECT to_jsonb(h)::text FROM outbox_history h")).scalar_one()
    assert "493817" not in kept


def test_a_refused_effect_dies_at_once_without_its_secret(tenant: Tenant) -> None:
    write_letter(tenant, refused=True, secret="493817")
    assert drain.drain_effects(tenant).failed == 1
    (dead,) = messages(tenant)
    assert (dead.state, dead.attempts, dead.error_class, dead.secret) == ("dead", 1, "EffectRefused", None)
    assert followed == [("dead", {"refused": True}, "EffectRefused")]


def test_a_failed_effect_is_tried_again_later(tenant: Tenant) -> None:
    write_letter(tenant, fails_until=1)
    assert drain.drain_effects(tenant).failed == 1
    assert drain.drain_effects(tenant).delivered == 0
    with clock.at(utcnow() + timedelta(minutes=1)):
        assert drain.drain_effects(tenant).delivered == 1
    assert [attempt for _, _, attempt in sent] == [1, 2]


def test_a_dedup_key_is_used_once_even_after_delivery(tenant: Tenant) -> None:
    for _ in range(2):
        write_letter(tenant, "welcome", letter="1")
    assert len(messages(tenant)) == 1
    drain.drain_effects(tenant)
    write_letter(tenant, "welcome", letter="1")
    assert (messages(tenant), len(sent)) == ([], 1)


def test_an_effect_claimed_by_the_dead_comes_back(tenant: Tenant) -> None:
    write_letter(tenant, letter="9")
    claim, until = new_id(), utcnow() + drain.EFFECT_LEASE
    with unit_of_work(tenant) as uow:
        assert len(drain._claim_effects(uow, claim, until)) == 1
    assert drain.drain_effects(tenant).delivered == 0
    with clock.at(until + timedelta(seconds=1)):
        assert drain.drain_effects(tenant).delivered == 1
    assert [attempt for _, _, attempt in sent] == [2]


def test_a_late_result_of_a_lost_claim_changes_nothing(tenant: Tenant) -> None:
    write_letter(tenant, letter="10")
    claim, until = new_id(), utcnow() + drain.EFFECT_LEASE
    with unit_of_work(tenant) as uow:
        (late,) = drain._claim_effects(uow, claim, until)
    with clock.at(until + timedelta(seconds=1)):
        drain.drain_effects(tenant)
    drain._record_failure(tenant, claim, late, ConnectionError())
    drain._record_delivery(tenant, claim, late, {})
    assert (messages(tenant), history(tenant), len(followed)) == ([], 1, 1)
