"""The Flask application: the kernel's host hook, the shell in saas/web, and the slices, in this order."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

import tenants.web
from saas.estate.setup import register as register_estate
from saas.fees.setup import register as register_fees
from saas.notices.setup import register as register_notices
from saas.people.setup import register as register_people
from saas.repairs.setup import register as register_repairs
from saas.web import api, assets, auth, filters, health, i18n, pages, problems, render, security, watching
from saas.web.proxies import TrustedProxies
from tenants.database import boot
from tenants.settings import Settings

# Each slice's saas/<slice>/setup.py, lowest layer first.
SLICES: tuple[Callable[[Flask], None], ...] = (
    register_people, register_estate, register_notices, register_repairs, register_fees,
)  # fmt: skip

MAX_UPLOAD = 200 * 1024 * 1024  # nine photos from a phone, or a year of ledgers


def create_app(settings: Settings) -> Flask:
    """Build the application for ``settings``; may be called again in the same process (tests do)."""
    boot(settings)
    app = Flask("saas", static_folder=None, template_folder=None)
    app.config.update(ANJU=settings, MAX_CONTENT_LENGTH=MAX_UPLOAD, MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024)
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    watching.init_app(app)
    tenants.web.init_app(app)
    for module in (i18n, filters, assets, render, problems, api, auth):
        module.init_app(app)
    security.init_app(app, settings)
    health.init_app(app)
    pages.init_app(app)
    for register in SLICES:
        register(app)
    return app
