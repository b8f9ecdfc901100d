"""The web process: `gunicorn ops.wsgi:app`."""

from __future__ import annotations

import os

from saas.app import create_app
from tenants import logs, sentry
from tenants.settings import load_settings

settings = load_settings(os.environ)
logs.configure(settings.log_level)
sentry.configure(settings, process="web")
app = create_app(settings)
