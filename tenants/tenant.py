"""What the code knows about a tenant while it works for it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from tenants.ids import tenant_schema

TenantState = Literal["active", "suspended", "export", "erased"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """One property-management firm. Schema and role follow from the id and are never stored."""

    id: UUID
    slug: str
    name: str
    state: TenantState = "active"
    time_zone: str = "Asia/Shanghai"
    locale: str = "zh_Hans_CN"
    currency: str = "CNY"

    @property
    def schema(self) -> str:
        """Name of the schema that holds all of the tenant's tables."""
        return tenant_schema(self.id)

    @property
    def role(self) -> str:
        """Name of the NOLOGIN role that a transaction takes on."""
        return tenant_schema(self.id)
