"""Rendering of pages: the layout follows from what was asked, a whole page or a part of it for htmx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, render_template, request
from werkzeug.wrappers import Response

from saas.core.menus import menu_for
from saas.web.auth import current_actor

LAYOUTS = {room: f"web/{room}.html" for room in ("console", "resident", "staff", "public")}
PARTS = {"sheet": "web/sheet.html", "content": "web/fragment.html"}


def page(template: str, /, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any) -> Response:
    """Render ``template``; it begins with {% extends layout("console") %} and fills blocks.

    An htmx request whose target is #sheet or #content gets those blocks alone.
    """
    answer = Response(render_template(template, **context), status=status, mimetype="text/html")
    answer.headers.extend(headers or {})
    answer.vary.update(("HX-Request", "HX-Target", "Cookie", "Accept-Language"))
    return answer


def layout(room: str) -> str:
    """The parent template for this request: a room's frame, or a bare part for htmx."""
    if is_partial():
        return PARTS.get(request.headers.get("HX-Target", ""), "web/fragment.html")
    return LAYOUTS[room]


def is_partial() -> bool:
    """True for htmx requests that swap a part; a boosted link or a history restore wants the whole page."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        layout=layout,
        menu=lambda room: menu_for(room, current_actor()),
        is_partial=is_partial,
    )
