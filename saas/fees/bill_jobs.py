"""Work of the worker for bill runs: drafting and publishing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from saas.fees.services.bill_runs import DRAFT_JOB, PUBLISH_JOB, discard_drafts, fail_run, publish_run
from saas.fees.services.drafting import draft_run
from tenants.jobs import JobCancelled, JobLease, Progress, job
from tenants.leases import LeaseLost
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work


@job(DRAFT_JOB, long=True)
def draft_bills(
    tenant: Tenant, args: dict[str, Any], lease: JobLease, progress: Progress
) -> Mapping[str, Any] | None:
    """Prepare the drafts of a run; a worker that dies leaves drafts that the next one throws away."""
    run_id = UUID(args["run_id"])
    try:
        return draft_run(tenant, run_id, progress)
    except (JobCancelled, LeaseLost):
        raise
    except Exception:
        with unit_of_work(tenant) as uow:
            fail_run(uow, run_id)
        raise


@job(PUBLISH_JOB, long=True)
def publish_bills(
    tenant: Tenant, args: dict[str, Any], lease: JobLease, progress: Progress
) -> Mapping[str, Any] | None:
    """Publish a run in one transaction, then throw its drafts away."""
    run_id = UUID(args["run_id"])
    actor_id = UUID(args["actor_id"]) if args.get("actor_id") else None
    progress(0)
    with unit_of_work(tenant) as uow:
        done = publish_run(uow, run_id, actor_id=actor_id, check=lease.check)
    if done:
        progress(done["lines"], done["lines"])
    with unit_of_work(tenant) as uow:
        discard_drafts(uow, run_id)
    return done
