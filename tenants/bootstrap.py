"""What a superuser does once: the three logins' roles, the database and the control schema.

Works on PostgreSQL 15 to 18 and may be repeated: roles belong to the cluster, so several databases share them.
"""

import time
from collections.abc import Callable, Sequence
from typing import LiteralString

import psycopg
from psycopg import sql

OWNER_ROLE = "anju_owner"
APP_ROLE = "anju_app"
ADMIN_ROLE = "anju_admin"
PLATFORM_SCHEMA = "platform"

# Two bootstraps at the same time meet on the shared role catalogue; the later one simply tries again.
_RACES = (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation, psycopg.errors.InternalError_)
_ATTEMPTS = 10

_APP_LIMITS = {
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "5s",
}


def bootstrap_cluster(
    superuser_dsn: str, app_password: str, admin_password: str, *, database: str | None = None
) -> None:
    """Make roles, database and control schema where they are missing, and set the two logins' passwords.

    `database` is the one that the address names unless it is given; it is created where it is missing.
    """
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        name = database or connection.info.dbname
        _retrying(lambda: _make_roles(connection, app_password, admin_password))
        _retrying(lambda: _make_database(connection, name))
    with psycopg.connect(superuser_dsn, dbname=name, autocommit=True) as connection:
        _make_schema(connection)


def _retrying(step: Callable[[], None]) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            return step()
        except _RACES:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.05 * (attempt + 1))
    return None


def _make_roles(connection: psycopg.Connection, app_password: str, admin_password: str) -> None:
    wanted: Sequence[tuple[str, LiteralString, str | None]] = (
        (OWNER_ROLE, "NOLOGIN NOINHERIT", None),
        (APP_ROLE, "LOGIN NOINHERIT", app_password),
        (ADMIN_ROLE, "LOGIN INHERIT CREATEROLE", admin_password),
    )
    for name, attributes, password in wanted:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        verb: LiteralString = "ALTER" if known else "CREATE"
        connection.execute(
            sql.SQL("{} ROLE {} WITH {}").format(sql.SQL(verb), sql.Identifier(name), sql.SQL(attributes))
        )
        if password is not None:
            _set_password(connection, name, password)
    _grant_owner(connection)
    for setting, value in _APP_LIMITS.items():
        connection.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(
                sql.Identifier(APP_ROLE), sql.Identifier(setting), sql.Literal(value)
            )
        )


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Send the SCRAM verifier, so that the password itself never reaches the server's log."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
    )


def _grant_owner(connection: psycopg.Connection) -> None:
    """Let the admin act as the owner. From 16 on a membership says by itself whether SET ROLE is allowed."""
    options: LiteralString = (
        " WITH INHERIT TRUE, SET TRUE" if connection.info.server_version >= 160000 else ""
    )
    connection.execute(
        sql.SQL("GRANT {} TO {}{}").format(
            sql.Identifier(OWNER_ROLE), sql.Identifier(ADMIN_ROLE), sql.SQL(options)
        )
    )


def _make_database(connection: psycopg.Connection, database: str) -> None:
    name, owner = sql.Identifier(database), sql.Identifier(OWNER_ROLE)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        create: LiteralString = (
            "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
        )
        connection.execute(sql.SQL(create).format(name, owner))
    connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, owner))
    # Without TEMP nobody can leave a temporary table behind that hides a tenant's table from the next one.
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role in (APP_ROLE, ADMIN_ROLE):
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role)))


def _make_schema(connection: psycopg.Connection) -> None:
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    connection.execute(
        sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(
            sql.Identifier(PLATFORM_SCHEMA), sql.Identifier(OWNER_ROLE)
        )
    )
    connection.execute(
        sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(
            sql.Identifier(PLATFORM_SCHEMA), sql.Identifier(APP_ROLE)
        )
    )
