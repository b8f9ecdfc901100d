"""The stream process: `gunicorn -k gevent ops.stream:app` holds the server-sent-event connections."""

from __future__ import annotations

import os

from ops.streaming import StreamApp
from tenants import logs, sentry
from tenants.settings import load_settings

settings = load_settings(os.environ)
logs.configure(settings.log_level)
sentry.configure(settings, process="stream")
app = StreamApp(settings)
