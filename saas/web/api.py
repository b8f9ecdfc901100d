"""The REST API object all slices register their blueprints with; OpenAPI 3.1 comes from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import Flask
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint

from saas.web.routes import declared_routes

__all__ = ["API_PREFIX", "Blueprint", "CursorArgs", "ProblemSchema", "api", "listing_of"]

API_PREFIX = "/api/v1"
_PATH_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


class Blueprint(SmorestBlueprint):
    """flask-smorest's, with each argument schema made once: making one copies every field, on every request."""

    def arguments(self, schema: Any, **options: Any) -> Callable[[Any], Any]:
        ready = schema() if isinstance(schema, type) and issubclass(schema, ma.Schema) else schema
        decorate: Callable[[Any], Any] = super().arguments(ready, **options)
        return decorate


class ProblemSchema(ma.Schema):
    """RFC 9457 problem; ``code`` is stable, ``fields`` names what to correct."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    field_errors = ma.fields.Dict(
        data_key="fields", keys=ma.fields.String(), values=ma.fields.List(ma.fields.String())
    )


class CursorArgs(ma.Schema):
    """Query arguments of every list."""

    cursor = ma.fields.String(load_default=None, metadata={"description": "next_cursor of the page before"})
    limit = ma.fields.Integer(load_default=50, validate=ma.validate.Range(1, 200))


def listing_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """The schema of one page: {"items": [...], "next_cursor": ...}."""
    name = f"{item.__name__.removesuffix('Schema')}List"
    return ma.Schema.from_dict(
        {
            "items": ma.fields.List(ma.fields.Nested(item), required=True),
            "next_cursor": ma.fields.String(required=True, allow_none=True),
        },
        name=name,
    )


class AnjuApi(Api):
    """flask-smorest, with errors documented and answered as problem+json (see problems.py)."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """saas/web/problems.py answers errors of API and pages in one place."""


api = AnjuApi()


def init_app(app: Flask) -> None:
    app.config.update(
        API_TITLE="Anju API",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
        API_SPEC_OPTIONS={"servers": [{"url": "/"}], "info": {"description": _DESCRIPTION}},
    )
    api.init_app(app)
    api.ma_plugin.converter.add_attribute_function(decimal_as_written)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": "anju_session"})


def decimal_as_written(
    _converter: Any, field: ma.fields.Field, ret: dict[str, Any], **_: Any
) -> dict[str, Any]:
    """Exact decimals travel as text such as "89.47"; apispec takes them for numbers."""
    if not (isinstance(field, ma.fields.Decimal) and field.as_string):
        return {}
    types = ret.get("type", "number")
    return {
        "type": ["string" if each == "number" else each for each in types]
        if isinstance(types, list)
        else "string"
    }


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document: errors as problem+json, and per operation who may call it."""
    spec = _with_problem_media(api.spec.to_dict())
    for route in declared_routes(app):
        path = _PATH_ARGUMENT.sub(r"{\1}", route.rule)
        operation = spec["paths"].get(path, {}).get(route.method.lower())
        if operation is None or route.access is None:
            continue
        open_to_all = route.access.kind == "public"
        operation["security"] = [] if open_to_all else [{"bearer": []}, {"session": []}]
        if route.access.permission:
            operation["x-permission"] = route.access.permission
    return spec


def _with_problem_media(spec: dict[str, Any]) -> dict[str, Any]:
    for response in spec.get("components", {}).get("responses", {}).values():
        content = response.get("content", {})
        if (
            content.get("application/json", {}).get("schema", {}).get("$ref")
            == "#/components/schemas/Problem"
        ):
            response["content"] = {"application/problem+json": content["application/json"]}
    return spec


_DESCRIPTION = (
    "Same resources as the pages. Lists are {items, next_cursor}; errors are problem+json (RFC 9457); "
    "ids are UUIDs as strings; instants are RFC 3339 in UTC."
)
