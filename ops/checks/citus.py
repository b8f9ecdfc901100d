"""What the code must keep so that tenants can later live on several servers (Citus schema sharding).

`python -m ops.checks.citus` reads the rendered migrations and the string literals of the source and prints what
would not work there.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tenants.migrate import PLATFORM_TREE, TENANT_TREE, tenant_revisions

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("tenants", "plugins", "saas", "ops", "billing_providers", "device_adapters")
FLAGS = re.IGNORECASE | re.DOTALL

# Of a migration: the statement as PostgreSQL gets it.
SQL_RULES = {
    r"\bGENERATED\s+(ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b": "identity column: make ids in the app",
    r"\b(small)?serial\b": "serial column: make ids in the app",
    r"\bCREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\b": "trigger: rows are written by the app",
    r"\bINHERITS\s*\(": "table inheritance",
    r"\bADD\s+COLUMN\b[^;]*\b(CHECK\s*\(|UNIQUE\b|PRIMARY\s+KEY\b)": "ADD COLUMN with an inline constraint: name it and ADD CONSTRAINT",
    r"\bRENAME\s+CONSTRAINT\b": "RENAME CONSTRAINT",
    r"\bALTER\s+CONSTRAINT\b": "ALTER CONSTRAINT",
    r"\bSET\s+STATISTICS\b": "SET STATISTICS",
    r"\bSET\s+STORAGE\b": "SET STORAGE",
    r"\bSET\s+SCHEMA\b": "SET SCHEMA",
    r"\bCREATE\s+SCHEMA\b[^;]*\bCREATE\s+TABLE\b": "schema and tables in one statement",
    r"\bREFERENCES\s+platform\.": "foreign key into platform",
    r"\bREFERENCES\s+\"?t_[a-z2-7]{20,}": "foreign key between tenants",
}
# Of the source: SQL in string literals, anywhere.
TEXT_RULES = {
    r"\bpg_(try_)?advisory_": "advisory lock: locks are rows",
    r"^\s*(UN)?LISTEN\s+\w": "LISTEN: wake-ups go over Redis",
    r"^\s*NOTIFY\s+\w|\bpg_notify\s*\(": "NOTIFY: wake-ups go over Redis",
    r"^\s*MERGE\s+INTO\b": "MERGE",
    r"\bset_config\s*\(": "set_config never reaches another server",
    r"\bON\s+CONFLICT\b.*\bDO\s+UPDATE\b.*\b(now|clock_timestamp|random|gen_random_uuid)\s*\(": "volatile function in ON CONFLICT",
    r"\bRETURNING\b.*\b(now|clock_timestamp|random|gen_random_uuid)\s*\(": "volatile function in RETURNING",
    r"\bUPDATE\b.*\bSET\b.*\b(now|clock_timestamp|random|gen_random_uuid)\s*\(": "volatile function in UPDATE … SET",
    r"^\s*CREATE\s+(OR\s+REPLACE\s+)?TRIGGER\b": "trigger: rows are written by the app",
}
# Of the source: what SQLAlchemy would render into the above.
CALL_RULES = {
    "func.now": "func.now(): pass clock.utcnow()",
    "func.clock_timestamp": "func.clock_timestamp(): pass clock.utcnow()",
    "func.current_timestamp": "func.current_timestamp(): pass clock.utcnow()",
    "func.random": "func.random(): draw in the app",
    "func.gen_random_uuid": "func.gen_random_uuid(): use tenants.ids.new_id()",
    "func.pg_advisory_lock": "advisory lock: locks are rows",
    "func.pg_advisory_xact_lock": "advisory lock: locks are rows",
    "func.pg_try_advisory_xact_lock": "advisory lock: locks are rows",
    "func.set_config": "set_config never reaches another server",
    "Identity": "identity column: make ids in the app",
}


def problems_in_sql(name: str, statements: str) -> Iterator[str]:
    """What a migration's SQL holds that would not run there."""
    for pattern, reason in SQL_RULES.items():
        if re.search(pattern, statements, FLAGS):
            yield f"{name}: {reason}"


def problems_in_source(name: str, source: str) -> Iterator[str]:
    """What a module's literals and calls hold that would not work there."""
    tree = ast.parse(source)
    docs = set(_docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            for pattern, reason in TEXT_RULES.items():
                if re.search(pattern, node.value, FLAGS):
                    yield f"{name}:{node.lineno}: {reason}"
        elif isinstance(node, ast.Call):
            reason = CALL_RULES.get(ast.unparse(node.func), "")
            if reason:
                yield f"{name}:{node.lineno}: {reason}"


def problems() -> list[str]:
    """Everything found in this checkout."""
    found: list[str] = []
    for revision in tenant_revisions(TENANT_TREE):
        found.extend(problems_in_sql(f"tenant revision {revision.name}", revision.sql))
    for revision in tenant_revisions(PLATFORM_TREE):
        found.extend(problems_in_sql(f"platform revision {revision.name}", revision.sql))
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path != Path(__file__).resolve():
                found.extend(
                    problems_in_source(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
                )
    return found


def _docstrings(tree: ast.Module) -> Iterator[int]:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr):
            yield id(node.body[0].value)


def main() -> int:
    """Print what was found; status 1 when there is something."""
    found = problems()
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
