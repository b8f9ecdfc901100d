"""Our PostgreSQL dialect: a transaction begins only where it was opened for a tenant, and statements can be timed.

Both could be engine events; with one listener SQLAlchemy joins all events of engine and connection anew for every
connection that is taken from the pool, which costs more than the listeners do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from tenants.context import NoTenant

DRIVER_NAME = "postgresql+anju"
OPENED = "anju_transaction_opened"

registry.register("postgresql.anju", "tenants.dialect", "TenantDialect")


class TenantDialect(PGDialect_psycopg):
    """psycopg 3; `observe` is called with each statement and its seconds."""

    supports_statement_cache = True
    observe: Callable[[str, float], None] | None = None

    def do_begin(self, dbapi_connection: Any) -> None:
        """Refuse a transaction whose first message `open_transaction` has not sent."""
        if not dbapi_connection.info.pop(OPENED, False):
            raise NoTenant("a transaction needs a tenant or the control schema; use the unit of work")

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run one statement."""
        self._timed(statement, super().do_execute, cursor, statement, parameters, context)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run one statement for several rows."""
        self._timed(statement, super().do_executemany, cursor, statement, parameters, context)

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        """Run one statement without parameters."""
        self._timed(statement, super().do_execute_no_params, cursor, statement, context)

    def _timed(self, statement: str, run: Callable[..., None], *arguments: Any) -> None:
        observe = self.observe
        if observe is None:
            run(*arguments)
            return
        started = time.perf_counter()
        run(*arguments)
        observe(statement, time.perf_counter() - started)
