"""`python -m tests.isolation.permission_table` writes permissions.txt: who may knock at which route."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from saas.app import create_app
from saas.people.role_names import ADMINISTRATOR, BUILT_IN, RESIDENT
from saas.people.services.roles import default_grants
from saas.web.auth import Access
from saas.web.routes import declared_routes
from tenants.settings import load_settings

TABLE = Path(__file__).parent / "permissions.txt"
COMMAND = "python -m tests.isolation.permission_table"
GUEST = "guest"
COLUMNS = (ADMINISTRATOR, *(role for role in BUILT_IN if role != ADMINISTRATOR), GUEST)
HEAD = f"""\
# Which built-in role may ask for which route; {COMMAND} writes this file.
# yes: everywhere it is given. own: own things only. -: refused (403, or the sign-in for guests).
# Rows of another community, or of another person, are refused by the services on top of this.
"""


def admission(access: Access, role: str) -> str:
    """Whether the door opens for a role as it is delivered."""
    if access.kind == "public":
        return "yes"
    if role == GUEST:
        return "-"
    if access.permission is not None and access.permission not in default_grants(role):
        return "-"
    return "own" if role == RESIDENT else "yes"


def needed(access: Access) -> str:
    """What a route asks for, in one word."""
    return access.permission or access.kind


def render(app: Flask) -> str:
    """The table as text, one line for each route and method."""
    lines = [("method", "route", "needs", *COLUMNS)]
    for route in declared_routes(app):
        assert route.access is not None, f"{route.method} {route.rule} declares no access"
        doors = [admission(route.access, role) for role in COLUMNS]
        lines.append((route.method, route.rule, needed(route.access), *doors))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return HEAD + "\n".join(rows) + "\n"


def main() -> None:
    """Write the table."""
    TABLE.write_text(render(create_app(load_settings(os.environ))), encoding="utf-8")


if __name__ == "__main__":
    main()
