"""Jobs: the row is the truth; hints may be lost, leases taken over, cancels asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from redis import Redis

from tenants import clock, jobs
from tenants.clock import utcnow
from tenants.jobs import JobLease, JobState, Progress, enqueue, job, job_state, request_cancel, start_job
from tenants.leases import LeaseLost
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work

runs: list[dict[str, Any]] = []


def add_up(tenant: Tenant, args: dict[str, Any], lease: JobLease, progress: Progress) -> dict[str, Any]:
    runs.append(args)
    progress(1, 2, "half")
    if "fail" in args:
        raise ConnectionError("13912345678")
    if "cancel" in args:
        with unit_of_work(tenant) as uow:
            request_cancel(uow, lease.job_id)
        progress(2, 2)
    return {"sum": sum(args.get("numbers", []))}


@pytest.fixture(autouse=True)
def _jobs() -> Iterator[None]:
    known = dict(jobs._jobs)
    job("test.add_up")(add_up)
    job("test.add_up_long", long=True)(add_up)
    runs.clear()
    yield
    jobs._jobs = known


def state_of(tenant: Tenant, job_id: UUID) -> JobState:
    with unit_of_work(tenant, read_only=True) as uow:
        found = job_state(uow, job_id)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["test.add_up", "test.add_up_long"])
def test_a_job_runs_after_the_commit(tenant: Tenant, work_off: Callable[[], None], name: str) -> None:
    job_id = enqueue(name, tenant, args={"numbers": [1, 2, 3]})
    assert state_of(tenant, job_id).state == "queued"
    work_off()
    found = state_of(tenant, job_id)
    assert (found.state, found.result, found.done, found.total, found.note) == (
        "done",
        {"sum": 6},
        1,
        2,
        "half",
    )
    assert found.finished


def test_a_job_of_a_change_that_rolled_back_never_runs(tenant: Tenant, work_off: Callable[[], None]) -> None:
    with pytest.raises(RuntimeError), unit_of_work(tenant) as uow:
        start_job(uow, "test.add_up")
        raise RuntimeError
    work_off()
    assert runs == []


def test_a_key_stands_for_one_unfinished_job(tenant: Tenant, work_off: Callable[[], None]) -> None:
    first = enqueue("test.add_up", tenant, args={"numbers": [1]}, job_key="import-1")
    assert enqueue("test.add_up", tenant, args={"numbers": [2]}, job_key="import-1") == first
    work_off()
    assert runs == [{"numbers": [1]}]
    assert enqueue("test.add_up", tenant, args={"numbers": [2]}, job_key="import-1") != first


def test_a_lost_hint_is_sent_again(tenant: Tenant, work_off: Callable[[], None], valkey: Redis) -> None:
    job_id = enqueue("test.add_up", tenant, args={"numbers": [4]})
    valkey.flushdb()
    work_off()
    assert runs == []
    assert jobs.offer_due_jobs(tenant) == 1
    work_off()
    assert state_of(tenant, job_id).result == {"sum": 4}


def test_a_doubled_hint_runs_it_once(tenant: Tenant, work_off: Callable[[], None]) -> None:
    enqueue("test.add_up", tenant, args={"numbers": [4]})
    jobs.offer_due_jobs(tenant)
    work_off()
    assert len(runs) == 1


def test_a_failing_job_is_tried_three_times(tenant: Tenant, work_off: Callable[[], None]) -> None:
    job_id = enqueue("test.add_up", tenant, args={"fail": True})
    for minutes in range(4):
        with clock.at(utcnow() + timedelta(minutes=minutes)):
            jobs.run_job(str(tenant.id), str(job_id))
    found = state_of(tenant, job_id)
    assert (found.state, found.error_class, len(runs)) == ("failed", "ConnectionError", 3)


def test_a_dead_worker_is_replaced_when_its_lease_ran_out(
    tenant: Tenant, work_off: Callable[[], None]
) -> None:
    job_id = enqueue("test.add_up", tenant, args={"numbers": [5]})
    dead = jobs._claim(tenant, job_id)
    assert dead is not None
    jobs.run_job(str(tenant.id), str(job_id))
    assert (runs, state_of(tenant, job_id).state) == ([], "running")
    with clock.at(utcnow() + jobs.LEASE + timedelta(seconds=1)):
        jobs.run_job(str(tenant.id), str(job_id))
    assert (state_of(tenant, job_id).state, state_of(tenant, job_id).result) == ("done", {"sum": 5})
    revived = JobLease(tenant, job_id, jobs._holder(dead))
    with pytest.raises(LeaseLost):
        Progress(revived)(1, 1)
    jobs._finish(tenant, dead, state="done", result={"sum": 0})
    assert state_of(tenant, job_id).result == {"sum": 5}


def test_a_running_job_stops_when_asked(tenant: Tenant, work_off: Callable[[], None]) -> None:
    job_id = enqueue("test.add_up", tenant, args={"cancel": True})
    work_off()
    found = state_of(tenant, job_id)
    assert (found.state, found.result, found.cancel_requested) == ("cancelled", None, True)


def test_a_queued_job_is_cancelled_at_once(tenant: Tenant, work_off: Callable[[], None]) -> None:
    job_id = enqueue("test.add_up", tenant, args={}, job_key="k")
    with unit_of_work(tenant) as uow:
        request_cancel(uow, job_id)
    work_off()
    assert (state_of(tenant, job_id).state, runs) == ("cancelled", [])
