"""Work of the worker: reading and applying lists, and forgetting their cells in time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from saas.estate.services.imports import APPLY_JOB, READ_JOB, apply_list, fail_list, forget, take_in
from tenants.jobs import JobLease, Progress, job
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work


@job(READ_JOB, long=True)
def read_import(
    tenant: Tenant, args: dict[str, Any], lease: JobLease, progress: Progress
) -> Mapping[str, Any] | None:
    """Read an uploaded file into a preview."""
    batch_id = UUID(args["batch_id"])
    try:
        with unit_of_work(tenant) as uow:
            take_in(uow, batch_id)
    except Exception:
        with unit_of_work(tenant) as uow:
            fail_list(uow, batch_id)
        raise
    return None


@job(APPLY_JOB, long=True)
def apply_import(
    tenant: Tenant, args: dict[str, Any], lease: JobLease, progress: Progress
) -> Mapping[str, Any] | None:
    """Write a list; a run that dies leaves nothing, the next one starts again."""
    batch_id = UUID(args["batch_id"])
    try:
        with unit_of_work(tenant) as uow:
            totals = apply_list(uow, batch_id)
    except Exception:
        with unit_of_work(tenant) as uow:
            fail_list(uow, batch_id)
        raise
    if totals:
        progress(totals["rows"], totals["rows"])
    return totals


def forget_import(uow: UnitOfWork, key: str, due_at: datetime) -> None:
    """The time for undo has passed: drop what the list said of persons."""
    forget(uow, UUID(key))
