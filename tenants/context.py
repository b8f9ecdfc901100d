"""Which tenant the running request or job works for. There is no default."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tenants.tenant import Tenant

_current: ContextVar[Tenant | None] = ContextVar("anju_tenant", default=None)


class NoTenant(RuntimeError):
    """Something needed a tenant and none was bound."""


def current_tenant() -> Tenant:
    """The bound tenant, or NoTenant."""
    tenant = _current.get()
    if tenant is None:
        raise NoTenant("no tenant is bound to this request or job")
    return tenant


def tenant_if_bound() -> Tenant | None:
    """The bound tenant or None, for log records and error reports only."""
    return _current.get()


@contextmanager
def bound(tenant: Tenant) -> Iterator[Tenant]:
    """Bind `tenant` for the duration of the block."""
    token = _current.set(tenant)
    try:
        yield tenant
    finally:
        _current.reset(token)
