"""The OpenAPI document as text, stable enough that a diff is a decision."""

from __future__ import annotations

import json

from saas.web import api


def render() -> str:
    """Of the application built last in this process."""
    return json.dumps(api.document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
