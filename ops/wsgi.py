"""The web process: `gunicorn ops.wsgi:app`."""

from __future__ import annotations

import os

from saas.app import create_app
from tenants.settings import load_settings

app = create_app(load_settings(os.environ))
