"""The tenant schema's history: rendered once, replayed per tenant, resumable; and equal to the models."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, event, text

import saas
from tenants import kernel_models, platform_models
from tenants.bootstrap import bootstrap_cluster
from tenants.database import Kernel, boot, driver_url, kernel
from tenants.migrate import (
    ROLE_PLACEHOLDER,
    Revision,
    migrate_platform,
    migrate_tenants,
    tenant_revisions,
)
from tenants.orm import PlatformBase, TenantBase, is_append_only
from tenants.provisioning import make_spare
from tenants.settings import Settings, load_settings
from tenants.tenant import Tenant
from tenants.unit_of_work import platform_unit_of_work, unit_of_work
from tests.conftest import PASSWORD
from tests.servers import Servers, fresh_database

TABLE_BUDGET = 80
OWN_TABLES = {"schema_state"}


def models_of_all_slices() -> list[str]:
    """Import every slice's models, so that the metadata is whole; answers the modules."""
    root = Path(saas.__path__[0])
    found = [*root.glob("*/models.py"), *root.glob("*/models/__init__.py")]
    names = [f"saas.{path.relative_to(root).parts[0]}.models" for path in found]
    for name in names:
        import_module(name)
    return sorted(names)


@contextmanager
def looking_at(schema: str) -> Iterator[Connection]:
    """A connection as the owner whose default schema is `schema`, as Alembic's comparison wants it."""
    dsn = kernel().settings.admin_database_url
    assert dsn is not None
    engine = create_engine(driver_url(dsn))

    @event.listens_for(engine, "connect")
    def become_owner(connection: psycopg.Connection, record: object) -> None:
        connection.execute("SET ROLE anju_owner")
        connection.execute(f"SET search_path = {schema}")
        connection.commit()

    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_the_migrated_schema_equals_the_models(tenant: Tenant) -> None:
    models_of_all_slices()
    with looking_at(tenant.schema) as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_object": _not_own, "version_table": "schema_state"},
        )
        differences = compare_metadata(context, TenantBase.metadata)
    assert differences == []


def test_the_control_schema_equals_its_models(kernel: Kernel) -> None:
    assert platform_models.TenantRow.metadata is PlatformBase.metadata
    with looking_at("public") as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_schemas": True,
                "include_name": lambda name, kind, parents: kind != "schema" or name == "platform",
                "version_table": "schema_version",
                "version_table_schema": "platform",
            },
        )
        differences = compare_metadata(context, PlatformBase.metadata)
    assert differences == []


def test_the_tenants_rights_equal_the_models(tenant: Tenant) -> None:
    models_of_all_slices()
    with unit_of_work(tenant, read_only=True) as uow:
        rows = uow.session.execute(
            text(
                "SELECT relname, array_agg(acl.privilege_type::text ORDER BY acl.privilege_type) FROM pg_class, "
                "aclexplode(relacl) AS acl WHERE relnamespace = CAST(:schema AS regnamespace) AND relkind = 'r' "
                "AND acl.grantee = CAST(:role AS regrole) GROUP BY relname"
            ),
            {"schema": tenant.schema, "role": tenant.role},
        ).all()
    granted = {name: rights for name, rights in rows if name not in OWN_TABLES}
    assert granted == {
        table.name: ["INSERT", "SELECT"]
        if is_append_only(table)
        else ["DELETE", "INSERT", "SELECT", "UPDATE"]
        for table in TenantBase.metadata.tables.values()
    }


def test_a_tenant_stays_within_its_table_budget(tenant: Tenant) -> None:
    models_of_all_slices()
    owners: dict[str, int] = {}
    for mapper in TenantBase.registry.mappers:
        package = ".".join(mapper.class_.__module__.split(".")[:2])
        owners[package] = owners.get(package, 0) + 1
    print(*(f"{package:<24}{count:>4}" for package, count in sorted(owners.items())), sep="\n")
    assert owners[kernel_models.__name__] == 11
    assert len(TenantBase.metadata.tables) + len(OWN_TABLES) <= TABLE_BUDGET


def _not_own(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    return not (kind == "table" and name in OWN_TABLES)


def test_rendered_statements_name_no_tenant() -> None:
    revisions = tenant_revisions()
    assert [revision.previous for revision in revisions] == [None, *(r.name for r in revisions[:-1])]
    for revision in revisions:
        assert revision.for_role("t_x").count("t_x") == revision.sql.count(ROLE_PLACEHOLDER)


@pytest.fixture
def own_database(servers: Servers, settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """A database of the test's own: what it migrates would spoil the shared one."""
    with fresh_database(servers) as url:
        name = url.rpartition("/")[2]
        bootstrap_cluster(url, PASSWORD, PASSWORD)
        address = f"127.0.0.1:{servers.postgres_port}/{name}"
        fresh = load_settings(
            {
                "ANJU_HOME": str(tmp_path),
                "ANJU_DATABASE_URL": f"postgresql://anju_app:{PASSWORD}@{address}",
                "ANJU_ADMIN_DATABASE_URL": f"postgresql://anju_admin:{PASSWORD}@{address}",
                "ANJU_REDIS_URL": settings.redis_url,
            }
        )
        boot(fresh)
        migrate_platform()
        yield fresh
        boot(settings)


def _head(statements: str, name: str = "t9001_next") -> list[Revision]:
    return [*tenant_revisions(), Revision(name, tenant_revisions()[-1].name, statements)]


def _columns(table: str) -> int:
    with looking_at("platform") as connection:
        return connection.execute(
            text(
                "SELECT count(*) FROM information_schema.columns WHERE column_name = 'extra' AND table_name = :t"
            ),
            {"t": table},
        ).scalar_one()


def test_a_repeat_of_the_platforms_migration_changes_nothing(own_database: Settings) -> None:
    migrate_platform()
    with platform_unit_of_work(read_only=True) as uow:
        assert uow.session.execute(text("SELECT count(*) FROM tenant")).scalar_one() == 0


def test_a_revision_reaches_every_schema_once(own_database: Settings) -> None:
    for _ in range(3):
        make_spare()
    steps = _head(f"ALTER TABLE counter ADD COLUMN extra int; GRANT SELECT ON counter TO {ROLE_PLACEHOLDER};")
    first = migrate_tenants(revisions=steps, parallel=2)
    assert (first.head, first.migrated, first.failed) == ("t9001_next", 3, ())
    assert _columns("counter") == 3
    assert migrate_tenants(revisions=steps).migrated == 0


def test_a_failing_schema_is_reported_and_taken_up_again(own_database: Settings) -> None:
    good, bad = make_spare(), make_spare()
    schema = Tenant(bad, "bad", "bad").schema
    with looking_at(schema) as connection:
        connection.execute(text("ALTER TABLE counter ADD COLUMN extra int"))
        connection.commit()
    steps = _head("ALTER TABLE timer ADD COLUMN extra int; ALTER TABLE counter ADD COLUMN extra int;")
    report = migrate_tenants(revisions=steps)
    assert (report.migrated, [failure.tenant_id for failure in report.failed]) == (1, [bad])
    assert "DuplicateColumn" in report.failed[0].error
    assert _columns("timer") == 1  # the failing transaction left nothing behind
    with looking_at(schema) as connection:
        connection.execute(text("ALTER TABLE counter DROP COLUMN extra"))
        connection.commit()
    again = migrate_tenants(revisions=steps)
    assert (again.migrated, again.failed) == (1, ())
    assert _columns("timer") == _columns("counter") == 2
    assert good != bad


def test_a_crash_between_schema_and_directory_is_made_good(own_database: Settings) -> None:
    """The schema's own row is the truth; the directory's may be older."""
    make_spare()
    steps = _head("ALTER TABLE counter ADD COLUMN extra int;")
    assert migrate_tenants(revisions=steps).migrated == 1
    with looking_at("platform") as connection:
        connection.execute(text("UPDATE platform.migration_progress SET revision = 't0001_kernel'"))
        connection.commit()
    report = migrate_tenants(revisions=steps)
    assert (report.migrated, report.failed) == (1, ())
    assert _columns("counter") == 1


def test_a_held_table_is_waited_for_in_short_turns(
    own_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = make_spare()
    schema = Tenant(spare, "held", "held").schema
    steps = _head("ALTER TABLE counter ADD COLUMN extra int;")
    turns: list[float] = []
    with looking_at(schema) as holder:
        holder.execute(text("LOCK TABLE counter IN ACCESS EXCLUSIVE MODE"))

        def pause(seconds: float) -> None:
            turns.append(seconds)
            if len(turns) == 2:
                holder.rollback()

        monkeypatch.setattr("tenants.migrate.time.sleep", pause)
        report = migrate_tenants(revisions=steps, parallel=1)
    assert (report.migrated, report.failed, len(turns)) == (1, (), 2)


def test_a_schema_that_never_lets_go_is_reported(
    own_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = make_spare()
    monkeypatch.setattr("tenants.migrate.LOCK_ATTEMPTS", 2)
    with looking_at(Tenant(spare, "held", "held").schema) as holder:
        holder.execute(text("LOCK TABLE counter IN ACCESS EXCLUSIVE MODE"))
        report = migrate_tenants(revisions=_head("ALTER TABLE counter ADD COLUMN extra int;"), parallel=1)
        holder.rollback()
    assert report.migrated == 0
    assert "LockNotAvailable" in report.failed[0].error
