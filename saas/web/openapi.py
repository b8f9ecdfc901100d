"""The OpenAPI document as text, stable enough that a diff is a decision."""

from __future__ import annotations

import json

from flask import Flask

from saas.web.api import document


def render(app: Flask) -> str:
    return json.dumps(document(app), ensure_ascii=False, indent=2, sort_keys=True, default=float) + "\n"
