"""Alembic environment of the tenant schema: it only renders SQL; `anju migrate` replays it in every schema."""

from alembic import context

if not context.is_offline_mode():
    raise SystemExit("the tenant schemas are migrated by `anju migrate`; use --sql to look at the statements")

context.configure(dialect_name="postgresql", dialect_opts={"paramstyle": "named"}, literal_binds=True)
context.run_migrations()
