"""The budget of tables a tenant may have, and what every table keeps to."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from tenants.orm import TenantBase

BUDGET = 80
SAAS = Path(__file__).resolve().parents[2] / "saas"


def slice_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "saas" else parts[0]


@pytest.fixture(scope="module")
def owners() -> dict[str, str]:
    """Which slice each table of a tenant belongs to."""
    for path in sorted([*SAAS.glob("*/models.py"), *SAAS.glob("*/models/__init__.py")]):
        import_module(".".join(path.relative_to(SAAS.parent).with_suffix("").parts).removesuffix(".__init__"))
    import_module("tenants.kernel_models")
    return {
        mapper.local_table.name: slice_of(mapper.class_.__module__)  # type: ignore[attr-defined]
        for mapper in TenantBase.registry.mappers
    }


def test_the_budget_of_tables(owners: dict[str, str]) -> None:
    spent = Counter(owners.values())
    print("tables of a tenant:", ", ".join(f"{name} {count}" for name, count in sorted(spent.items())))
    assert set(owners) == set(TenantBase.metadata.tables)
    assert sum(spent.values()) <= BUDGET


def test_tables_stay_in_their_schema(owners: dict[str, str]) -> None:
    for table in TenantBase.metadata.tables.values():
        assert table.schema is None
        for key in table.foreign_keys:
            assert key.column.table.name in owners


def test_constraints_have_names(owners: dict[str, str]) -> None:
    nameless = [
        f"{table.name}: {constraint}"
        for table in TenantBase.metadata.tables.values()
        for constraint in table.constraints
        if not constraint.name
    ]
    assert nameless == []
