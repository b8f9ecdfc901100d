"""The committed API document is the one that the code makes: a difference is a decision, taken with `make openapi`."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from ops.openapi import DOCUMENT
from saas.web.openapi import render
from saas.web.routes import declared_routes

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def spec(app: Flask) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    made: dict[str, dict[str, dict[str, dict[str, object]]]] = json.loads(render(app))
    return made


def test_the_committed_document_is_up_to_date(app: Flask) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(app), "run: make openapi"


def test_it_is_openapi_3_1(spec: dict[str, dict[str, object]]) -> None:
    assert spec["openapi"] == "3.1.0"
    assert all(path.startswith("/api/v1/") for path in spec["paths"])


def test_every_api_route_is_documented(app: Flask, spec: dict[str, dict[str, object]]) -> None:
    documented = {
        (method, path) for path, entry in spec["paths"].items() for method in entry if method in METHODS
    }
    routed = {
        (route.method.lower(), route.rule.replace("<uuid:", "<").replace("<", "{").replace(">", "}"))
        for route in declared_routes(app)
        if route.rule.startswith("/api/v1/")
    }
    assert routed - documented == set()


def test_every_operation_says_who_may_call_it_and_how_errors_look(spec: dict[str, dict[str, object]]) -> None:
    silent = []
    for path, entry in spec["paths"].items():
        for method, operation in entry.items():  # type: ignore[attr-defined]
            if method in METHODS and ("security" not in operation or "default" not in operation["responses"]):
                silent.append(f"{method} {path}")
    assert silent == []
