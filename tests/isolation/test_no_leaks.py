"""A pooled connection never carries a tenant over to the next transaction, whatever ended the last one."""

import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from ops.load.tenant_leaks import run_mix
from tenants import database
from tenants.database import Kernel, Scope, close_connection, open_transaction, tenant_scope
from tenants.settings import Settings
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work

WHO = text("SELECT current_user, current_schema()")


def test_the_role_and_the_schema_are_the_tenants(tenant: Tenant, other: Tenant) -> None:
    for expected in (tenant, other, tenant):
        with unit_of_work(expected) as uow:
            assert tuple(uow.session.execute(WHO).one()) == (expected.role, expected.schema)


def test_savepoints_give_up_only_their_part(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        uow.session.execute(text("INSERT INTO counter VALUES ('a', '', 1)"))
        with pytest.raises(IntegrityError), uow.savepoint():
            uow.session.execute(text("INSERT INTO counter VALUES ('b', '', 1)"))
            uow.session.execute(text("INSERT INTO counter VALUES ('a', '', 2)"))
        assert tuple(uow.session.execute(WHO).one()) == (tenant.role, tenant.schema)
    with unit_of_work(tenant, read_only=True) as uow:
        assert uow.session.execute(text("SELECT kind, value FROM counter")).all() == [("a", 1)]


def test_an_exception_rolls_all_back(tenant: Tenant) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work(tenant) as uow:
        uow.session.execute(text("INSERT INTO counter VALUES ('a', '', 1)"))
        _ = 1 / 0
    with unit_of_work(tenant, read_only=True) as uow:
        assert uow.session.execute(text("SELECT count(*) FROM counter")).scalar_one() == 0


def test_hints_run_only_after_a_commit(tenant: Tenant) -> None:
    heard: list[str] = []
    with pytest.raises(ZeroDivisionError), unit_of_work(tenant) as uow:
        uow.after_commit(lambda: heard.append("never"))
        _ = 1 / 0
    with unit_of_work(tenant) as uow:
        uow.after_commit(lambda: heard.append("later"))
        assert heard == []
    assert heard == ["later"]


def test_a_statement_timeout_leaves_nothing_behind(tenant: Tenant, other: Tenant) -> None:
    with pytest.raises(OperationalError) as caught, unit_of_work(tenant) as uow:
        uow.session.execute(text("SET LOCAL statement_timeout = '20ms'"))
        uow.session.execute(text("SELECT pg_sleep(5)"))
    assert isinstance(caught.value.orig, psycopg.errors.QueryCanceled)
    with unit_of_work(other) as uow:
        assert tuple(uow.session.execute(WHO).one()) == (other.role, other.schema)
        assert uow.session.execute(text("SHOW statement_timeout")).scalar_one() == "30s"


def test_a_cancelled_statement_leaves_nothing_behind(tenant: Tenant, other: Tenant) -> None:
    with pytest.raises(OperationalError), unit_of_work(tenant) as uow:
        driver = uow.session.connection().connection.dbapi_connection
        assert isinstance(driver, psycopg.Connection)
        threading.Timer(0.05, driver.cancel_safe).start()
        uow.session.execute(text("SELECT pg_sleep(5)"))
    with unit_of_work(other) as uow:
        assert tuple(uow.session.execute(WHO).one()) == (other.role, other.schema)


def test_a_killed_backend_is_replaced_without_an_error_for_the_next(
    kernel: Kernel, tenant: Tenant, other: Tenant, superuser: psycopg.Connection
) -> None:
    with unit_of_work(tenant) as uow:
        pid = uow.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    _kill(superuser, pid)
    with unit_of_work(other) as uow:
        assert tuple(uow.session.execute(WHO).one()) == (other.role, other.schema)


def test_a_backend_killed_in_mid_transaction_is_an_error_and_nothing_else(
    tenant: Tenant, other: Tenant, superuser: psycopg.Connection
) -> None:
    with pytest.raises(DBAPIError), unit_of_work(tenant) as uow:
        uow.session.execute(text("INSERT INTO counter VALUES ('a', '', 1)"))
        _kill(superuser, uow.session.execute(text("SELECT pg_backend_pid()")).scalar_one())
        uow.session.execute(text("SELECT 1"))
    for expected in (other, tenant):
        with unit_of_work(expected) as uow:
            assert tuple(uow.session.execute(WHO).one()) == (expected.role, expected.schema)
            assert uow.session.execute(text("SELECT count(*) FROM counter")).scalar_one() == 0


def test_session_level_settings_do_not_reach_the_next_tenant(tenant: Tenant, other: Tenant) -> None:
    """Even a stray plain SET, which outlives its transaction, is overruled by the next first message."""
    with unit_of_work(tenant) as uow:
        uow.session.execute(text(f"SET search_path = {tenant.schema}"))
        uow.session.execute(text(f"SET ROLE {tenant.role}"))
    with unit_of_work(other) as uow:
        assert tuple(uow.session.execute(WHO).one()) == (other.role, other.schema)


def test_a_role_that_does_not_exist_leaves_a_clean_connection(kernel: Kernel, tenant: Tenant) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        open_transaction(kernel.catalog_engine(), Scope("nowhere", "nobody"))
    with unit_of_work(tenant) as uow:
        assert tuple(uow.session.execute(WHO).one()) == (tenant.role, tenant.schema)


@pytest.mark.parametrize("name", ["a; DROP TABLE x", 'a"b', "a b", "A", ""])
def test_names_that_are_not_plain_never_reach_the_server(name: str) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        Scope(name, None).begin_message()


def test_a_connection_is_retired_after_many_tenants(
    kernel: Kernel, new_tenant: Callable[[], Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MAX_TENANTS_PER_CONNECTION", 3)
    engine = database.make_engine(kernel.catalog_dsn())
    pids = []
    for tenant in [new_tenant() for _ in range(4)]:
        connection = open_transaction(engine, tenant_scope(tenant))
        pids.append(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        connection.commit()
        close_connection(connection)
    engine.dispose()
    assert pids[0] == pids[1] == pids[2] != pids[3]


def test_a_short_mix_of_endings_leaks_nothing(
    migrated: Settings, new_tenant: Callable[[], Tenant], superuser: psycopg.Connection
) -> None:
    tenants = [new_tenant() for _ in range(6)]
    outcome = run_mix(tenants, transactions=1500, threads=4, seed=7, kill=lambda pid: _kill(superuser, pid))
    assert outcome.wrong == ()
    assert outcome.transactions == 1500
    assert set(outcome.endings) == {"commit", "abort", "savepoint", "timeout", "cancel", "kill"}


def _kill(superuser: psycopg.Connection, pid: int) -> None:
    superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
    while superuser.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
        time.sleep(0.005)
