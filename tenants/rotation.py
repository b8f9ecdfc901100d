"""Rotation of the master key: wraps every tenant's data keys anew."""

from __future__ import annotations

from tenants.keys import key_ring
from tenants.registry import all_tenants
from tenants.unit_of_work import unit_of_work


def rewrap_all() -> int:
    """Wrap all data keys with the first key of the master key file. Returns how many changed; may be repeated."""
    changed = 0
    for tenant in all_tenants():
        with unit_of_work(tenant) as uow:
            changed += key_ring().rewrap(uow)
    return changed
