"""Pages and endpoints of the shell itself: the start, display switches, live tickets, static files, PWA."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, current_app, json, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from saas.core.errors import InvalidInput
from saas.core.live import authorise_topics, ticket
from saas.core.menus import home_for
from saas.web import assets
from saas.web.auth import LOGIN_PATH, current_actor, public, signed_in
from saas.web.firms import find_firm, firm_address
from saas.web.i18n import LOCALE_COOKIE, LOCALES
from saas.web.render import page, safe_next
from saas.web.security import is_secure, stream_url
from saas.web.work import work
from tenants.context import tenant_if_bound
from tenants.settings import Settings
from tenants.web import works_while_suspended

blueprint = Blueprint("web", __name__, template_folder="templates")

YEAR = 365 * 24 * 3600
SWITCHES = {
    "locale": (LOCALE_COOKIE, LOCALES),
    "theme": ("anju_theme", ("light", "dark", "auto")),
    "size": ("anju_size", ("normal", "large")),
}


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.context_processor(shell_context)


def shell_context() -> dict[str, Any]:
    """What every layout needs."""
    settings: Settings = current_app.config["ANJU"]
    return {
        "tenant": tenant_if_bound(),
        "demo": settings.demo,
        "theme": _switch("theme", "light"),
        "size": _switch("size", "normal"),
        "stream_url": stream_url(request, settings),
    }


@blueprint.get("/")
@public("the first page: the base host's landing page, or the way to one's own first page")
def start() -> Response:
    if tenant_if_bound() is None:
        return page("web/landing.html", words="", not_found=False)
    actor = current_actor()
    if actor.kind == "guest":
        return redirect(LOGIN_PATH)
    endpoint = home_for(actor)
    return redirect(url_for(endpoint)) if endpoint else page("web/no_home.html")


@blueprint.get("/find")
@public("someone who knows the firm's name or short name looks for its address")
def find() -> Response:
    words = request.args.get("firm", "").strip()
    found = find_firm(words) if words else None
    if found is not None:
        return redirect(firm_address(found, request))
    return page("web/landing.html", words=words, not_found=bool(words))


@blueprint.post("/display")
@works_while_suspended
@public("language, theme and large type belong to the device, signed in or not")
def display() -> Response:
    """Set one switch for this device and come back; plain form, works without JavaScript."""
    name, value = request.form.get("name", ""), request.form.get("value", "")
    cookie, allowed = SWITCHES.get(name, ("", ()))
    if value not in allowed:
        raise InvalidInput(fields={"value": [_("Choose one of the offered values.")]})
    answer = redirect(safe_next(request.form.get("next")))
    secure = is_secure(current_app.config["ANJU"])
    answer.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", secure=secure, httponly=False)
    return answer


@blueprint.post("/live/ticket")
@works_while_suspended
@signed_in
def live_ticket() -> Response:
    """A signed ticket for the stream, for the topics this actor may follow."""
    asked = request.get_json(silent=True)
    wanted = asked.get("topics") if isinstance(asked, dict) else None
    topics = [str(topic) for topic in wanted] if isinstance(wanted, list) else []
    with work(read_only=True) as uow:
        allowed = authorise_topics(uow, current_actor(), topics)
    signed = ticket(current_actor(), allowed, origin=request.host_url.rstrip("/"))
    body = {"ticket": signed, "url": stream_url(request, current_app.config["ANJU"])}
    return _json(body)


@blueprint.get("/csrf")
@public("a page that was kept offline asks for a fresh form token before it sends")
def csrf_token() -> Response:
    return _json({"token": generate_csrf()})


@blueprint.get("/static/<version>/<path:path>")
@public("stylesheets, scripts and icons hold nothing of any firm")
def static_file(version: str, path: str) -> Response:
    return assets.serve(current_app.extensions["anju_static"], version, path)


@blueprint.get("/sw.js")
@public("the service worker must be served from the root")
def service_worker() -> Response:
    answer = Response(render_template("web/sw.js"), mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@blueprint.get("/manifest.webmanifest")
@public("browsers read the manifest before anyone signs in")
def web_manifest() -> Response:
    tenant = tenant_if_bound()
    name = tenant.name if tenant else _("Anju")
    icons = [
        {
            "src": _asset(f"img/icon-{side}.png"),
            "sizes": f"{side}x{side}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for side in (192, 512)
    ]
    body = {
        "name": name,
        "short_name": name[:12],
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f6f7",
        "theme_color": "#0b6b6b",
        "icons": icons,
    }
    return Response(json.dumps(body), mimetype="application/manifest+json")


@blueprint.get("/offline")
@public("shown by the service worker when there is no network")
def offline() -> Response:
    return page("web/offline.html")


@blueprint.get("/favicon.ico")
@public("browsers ask for it by themselves")
def favicon() -> Response:
    return redirect(_asset("img/icon.svg"), 301)


def _asset(path: str) -> str:
    return assets.asset_url(current_app.extensions["anju_static"], path)


def _switch(name: str, default: str) -> str:
    cookie, allowed = SWITCHES[name]
    value = request.cookies.get(cookie, default)
    return value if value in allowed else default


def _json(body: dict[str, Any]) -> Response:
    answer = Response(json.dumps(body), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer
