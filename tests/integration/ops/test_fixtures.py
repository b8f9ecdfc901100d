"""The fixtures that other tests stand on."""

from __future__ import annotations

from sqlalchemy import text

from tenants.database import Kernel, open_transaction, platform_scope
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork


def test_kernel_sees_the_control_schema(kernel: Kernel) -> None:
    connection = open_transaction(kernel.catalog_engine(), platform_scope())
    try:
        assert connection.scalar(text("SELECT current_user")) == "anju_app"
    finally:
        connection.close()


def test_tenants_are_apart(tenant_pair: tuple[Tenant, Tenant]) -> None:
    left, right = tenant_pair
    assert left.schema != right.schema


def test_uow_works_in_the_tenant(uow: UnitOfWork, tenant: Tenant) -> None:
    assert uow.session.scalar(text("SELECT current_schema()")) == tenant.schema
    assert uow.session.scalar(text("SELECT current_user")) == tenant.role
