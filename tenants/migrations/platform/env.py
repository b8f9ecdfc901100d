"""Alembic environment of the control schema; the connection comes from tenants/migrate.py."""

from alembic import context

from tenants.bootstrap import PLATFORM_SCHEMA
from tenants.platform_models import TenantRow

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=TenantRow.metadata,
    version_table="schema_version",
    version_table_schema=PLATFORM_SCHEMA,
    include_schemas=True,
)
context.run_migrations()
