"""One unit of work per request handler, on the tenant of the host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from saas.web.auth import current_actor
from tenants.context import current_tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work


@contextmanager
def work(*, read_only: bool = False) -> Iterator[UnitOfWork]:
    """``with work() as uow:`` commits on a clean exit and rolls back on an exception."""
    # Who asks is looked up in a unit of work of its own; inside, even a translated word may ask for it.
    current_actor()
    with unit_of_work(current_tenant(), read_only=read_only) as uow:
        yield uow
