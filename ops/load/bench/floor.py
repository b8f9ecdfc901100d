"""The floor: the list of orders as bare psycopg and orjson answer it, without any of the product's own work."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import psycopg

SCHEMA = os.environ.get("FLOOR_SCHEMA", "")
LIST = f"""
SELECT o.id, o.number, o.state, o.category, o.urgency, o.description, o.place_text, o.reporter_name, o.created_at,
       o.state_at, o.next_due, o.next_due_at, o.version, c.name AS community, b.name AS building
FROM {SCHEMA}.repair_order o
JOIN {SCHEMA}.community c ON c.id = o.community_id
LEFT JOIN {SCHEMA}.building b ON b.id = o.building_id
ORDER BY o.id DESC LIMIT %s
"""
_local = threading.local()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """`/healthz`, else the list; `?limit=` as in the product."""
    if environ["PATH_INFO"] == "/healthz":
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    limit = int(environ.get("QUERY_STRING", "limit=20").rpartition("=")[2] or 20)
    with _connection().cursor(row_factory=psycopg.rows.dict_row) as cursor:
        rows = cursor.execute(LIST, (limit,)).fetchall()
    body = orjson.dumps({"items": rows, "next_cursor": None})
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _connection() -> psycopg.Connection[Any]:
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ["FLOOR_URL"], autocommit=True)
    connection: psycopg.Connection[Any] = _local.connection
    return connection
