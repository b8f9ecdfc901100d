"""`python -m ops.openapi` writes docs/openapi.json, the API document that is committed."""

from __future__ import annotations

import os
from pathlib import Path

from saas.app import create_app
from saas.web.openapi import render
from tenants.settings import load_settings

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def main() -> None:
    DOCUMENT.write_text(render(create_app(load_settings(os.environ))), encoding="utf-8")


if __name__ == "__main__":
    main()
