"""The rules of several servers: kept by this checkout, and each of them noticed when broken."""

from __future__ import annotations

import pytest

from ops.checks.citus import problems, problems_in_source, problems_in_sql


def test_this_checkout_keeps_them() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE x (id bigint GENERATED ALWAYS AS IDENTITY)",
        "CREATE TABLE x (id serial)",
        "CREATE TRIGGER t BEFORE INSERT ON x EXECUTE FUNCTION f()",
        "CREATE TABLE x () INHERITS (y)",
        "ALTER TABLE x ADD COLUMN n int CHECK (n > 0)",
        "ALTER TABLE x ADD COLUMN n int UNIQUE",
        "ALTER TABLE x RENAME CONSTRAINT a TO b",
        "ALTER TABLE x ALTER COLUMN n SET STATISTICS 100",
        "ALTER TABLE x SET SCHEMA other",
        "CREATE SCHEMA s CREATE TABLE x ()",
        "ALTER TABLE x ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES platform.tenant (id)",
    ],
)
def test_a_migration_that_breaks_one_is_noticed(statement: str) -> None:
    assert len(list(problems_in_sql("x", statement))) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE x (id uuid PRIMARY KEY, n int CHECK (n > 0), UNIQUE (n))",
        "ALTER TABLE x ADD COLUMN n int; ALTER TABLE x ADD CONSTRAINT n_positive CHECK (n > 0)",
        "ALTER TABLE x ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES room (id)",
        "CREATE INDEX CONCURRENTLY i ON x (n)",
    ],
)
def test_an_allowed_migration_passes(statement: str) -> None:
    assert list(problems_in_sql("x", statement)) == []


@pytest.mark.parametrize(
    "source",
    [
        "text('SELECT pg_advisory_xact_lock(1)')",
        "text('LISTEN channel')",
        "text('NOTIFY channel')",
        "update(x).values(at=func.now())",
        "text('UPDATE x SET at = now()')",
        "text('INSERT INTO x VALUES (1) ON CONFLICT (id) DO UPDATE SET at = now()')",
        "text('MERGE INTO x USING y ON true')",
        "Column('id', BigInteger, Identity())",
    ],
)
def test_source_that_breaks_one_is_noticed(source: str) -> None:
    assert len(list(problems_in_source("x.py", source))) >= 1


def test_prose_about_the_rules_passes() -> None:
    assert list(problems_in_source("x.py", '"""NOTIFY is not used; nor is pg_advisory_lock."""\n')) == []
