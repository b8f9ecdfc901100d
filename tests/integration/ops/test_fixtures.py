"""The fixtures that other tests stand on."""

from __future__ import annotations

from sqlalchemy import text

from tenants.database import Kernel, open_transaction, platform_scope


def test_kernel_sees_the_control_schema(kernel: Kernel) -> None:
    connection = open_transaction(kernel.catalog_engine(), platform_scope())
    try:
        assert connection.scalar(text("SELECT current_user")) == "anju_app"
        assert connection.scalar(text("SELECT count(*) FROM tenant")) == 0
    finally:
        connection.close()
