"""Alembic tree of the tenant schema (rendered to SQL once, see tenants/migrate.py)."""
