"""Wakeups are never missing, periodic work runs once, and a Redis that forgets or is away costs nothing but time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy import text

from tenants import clock, leases, looks, outbox, scheduler, wakeups
from tenants.clock import utcnow
from tenants.counters import next_number
from tenants.events import Event
from tenants.ids import new_id
from tenants.kernel_models import Counter, Timer
from tenants.scheduler import Scheduler, redis_epoch
from tenants.sealer import verify_tenant
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, platform_unit_of_work, unit_of_work
from tenants.wakeups import ClaimedWakeup


@dataclass(frozen=True)
class Rang(Event):
    door: str


def count_ring(uow: UnitOfWork, event: Rang) -> None:
    next_number(uow, "ring")


def count_timer(uow: UnitOfWork, key: str, due_at: datetime) -> None:
    next_number(uow, "timer")
    if key == "again":
        uow.wake("test.timer", key, due_at + timedelta(hours=1))
    if key == "fails":
        raise ConnectionError


@pytest.fixture(autouse=True)
def _handlers(valkey: Redis) -> Iterator[None]:
    subscribers, timers = dict(outbox._subscribers), dict(wakeups._handlers)
    outbox.subscribe(Rang, "test.ring", count_ring)
    wakeups.on_wakeup("test.timer", count_timer)
    with platform_unit_of_work() as platform:
        platform.session.execute(text("DELETE FROM wakeup"))
    yield
    outbox._subscribers, wakeups._handlers = subscribers, timers


def ring(tenant: Tenant, times: int = 1) -> None:
    with unit_of_work(tenant) as uow:
        for _ in range(times):
            uow.emit(Rang("1-1-101"))


def counted(tenant: Tenant, kind: str) -> int:
    with unit_of_work(tenant, read_only=True) as uow:
        found = uow.session.get(Counter, (kind, ""))
        return found.value if found else 0


def wakeup_of(tenant: Tenant, kind: str) -> datetime | None:
    with platform_unit_of_work(read_only=True) as platform:
        found: datetime | None = platform.session.execute(
            text("SELECT due_at FROM wakeup WHERE tenant_id = :id AND kind = :kind"),
            {"id": tenant.id, "kind": kind},
        ).scalar()
        return found


def hand_out_at(instant: datetime, monkeypatch: pytest.MonkeyPatch) -> int:
    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return instant

    with monkeypatch.context() as patch, clock.at(instant):
        patch.setattr(scheduler, "datetime", Later)
        patch.setattr(looks, "datetime", Later)
        return Scheduler("test").hand_out()


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_a_hint_delivers_at_once(tenant: Tenant, work_off: Callable[[], None]) -> None:
    ring(tenant)
    work_off()
    assert counted(tenant, "ring") == 1


def test_the_scheduler_finds_what_the_hint_missed(
    tenant: Tenant, work_off: Callable[[], None], valkey: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring(tenant)
    valkey.flushdb()
    assert hand_out_at(later(1), monkeypatch) == 0
    assert hand_out_at(later(6), monkeypatch) == 1
    work_off()
    assert counted(tenant, "ring") == 1


def test_a_request_does_not_fail_without_redis_and_is_served_later(
    tenant: Tenant, no_redis: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    no_redis()
    ring(tenant)
    assert counted(tenant, "ring") == 0
    assert hand_out_at(later(6), monkeypatch) == 1
    assert counted(tenant, "ring") == 1


def test_a_wakeup_lost_with_its_worker_comes_back(
    tenant: Tenant, work_off: Callable[[], None], valkey: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring(tenant)
    valkey.flushdb()
    assert hand_out_at(later(6), monkeypatch) == 1
    valkey.flushdb()
    assert hand_out_at(later(30), monkeypatch) == 0
    assert hand_out_at(later(70), monkeypatch) == 1
    work_off()
    assert counted(tenant, "ring") == 1


def test_a_quiet_tenant_leaves_no_wakeup(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    ring(tenant)
    with clock.at(later(20)), monkeypatch.context() as patch:
        patch.setattr(looks, "datetime", type("Later", (), {"now": staticmethod(lambda tz: later(20))}))
        looks.look(ClaimedWakeup(tenant.id, "outbox"))
    assert (counted(tenant, "ring"), wakeup_of(tenant, "outbox")) == (1, None)


def test_a_wakeup_armed_just_now_is_looked_at_once_more(tenant: Tenant) -> None:
    """Its transaction may not have been visible to the look."""
    with platform_unit_of_work() as platform:
        wakeups.move_earlier(platform.session, tenant.id, {"outbox": later(-1)})
    looks.look(ClaimedWakeup(tenant.id, "outbox"))
    again = wakeup_of(tenant, "outbox")
    assert again is not None
    assert again <= later(6)


def test_a_timer_runs_once_when_due(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        uow.wake("test.timer", "once", utcnow() + timedelta(minutes=10))
        uow.wake("test.timer", "moved", utcnow() + timedelta(minutes=10))
        uow.wake("test.timer", "moved", utcnow() + timedelta(minutes=60))
        uow.wake("test.timer", "cancelled", utcnow() + timedelta(minutes=10))
        wakeups.cancel(uow, "test.timer", "cancelled")
    looks.look(ClaimedWakeup(tenant.id, "timers"))
    assert counted(tenant, "timer") == 0
    for minutes, times in ((11, 1), (12, 1), (61, 2)):
        with clock.at(utcnow() + timedelta(minutes=minutes)):
            looks.look(ClaimedWakeup(tenant.id, "timers"))
        assert counted(tenant, "timer") == times


def test_a_timer_may_set_itself_anew_or_fail_alone(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        for key in ("again", "fails"):
            uow.wake("test.timer", key, utcnow() - timedelta(seconds=1))
    looks.look(ClaimedWakeup(tenant.id, "timers"))
    assert counted(tenant, "timer") == 1
    with unit_of_work(tenant, read_only=True) as uow:
        again, fails = (uow.session.get(Timer, ("test.timer", key)) for key in ("again", "fails"))
        assert again is not None
        assert again.due_at > utcnow()
        assert fails is not None
        assert (fails.attempts, fails.error_class, fails.state) == (1, "ConnectionError", "due")


def test_an_act_is_sealed_by_its_wakeup(
    tenant: Tenant, work_off: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work(tenant) as uow:
        uow.audit("room.changed", actor=None, subject=("room", new_id()))
    assert hand_out_at(later(3), monkeypatch) == 1
    work_off()
    verdict = verify_tenant(tenant)
    assert (verdict.intact, verdict.sealed, verdict.unsealed) == (True, 1, ())


def test_the_sweep_rebuilds_wakeups_from_the_tenants_tables(tenant: Tenant) -> None:
    ring(tenant)
    with unit_of_work(tenant) as uow:
        uow.wake("test.timer", "once", utcnow() + timedelta(days=1))
    with platform_unit_of_work() as platform:
        platform.session.execute(text("DELETE FROM wakeup"))
    looks.sweep(tenant)
    outbox_due, timer_due = wakeup_of(tenant, "outbox"), wakeup_of(tenant, "timers")
    assert outbox_due is not None
    assert outbox_due < later(5)
    assert timer_due is not None
    assert timer_due > later(80_000)


def test_an_emptied_redis_is_noticed(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[int] = []
    monkeypatch.setattr(scheduler, "sweep_all", lambda: swept.append(1))
    running = Scheduler("test")
    running._background()
    running._background()
    assert swept == []
    before = redis_epoch()
    valkey.flushdb()
    running._background()
    assert swept == [1]
    assert redis_epoch() != before


def test_periodic_work_runs_once_per_period_over_all_schedulers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "_periodic", {})
    name, ran = f"test-{new_id()}", []
    scheduler.every(name, 3600, lambda: ran.append(1))
    threads = [threading.Thread(target=Scheduler().run_periodic) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == [1]
    with clock.at(utcnow() + timedelta(seconds=3601)):
        Scheduler().run_periodic()
    assert ran == [1, 1]


def test_a_lease_is_taken_over_and_the_old_holder_told(tenant: Tenant) -> None:
    name = f"test-{new_id()}"
    first = leases.acquire(name, "a", 60)
    assert first is not None
    assert leases.acquire(name, "b", 60) is None
    leases.renew(first, 60)
    with clock.at(utcnow() + timedelta(seconds=61)):
        second = leases.acquire(name, "b", 60)
        assert second is not None
        assert second.fencing == first.fencing + 1
        with pytest.raises(leases.LeaseLost):
            leases.renew(first, 60)
        leases.release(first)
        assert leases.acquire(name, "c", 60) is None
        leases.release(second)
        assert leases.acquire(name, "c", 60) is not None
