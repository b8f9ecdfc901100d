"""Find your firm: from a short name, or the start of an address, to the firm's own host."""

from __future__ import annotations

import re

from flask import Request, current_app

from tenants.registry import tenant_by_slug
from tenants.settings import Settings
from tenants.tenant import Tenant

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def find_firm(words: str) -> Tenant | None:
    """By short name only: names of firms are not searchable from outside, or anyone could list our customers."""
    slug = words.strip().lower().removeprefix("https://").removeprefix("http://").split("/")[0].split(".")[0]
    return tenant_by_slug(slug) if _SLUG.fullmatch(slug) else None


def firm_address(tenant: Tenant, asked: Request) -> str:
    """The root of the firm's host, with the scheme and port of the present request."""
    settings: Settings = current_app.config["ANJU"]
    port = asked.host.rpartition(":")[2] if ":" in asked.host else ""
    suffix = f":{port}" if port.isdigit() else ""
    return f"{asked.scheme}://{tenant.slug}.{settings.base_domain}{suffix}/"
