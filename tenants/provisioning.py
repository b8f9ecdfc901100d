"""Tenant schemas: made by the admin login as spares, handed out by the app login, taken away by the janitor."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants import clock
from tenants.bootstrap import APP_ROLE, OWNER_ROLE, PLATFORM_SCHEMA
from tenants.database import Scope, close_connection, kernel, open_transaction, owner_scope
from tenants.ids import new_id, tenant_schema
from tenants.migrate import ROLE_PLACEHOLDER, mark_revision, record_progress, run_statements, tenant_revisions
from tenants.platform_models import MigrationProgress, SpareSchema, Wakeup

log = logging.getLogger(__name__)

# A step that has not moved for so long has lost its process.
STALE_AFTER = timedelta(minutes=15)


def make_spare() -> UUID:
    """Make one empty, fully migrated schema. Each step is committed, so a crash leaves a row that tells how far."""
    spare_id = new_id()
    now = clock.utcnow()
    _as_owner(insert(SpareSchema).values(id=spare_id, state="making", created_at=now, updated_at=now))
    _make_role(tenant_schema(spare_id))
    _make_schema(tenant_schema(spare_id))
    record_progress(kernel().admin_engine(), spare_id, tenant_revisions()[-1].name)
    _as_owner(_to_state(spare_id, "ready"))
    return spare_id


def keep_spares(wanted: int | None = None) -> int:
    """Fill the pool of spares; answers how many were made."""
    target = kernel().settings.spare_schemas if wanted is None else wanted
    missing = max(0, target - spares_ready())
    for _ in range(missing):
        make_spare()
    return missing


def spares_ready() -> int:
    """How many spares can be claimed right now, as the admin login sees them."""
    statement = select(func.count()).select_from(SpareSchema).where(SpareSchema.state == "ready")
    return int(_owner_read(lambda session: session.execute(statement).scalar_one()))


def take_spare(session: Session) -> UUID | None:
    """In the caller's platform transaction: reserve one spare, or None when the pool is empty."""
    spare_id = session.execute(
        select(SpareSchema.id)
        .where(SpareSchema.state == "ready")
        .order_by(SpareSchema.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if spare_id is not None:
        session.execute(_to_state(spare_id, "claimed"))
    return spare_id


def discard_spare(session: Session, spare_id: UUID) -> None:
    """In the caller's platform transaction: mark a schema whose sign-up was given up for the janitor."""
    session.execute(_to_state(spare_id, "discarded"))


def clear_discarded() -> list[UUID]:
    """Janitor, admin login: drop what was given up, and what a crash left half made. May be repeated."""
    stale = (SpareSchema.state == "making") & (SpareSchema.updated_at < clock.utcnow() - STALE_AFTER)
    statement = select(SpareSchema.id).where((SpareSchema.state == "discarded") | stale)
    doomed: list[UUID] = _owner_read(lambda session: list(session.execute(statement).scalars()))
    for spare_id in doomed:
        _as_owner(_to_state(spare_id, "discarded"))
        drop_schema(tenant_schema(spare_id))
        _as_owner(delete(MigrationProgress).where(MigrationProgress.tenant_id == spare_id))
        _as_owner(delete(Wakeup).where(Wakeup.tenant_id == spare_id))
        _as_owner(delete(SpareSchema).where(SpareSchema.id == spare_id))
        log.info("discarded schema dropped", extra={"schema": tenant_schema(spare_id)})
    return doomed


def drop_schema(schema: str) -> None:
    """Drop a schema with all it holds, then its role."""
    _statements(Scope(PLATFORM_SCHEMA, OWNER_ROLE), f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    _statements(Scope(PLATFORM_SCHEMA, None), f"DROP ROLE IF EXISTS {schema}")


@lru_cache(maxsize=1)
def provisioning_script() -> str:
    """The whole tenant schema as one script: all revisions in a row, with the role as a placeholder."""
    revisions = tenant_revisions()
    return "\n".join(revision.sql for revision in revisions) + mark_revision(revisions[-1].name)


def _make_role(role: str) -> None:
    # SET ROLE is all that the app login gets from the membership: it is NOINHERIT.
    _statements(
        Scope(PLATFORM_SCHEMA, None),
        f"CREATE ROLE {role} NOLOGIN NOINHERIT; GRANT {role} TO {APP_ROLE}",
    )


def _make_schema(schema: str) -> None:
    body = provisioning_script().replace(ROLE_PLACEHOLDER, schema)
    _statements(
        owner_scope(schema),
        f"CREATE SCHEMA {schema}; GRANT USAGE ON SCHEMA {schema} TO {schema};\n{body}",
    )


def _to_state(spare_id: UUID, state: str) -> Executable:
    return (
        update(SpareSchema)
        .where(SpareSchema.id == spare_id)
        .values(state=state, updated_at=clock.utcnow())
        .execution_options(synchronize_session=False)
    )


def _statements(scope: Scope, statements: str) -> None:
    connection = open_transaction(kernel().admin_engine(), scope)
    try:
        run_statements(connection, statements)
        connection.commit()
    finally:
        close_connection(connection)


def _as_owner(statement: Executable) -> None:
    connection = open_transaction(kernel().admin_engine(), owner_scope(PLATFORM_SCHEMA))
    try:
        connection.execute(statement)
        connection.commit()
    finally:
        close_connection(connection)


def _owner_read(read: Callable[[Any], Any]) -> Any:
    connection = open_transaction(kernel().admin_engine(), owner_scope(PLATFORM_SCHEMA))
    try:
        return read(connection)
    finally:
        close_connection(connection)
