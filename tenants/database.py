"""Engines and the first message of every transaction. Nothing outside `tenants/` touches a connection."""

import os
import re
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from sqlalchemy import URL, Connection, Engine, create_engine, make_url

from tenants.bootstrap import OWNER_ROLE, PLATFORM_SCHEMA
from tenants.dialect import DRIVER_NAME, OPENED
from tenants.settings import Settings
from tenants.tenant import Tenant

# A backend keeps 100 to 200 KB of catalogue cache for each tenant that it touched and never gives it back.
MAX_TENANTS_PER_CONNECTION = 200
MAX_CONNECTION_AGE_SECONDS = 30 * 60
_SEEN = "anju_schemas_seen"
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Scope:
    """As whom and where a transaction works: a tenant's role and schema, or the control schema."""

    schema: str
    role: str | None
    read_only: bool = False

    def begin_message(self) -> str:
        """The one message that opens a transaction in this scope."""
        for name in (self.schema, self.role):
            if name is not None and not _PLAIN_NAME.fullmatch(name):
                raise ValueError(f"not a plain name: {name!r}")
        begin = "BEGIN READ ONLY" if self.read_only else "BEGIN"
        role = f"SET LOCAL ROLE {self.role or 'NONE'}"
        return f"{begin}; {role}; SET LOCAL search_path = {self.schema}"


def tenant_scope(tenant: Tenant, *, read_only: bool = False) -> Scope:
    """Work as the tenant's role in the tenant's schema."""
    return Scope(tenant.schema, tenant.role, read_only)


def platform_scope(*, read_only: bool = False) -> Scope:
    """Work in the control schema with the login's own narrow grants."""
    return Scope(PLATFORM_SCHEMA, None, read_only)


def owner_scope(schema: str) -> Scope:
    """Work as the owner of all schemas; only the admin login may."""
    return Scope(schema, OWNER_ROLE)


@dataclass
class Kernel:
    """What one process holds: its settings and its engines."""

    settings: Settings
    _engines: dict[str, Engine] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _admin: Engine | None = None

    def catalog_dsn(self) -> str:
        """Address of the control schema."""
        return self.settings.database_url

    def tenant_dsn(self, tenant: Tenant) -> str:
        """Address of a tenant's data; on one server the same as the catalogue's."""
        return self.settings.database_url

    def catalog_engine(self) -> Engine:
        """Engine of the control schema."""
        return self._engine(self.catalog_dsn())

    def tenant_engine(self, tenant: Tenant) -> Engine:
        """Engine of the server that holds the tenant."""
        return self._engine(self.tenant_dsn(tenant))

    def admin_engine(self) -> Engine:
        """Engine of the provisioning login; present in worker and command line only."""
        if self.settings.admin_database_url is None:
            raise RuntimeError("ANJU_ADMIN_DATABASE_URL is not set: this process cannot provision or migrate")
        with self._lock:
            if self._admin is None:
                self._admin = make_engine(self.settings.admin_database_url)
            return self._admin

    def dispose(self) -> None:
        """Close all pooled connections."""
        with self._lock:
            for engine in (*self._engines.values(), *([self._admin] if self._admin else [])):
                engine.dispose()
            self._engines.clear()
            self._admin = None

    def forget_connections(self) -> None:
        """After a fork: the parent's connections are not ours, neither to use nor to close."""
        self._lock = threading.Lock()
        for engine in (*self._engines.values(), *([self._admin] if self._admin else [])):
            engine.dispose(close=False)

    def _engine(self, dsn: str) -> Engine:
        engine = self._engines.get(dsn)
        if engine is None:
            with self._lock:
                engine = self._engines.setdefault(dsn, make_engine(dsn))
        return engine


_kernel: Kernel | None = None
_boot_lock = threading.Lock()


def boot(settings: Settings) -> Kernel:
    """Set up this process once; a second call with the same settings answers the same kernel."""
    global _kernel
    with _boot_lock:
        if _kernel is not None and _kernel.settings != settings:
            _kernel.dispose()
            _kernel = None
        if _kernel is None:
            _kernel = Kernel(settings)
        return _kernel


def kernel() -> Kernel:
    """The kernel of this process."""
    if _kernel is None:
        raise RuntimeError("tenants.database.boot(settings) has not been called in this process")
    return _kernel


def shutdown() -> None:
    """Close the kernel's connections; the next `boot` starts anew."""
    global _kernel
    with _boot_lock:
        if _kernel is not None:
            _kernel.dispose()
        _kernel = None


def _after_fork() -> None:
    if _kernel is not None:
        _kernel.forget_connections()


os.register_at_fork(after_in_child=_after_fork)


def driver_url(dsn: str) -> URL:
    """The SQLAlchemy URL of a PostgreSQL address, with psycopg 3 as its driver."""
    return make_url(dsn).set(drivername="postgresql+psycopg")


def make_engine(dsn: str) -> Engine:
    """An engine whose transactions all begin with the scope's one message.

    Isolation AUTOCOMMIT keeps psycopg from sending a BEGIN of its own; commit() and rollback() are still sent,
    since the driver sees that the server is inside a transaction.
    """
    arguments = {"prepare_threshold": None, "connect_timeout": 5, "application_name": "anju"}
    return create_engine(
        driver_url(dsn).set(drivername=DRIVER_NAME),
        isolation_level="AUTOCOMMIT",
        connect_args=arguments,
        pool_size=10,
        max_overflow=10,
        pool_timeout=5,
        pool_recycle=MAX_CONNECTION_AGE_SECONDS,
        pool_use_lifo=True,
        # Values of a statement are names, words and numbers of people: not for logs and error reports.
        hide_parameters=True,
    )


def _send_begin(connection: Connection, scope: Scope) -> None:
    pooled = connection.connection
    driver = pooled.dbapi_connection
    assert driver is not None
    _send(cast(psycopg.Connection, driver), _begin_bytes(scope))
    pooled.info[OPENED] = True
    pooled.info.setdefault(_SEEN, set()).add(scope.schema)


@lru_cache(maxsize=16_384)
def _begin_bytes(scope: Scope) -> bytes:
    return scope.begin_message().encode()


def _send(driver: psycopg.Connection, message: bytes) -> None:
    """Send one message that answers no rows, straight through libpq: a cursor for it costs more than the message."""
    with driver.lock:
        try:
            result = driver.pgconn.exec_(message)
        except (psycopg.OperationalError, MemoryError) as error:
            raise psycopg.OperationalError("the connection is lost") from error
    if result.status == ExecStatus.COMMAND_OK:
        return
    if driver.pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError("the connection is lost")
    raise error_from_result(result)


def open_transaction(engine: Engine, scope: Scope) -> Connection:
    """A connection with its transaction begun.

    The first message doubles as the test whether a pooled connection is still alive: nothing has happened yet, so
    a dead one is replaced and the message sent again.
    """
    for attempt in (1, 2):
        connection = engine.connect()
        try:
            _send_begin(connection, scope)
            connection.begin()
            return connection
        except psycopg.OperationalError:
            broken = _is_broken(connection)
            if broken:
                connection.invalidate()
            connection.close()
            if not broken or attempt == 2:
                raise
        except BaseException:
            connection.close()
            raise
    raise AssertionError("unreachable")


def close_connection(connection: Connection) -> None:
    """Give the connection back; whatever is still open is rolled back. A worn one is closed for good."""
    if _is_worn(connection):
        transaction = connection.get_transaction()
        if transaction is not None:
            transaction.rollback()
        connection.invalidate()
    connection.close()


def _is_worn(connection: Connection) -> bool:
    if connection.closed or connection.invalidated:
        return False
    return len(connection.connection.info.get(_SEEN, ())) >= MAX_TENANTS_PER_CONNECTION


def _is_broken(connection: Connection) -> bool:
    driver = connection.connection.dbapi_connection
    return driver is None or bool(getattr(driver, "closed", False) or getattr(driver, "broken", False))
