"""Alembic tree of the control schema `platform`."""
