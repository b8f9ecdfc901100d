"""The database itself refuses what a tenant's role must not do."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tenants import clock
from tenants.bootstrap import OWNER_ROLE
from tenants.context import NoTenant
from tenants.database import Kernel
from tenants.tenant import Tenant
from tenants.unit_of_work import (
    ActorRef,
    NestedUnitOfWork,
    platform_unit_of_work,
    unit_of_work,
)

ACTOR = ActorRef("system", None, "test")

REFUSED = [
    "UPDATE audit_entry SET action = 'x'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "DELETE FROM outbox_history",
    "UPDATE outbox_history SET handler = 'x'",
    "TRUNCATE outbox_message",
    "UPDATE schema_state SET revision = 't9999'",
    "INSERT INTO schema_state (revision) VALUES ('t9999')",
    "ALTER TABLE audit_entry ADD COLUMN x int",
    "ALTER TABLE audit_entry OWNER TO {role}",
    "DROP TABLE audit_entry",
    "DROP SCHEMA {schema} CASCADE",
    "ALTER SCHEMA {schema} RENAME TO mine",
    "CREATE TABLE mine (id int)",
    "CREATE TEMP TABLE audit_entry (id int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "CREATE TABLE public.mine (id int)",
    "CREATE TRIGGER mine BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "SELECT * FROM platform.tenant",
    "INSERT INTO platform.wakeup VALUES (gen_random_uuid(), 'x', now(), now())",
    "UPDATE platform.tenant SET state = 'active'",
    "SELECT rolpassword FROM pg_authid",
    "COPY audit_entry TO PROGRAM 'true'",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_tenant_role_is_refused(tenant: Tenant, statement: str) -> None:
    with pytest.raises(ProgrammingError) as caught, unit_of_work(tenant) as uow:
        uow.session.execute(text(statement.format(schema=tenant.schema, role=tenant.role)))
    assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)


def test_a_grant_by_the_tenant_role_gives_nothing(tenant: Tenant, other: Tenant) -> None:
    """PostgreSQL answers with a warning and passes on nothing, since the role holds no grant option."""
    with unit_of_work(tenant) as uow:
        uow.session.execute(text(f"GRANT ALL ON audit_seal TO {other.role}, {tenant.role}, PUBLIC"))
        granted = uow.session.execute(
            text(
                "SELECT acl.grantee::regrole::text AS grantee, acl.privilege_type FROM pg_class, "
                "aclexplode(relacl) AS acl WHERE oid = 'audit_seal'::regclass "
                "AND acl.grantee <> CAST('anju_owner' AS regrole)"
            )
        ).all()
    assert {(row.grantee, row.privilege_type) for row in granted} == {
        (tenant.role, "INSERT"),
        (tenant.role, "SELECT"),
    }


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM {0}.preference", "INSERT INTO {0}.counter VALUES ('a','b',1)"]
)
def test_another_tenants_schema_is_refused(tenant: Tenant, other: Tenant, statement: str) -> None:
    with pytest.raises(ProgrammingError) as caught, unit_of_work(tenant) as uow:
        uow.session.execute(text(statement.format(other.schema)))
    assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)


def test_append_only_tables_take_inserts(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        uow.audit("test.done", actor=ACTOR, subject=("tenant", tenant.id))
    with unit_of_work(tenant, read_only=True) as uow:
        assert uow.session.execute(text("SELECT action FROM audit_entry")).scalars().all() == ["test.done"]


def test_the_app_login_itself_owns_nothing(tenant: Tenant) -> None:
    for statement in (
        f"SELECT * FROM {tenant.schema}.preference",
        "DELETE FROM platform.tenant",
        "UPDATE platform.tenant SET id = gen_random_uuid()",
        "UPDATE platform.audit_anchor SET sequence = 1",
        "DELETE FROM platform.audit_anchor",
        "CREATE TABLE platform.mine (id int)",
        f"SET ROLE {OWNER_ROLE}",
        "SET ROLE anju_admin",
    ):
        with pytest.raises(ProgrammingError) as caught, platform_unit_of_work() as uow:
            uow.session.execute(text(statement))
        assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege), statement


def test_the_app_login_may_become_only_tenants(kernel: Kernel, tenant: Tenant) -> None:
    with platform_unit_of_work(read_only=True) as uow:
        owned = uow.session.execute(
            text("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) IN ('anju_app', :role)"),
            {"role": tenant.role},
        ).scalar_one()
        members = uow.session.execute(
            text(
                "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid "
                "JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = 'anju_app'"
            )
        ).scalars()
        assert [name for name in members if not name.startswith("t_")] == []
    assert owned == 0


def test_no_tenant_no_session() -> None:
    with pytest.raises(NoTenant), unit_of_work(None):
        pass


def test_a_raw_engine_has_no_transaction(kernel: Kernel) -> None:
    with kernel.catalog_engine().connect() as connection, pytest.raises(NoTenant):
        connection.execute(text("SELECT 1"))


def test_units_of_work_do_not_nest(tenant: Tenant, other: Tenant) -> None:
    with pytest.raises(NestedUnitOfWork), unit_of_work(tenant), unit_of_work(other):
        pass


def test_only_the_unit_of_work_commits(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow, pytest.raises(RuntimeError, match="only the unit of work commits"):
        uow.session.commit()


def test_a_read_only_unit_refuses_writes(tenant: Tenant) -> None:
    with pytest.raises(Exception, match="read-only transaction"), unit_of_work(tenant, read_only=True) as uow:
        uow.session.execute(text("INSERT INTO counter VALUES ('a', 'b', 1)"))


def test_wakeup_stands_before_the_tenants_commit_and_survives_its_failure(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        uow.hold_wakeup("timers", clock.utcnow())
    with platform_unit_of_work(read_only=True) as platform:
        kinds = platform.session.execute(
            text("SELECT kind FROM wakeup WHERE tenant_id = :id"), {"id": tenant.id}
        ).scalars()
        assert list(kinds) == ["timers"]
