"""The demo tenant, made by the same services that a real firm uses."""

from __future__ import annotations

from ops.demo.logins import SLUG
from ops.demo.story import tell_story
from ops.demo.town import fill_town, found_firm
from tenants.database import Kernel
from tenants.provisioning import keep_spares
from tenants.registry import tenant_by_slug
from tenants.tenant import Tenant


def seed(kernel: Kernel) -> Tenant:
    """Make the demo tenant, or what is missing of it after a start that was cut short."""
    keep_spares(1)
    tenant = tenant_by_slug(SLUG) or found_firm(kernel.settings.locale)
    fill_town(tenant)
    tell_story(tenant)
    return tenant
