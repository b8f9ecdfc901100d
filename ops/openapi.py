"""`python -m ops.openapi > docs/openapi.json` writes the API document that is committed."""

from __future__ import annotations

import os
import sys

from saas.app import create_app
from saas.web.openapi import render
from tenants.settings import load_settings


def main() -> None:
    create_app(load_settings(os.environ))
    sys.stdout.write(render())


if __name__ == "__main__":
    main()
