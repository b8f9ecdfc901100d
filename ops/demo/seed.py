"""The demo tenant, made by the same services that a real firm uses."""

from __future__ import annotations

from ops.demo.logins import LOGINS, PASSWORD, SLUG
from saas.people.role_names import ADMINISTRATOR, RESIDENT
from saas.people.services.signup import FirmDraft, sign_up_firm
from saas.people.services.user_admin import create_user
from tenants.database import Kernel
from tenants.provisioning import keep_spares
from tenants.registry import tenant_by_slug
from tenants.tenant import Tenant

FIRM = "锦绣物业服务有限公司"
COMMUNITY = "锦绣花园"


def seed(kernel: Kernel) -> Tenant:
    """Make the demo tenant where it is missing."""
    found = tenant_by_slug(SLUG)
    if found is not None:
        return found
    keep_spares(1)
    administrator = next(login for login in LOGINS if login.role == ADMINISTRATOR)
    tenant = sign_up_firm(
        FirmDraft(
            request_id="demo",
            firm_name=FIRM,
            admin_name=administrator.name,
            contact=administrator.login,
            password=PASSWORD,
            slug=SLUG,
            community_name=COMMUNITY,
            locale=kernel.settings.locale,
        )
    ).tenant
    for login in LOGINS:
        if login.role not in (ADMINISTRATOR, RESIDENT):
            create_user(tenant, name=login.name, contact=login.login, password=PASSWORD, role=login.role)
    return tenant
