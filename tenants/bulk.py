"""Many rows at once into one table by COPY, inside the unit of work: for imports and runs of thousands of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import JSON, Table

from tenants.orm import TenantBase
from tenants.unit import Unit


def copy_rows(uow: Unit, model: type[TenantBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, which all name the same columns. No default of the model is applied: name every column.

    A constraint that refuses a row raises the error of the driver, and the transaction is lost.
    """
    if not rows:
        return
    uow.session.flush()
    table = model.__table__
    assert isinstance(table, Table)
    names = list(rows[0])
    as_json = [isinstance(table.columns[name].type, JSON) for name in names]
    target = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(name) for name in names)
    )
    driver = uow.session.connection().connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(target) as copy:
        for row in rows:
            copy.write_row(
                [Jsonb(row[name]) if json else row[name] for name, json in zip(names, as_json, strict=True)]
            )


def copy_tuples(
    uow: Unit, model: type[TenantBase], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """The same for rows in the order of `names`, as a stream; JSON columns hold their text already. How many."""
    uow.session.flush()
    target = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(str(model.__tablename__)), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver = uow.session.connection().connection.driver_connection
    assert driver is not None
    number = 0
    with driver.cursor() as cursor, cursor.copy(target) as copy:
        for row in rows:
            copy.write_row(row)
            number += 1
    return number
