"""Migrations: the control schema by Alembic; the tenants' tree rendered to SQL once and replayed in each schema."""

import io
import random
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import psycopg
from alembic import command
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select, union
from sqlalchemy.dialects.postgresql import insert

from tenants import clock
from tenants.bootstrap import PLATFORM_SCHEMA
from tenants.database import close_connection, kernel, open_transaction, owner_scope
from tenants.ids import tenant_schema
from tenants.platform_models import MigrationProgress, SpareSchema, TenantRow

PLATFORM_TREE = "tenants.migrations:platform"
TENANT_TREE = "saas.migrations:tenant"
ROLE_PLACEHOLDER = "anju__tenant_role"
LOCK_TIMEOUT = "300ms"
LOCK_ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class Revision:
    """One step of the tenant schema, as SQL in which the tenant's role is a placeholder."""

    name: str
    previous: str | None
    sql: str

    def for_role(self, role: str) -> str:
        """The statements for one tenant."""
        return self.sql.replace(ROLE_PLACEHOLDER, role)


@dataclass(frozen=True, slots=True)
class Failure:
    """A schema that did not reach the head, and why."""

    tenant_id: UUID
    revision: str
    error: str


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What one run did. The schemas of `failed` keep their last good revision and are tried again next time."""

    head: str
    migrated: int
    failed: tuple[Failure, ...]

    @property
    def ok(self) -> bool:
        """Whether every schema is at the head."""
        return not self.failed


def grant_tenant(op: Any, table: str, append_only: bool = False) -> None:
    """In a revision, after `create_table`: give the tenant's role the rows, never the table itself."""
    rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    op.execute(f"GRANT {rights} ON {table} TO {ROLE_PLACEHOLDER}")


def migrate_platform() -> None:
    """Bring the control schema to its head, in one transaction."""
    connection = open_transaction(kernel().admin_engine(), owner_scope(PLATFORM_SCHEMA))
    try:
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {PLATFORM_SCHEMA}")
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {PLATFORM_SCHEMA} TO anju_app")
        config = _config(PLATFORM_TREE)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    finally:
        close_connection(connection)


@lru_cache(maxsize=4)
def tenant_revisions(tree: str = TENANT_TREE) -> tuple[Revision, ...]:
    """All revisions of the tenant schema, oldest first, each rendered to SQL."""
    scripts = ScriptDirectory.from_config(_config(tree))
    ordered = reversed(list(scripts.walk_revisions()))
    revisions = []
    for script in ordered:
        previous = script.down_revision
        if previous is not None and not isinstance(previous, str):
            raise ValueError(f"{script.revision}: the tenant schema's history must be linear")
        revisions.append(Revision(script.revision, previous, _render(script.module.upgrade)))
    return tuple(revisions)


def migrate_tenants(
    *, parallel: int = 2, revisions: Sequence[Revision] | None = None, only: Iterable[UUID] | None = None
) -> MigrationReport:
    """Bring every tenant's schema, spares included, to the head; a failing one does not stop the others."""
    steps = tuple(revisions) if revisions is not None else tenant_revisions()
    head = steps[-1].name
    engine = kernel().admin_engine()
    wanted = list(only) if only is not None else _behind(engine, head)
    with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="migrate") as pool:
        outcomes = list(pool.map(lambda tenant_id: _migrate_one(engine, tenant_id, steps), wanted))
    failed = tuple(outcome for outcome in outcomes if outcome is not None)
    return MigrationReport(head, len(outcomes) - len(failed), failed)


def run_statements(connection: Connection, statements: str) -> None:
    """Send several statements as one message on the simple protocol."""
    driver = cast("psycopg.Connection[Any]", connection.connection.dbapi_connection)
    driver.execute(statements.encode(), prepare=False)


def record_progress(engine: Engine, tenant_id: UUID, revision: str, error: str | None = None) -> None:
    """Note in the control schema how far a schema is known to be."""
    values = {"revision": revision, "error": error, "updated_at": clock.utcnow()}
    connection = open_transaction(engine, owner_scope(PLATFORM_SCHEMA))
    try:
        connection.execute(
            insert(MigrationProgress)
            .values(tenant_id=tenant_id, **values)
            .on_conflict_do_update(index_elements=["tenant_id"], set_=values)
        )
        connection.commit()
    finally:
        close_connection(connection)


def _config(tree: str) -> Config:
    config = Config()
    config.set_main_option("script_location", tree)
    return config


def _render(upgrade: Any) -> str:
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True},
    )
    with Operations.context(context):
        upgrade()
    return buffer.getvalue()


def _behind(engine: Engine, head: str) -> list[UUID]:
    known = union(
        select(TenantRow.id), select(SpareSchema.id).where(SpareSchema.state.in_(["ready", "claimed"]))
    )
    schemas = known.subquery()
    statement = (
        select(schemas.c.id)
        .outerjoin(MigrationProgress, MigrationProgress.tenant_id == schemas.c.id)
        .where(MigrationProgress.revision.is_distinct_from(head) | MigrationProgress.error.is_not(None))
        .order_by(schemas.c.id)
    )
    connection = open_transaction(engine, owner_scope(PLATFORM_SCHEMA))
    try:
        return list(connection.execute(statement).scalars())
    finally:
        close_connection(connection)


def _migrate_one(engine: Engine, tenant_id: UUID, steps: Sequence[Revision]) -> Failure | None:
    """Replay what is missing, one transaction for each revision."""
    reached = steps[0].name
    try:
        for step in steps:
            _with_retry(lambda step=step: _apply(engine, tenant_id, step, steps))
            reached = step.name
    except Exception as error:
        message = f"{type(error).__name__}: {error}".strip()
        record_progress(engine, tenant_id, reached, message)
        return Failure(tenant_id, reached, message)
    record_progress(engine, tenant_id, reached)
    return None


def _apply(engine: Engine, tenant_id: UUID, step: Revision, steps: Sequence[Revision]) -> None:
    schema = tenant_schema(tenant_id)
    connection = open_transaction(engine, owner_scope(schema))
    try:
        run_statements(connection, f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        found = connection.exec_driver_sql("SELECT revision FROM schema_state FOR UPDATE").scalar_one()
        order = [known.name for known in steps]
        if found in order and order.index(found) >= order.index(step.name):
            return
        if found != step.previous:
            raise RuntimeError(f"{schema} is at {found!r}, which does not lead to {step.name}")
        run_statements(connection, step.for_role(schema) + mark_revision(step.name))
        connection.commit()
    finally:
        close_connection(connection)


def mark_revision(name: str) -> str:
    """The statement that notes a reached revision in the schema itself."""
    return f"\nUPDATE schema_state SET revision = '{name}';"


def _with_retry(step: Any) -> None:
    """A table that someone holds is left alone after 300 ms, so that nobody queues behind us, and tried again."""
    for attempt in range(LOCK_ATTEMPTS):
        try:
            step()
            return
        except Exception as error:
            if not _is_lock_timeout(error) or attempt == LOCK_ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0.05, 0.25))


def _is_lock_timeout(error: Exception) -> bool:
    cause = getattr(error, "orig", error)
    return isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)
