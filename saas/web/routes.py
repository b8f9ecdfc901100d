"""The table of all routes with their declared access, for the tests that walk it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from saas.web.auth import Access, access_of


@dataclass(frozen=True)
class DeclaredRoute:
    rule: str
    method: str
    endpoint: str
    arguments: frozenset[str]
    access: Access | None


def declared_routes(app: Flask) -> list[DeclaredRoute]:
    """One entry per route and method; HEAD and OPTIONS follow from the others and are left out."""
    return sorted(_walk(app), key=lambda route: (route.rule, route.method))


def _walk(app: Flask) -> Iterator[DeclaredRoute]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield DeclaredRoute(
                rule.rule, method, rule.endpoint, frozenset(rule.arguments), access_of(view, method)
            )
