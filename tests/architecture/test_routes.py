"""Every route says who may enter, and every permission it names is declared."""

from __future__ import annotations

from flask import Flask

from saas.core.permissions import all_permissions
from saas.web.auth import access_of


def test_every_route_declares_its_access(app: Flask) -> None:
    bare = [
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"OPTIONS"})
        if access_of(app.view_functions[rule.endpoint], method) is None
    ]
    assert bare == []


def test_every_permission_of_a_route_is_declared(app: Flask) -> None:
    declared = {permission.code for permission in all_permissions()}
    named = {
        access.permission
        for rule in app.url_map.iter_rules()
        for method in rule.methods or set()
        if (access := access_of(app.view_functions[rule.endpoint], method)) and access.permission
    }
    assert named - declared == set()
