"""Tenants made for the isolation tests, and the names their checks need."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest

from tenants import registry
from tenants.database import Kernel
from tenants.signup import SignupRequest, create_tenant
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork
from tests.servers import Servers


def nothing(uow: UnitOfWork) -> None:
    """A seed for tests that need an empty schema."""


@pytest.fixture
def new_tenant(kernel: Kernel) -> Callable[[], Tenant]:
    """Makes a tenant with an empty schema."""

    def make() -> Tenant:
        token = uuid4().hex[:12]
        return create_tenant(SignupRequest(token, f"firm-{token}", f"测试物业 {token}"), nothing)

    return make


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    """A tenant."""
    return new_tenant()


@pytest.fixture
def other(new_tenant: Callable[[], Tenant]) -> Tenant:
    """Another tenant."""
    return new_tenant()


@pytest.fixture(autouse=True)
def _fresh_directory() -> Iterator[None]:
    registry.forget_all()
    yield
    registry.forget_all()


@pytest.fixture
def superuser(servers: Servers) -> Iterator[psycopg.Connection]:
    """The cluster's superuser, for what nobody else may do."""
    with psycopg.connect(servers.postgres_url(), autocommit=True) as connection:
        yield connection
