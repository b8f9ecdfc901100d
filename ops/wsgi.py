"""The web process: `gunicorn ops.wsgi:app`."""

from __future__ import annotations

from ops.process import begin_process
from tenants.caches import InvalidationListener

app = begin_process("web")
InvalidationListener().start()
