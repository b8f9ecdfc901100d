"""Rendering of pages: the layout follows from what was asked, a whole page or a part of it for htmx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from saas.core.menus import menu_for, search_endpoint
from saas.web.auth import current_actor

LAYOUTS = {room: f"web/{room}.html" for room in ("console", "resident", "staff", "public")}
PARTS = {"sheet": "web/sheet.html", "content": "web/fragment.html"}


def page(
    template: str, /, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> Response:
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


def here(**changes: Any) -> str:
    """This page's address with some query arguments changed, or removed when None; the cursor starts anew."""
    args: dict[str, Any] = {name: request.args.getlist(name) for name in request.args if name != "cursor"}
    args.update(request.view_args or {})
    args.update(changes)
    given = {name: value for name, value in args.items() if value is not None}
    return url_for(request.endpoint or "web.start", **given)


def next_page(cursor: str) -> str:
    return here(cursor=cursor)


def safe_next(target: str | None, default: str = "/") -> str:
    """A path on this host, or ``default``: never another site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    return default if any(ord(sign) < 32 for sign in target) else target


def say(message: Any, kind: str = "done") -> None:
    """Show a toast on the next page; kind is done, alert or wait."""
    flash(str(message), kind)


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        layout=layout,
        menu=lambda room: menu_for(room, current_actor()),
        is_partial=is_partial,
        here=here,
        next_page=next_page,
        safe_next=safe_next,
        search_endpoint=search_endpoint,
    )
