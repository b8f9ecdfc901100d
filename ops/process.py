"""How a process of ours begins: settings, logs, error reports, the application with all its slices, metrics."""

from __future__ import annotations

import os

from flask import Flask

from saas.app import create_app
from tenants import logs, metrics, sentry
from tenants.database import kernel
from tenants.settings import load_settings


def begin_process(name: str) -> Flask:
    """Set up this process; registering the slices brings their subscribers, effects, jobs and timers."""
    settings = load_settings(os.environ)
    logs.configure(settings.log_level)
    sentry.configure(settings, process=name)
    app = create_app(settings)
    metrics.instrument_engine(kernel().catalog_engine())
    return app
