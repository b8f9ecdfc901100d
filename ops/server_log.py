"""What gunicorn says goes the way of all our logs: JSON lines, scrubbed."""

from __future__ import annotations

import os
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from tenants import logs
from tenants.settings import load_settings


class ServerLog(Logger):
    """gunicorn's own words, handed to the root logger; requests are logged by the application, not here."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logs.configure(load_settings(os.environ).log_level)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
