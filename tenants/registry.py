"""The tenant directory: which tenant a host name, an id or a slug means. Cached in the process for seconds."""

import ipaddress
import time
from enum import Enum
from typing import Final, Generic, Literal, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Select, select

from tenants.caches import ProcessCache
from tenants.database import kernel
from tenants.platform_models import Host, TenantRow
from tenants.settings import Settings
from tenants.tenant import Tenant
from tenants.unit_of_work import platform_unit_of_work

ROUTE_SECONDS = 30.0
STATE_SECONDS = 5.0
UNKNOWN_SECONDS = 1.0
_MAX_ENTRIES = 10_000

K = TypeVar("K")
V = TypeVar("V")


class BaseHost(Enum):
    """The base host: sign-up and "find your firm"; no tenant."""

    BASE = "base"


BASE: Final = BaseHost.BASE


class _Timed(Generic[K, V]):
    """A small cache whose entries go stale by themselves."""

    def __init__(self) -> None:
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        return entry[1] if entry is not None and entry[0] > time.monotonic() else None

    def put(self, key: K, value: V, seconds: float) -> V:
        if len(self._entries) >= _MAX_ENTRIES:
            self._entries.clear()
        self._entries[key] = (time.monotonic() + seconds, value)
        return value

    def drop(self, key: K) -> None:
        self._entries.pop(key, None)

    def drop_value(self, value: V) -> None:
        for key, entry in list(self._entries.items()):
            if entry[1] == value:
                self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()


_routes: _Timed[str, UUID | Literal["unknown"]] = _Timed()
_slugs: _Timed[str, UUID | Literal["unknown"]] = _Timed()
_tenants: ProcessCache[Tenant | None] = ProcessCache("tenant_state", STATE_SECONDS)


def tenant_for_host(host: str) -> Tenant | BaseHost | None:
    """Whom a Host header means: a tenant, the base host, or None for a name that we do not serve."""
    settings = kernel().settings
    if settings.single_tenant is not None:
        return tenant_by_slug(settings.single_tenant)
    name = host_name(host)
    if is_base_host(name, settings):
        return BASE
    slug = _slug_in(name, settings)
    return tenant_by_slug(slug) if slug is not None else _tenant_of_own_host(name)


def tenant_by_id(tenant_id: UUID) -> Tenant | None:
    """The tenant, at most five seconds old; None when unknown or erased."""
    return _tenants.get(tenant_id, "", lambda: _read(select(TenantRow).where(TenantRow.id == tenant_id)))


def tenant_by_slug(slug: str) -> Tenant | None:
    """The tenant that owns a slug."""
    known = _slugs.get(slug)
    if known == "unknown":
        return None
    if known is not None:
        return tenant_by_id(known)
    tenant = _read(select(TenantRow).where(TenantRow.slug == slug))
    if tenant is None:
        _slugs.put(slug, "unknown", UNKNOWN_SECONDS)
    else:
        _slugs.put(slug, tenant.id, ROUTE_SECONDS)
        _tenants.get(tenant.id, "", lambda: tenant)
    return tenant


def all_tenants() -> list[Tenant]:
    """Every tenant that is not erased, by slug; straight from the directory."""
    with platform_unit_of_work(read_only=True) as uow:
        rows = uow.session.execute(
            select(TenantRow).where(TenantRow.state != "erased").order_by(TenantRow.slug)
        ).scalars()
        return [_tenant(row) for row in rows]


def invalidate(tenant_id: UUID, *, slug: str | None = None) -> None:
    """Forget what is known of a tenant: here at once, in the other processes by message (or by age)."""
    _tenants.invalidate(tenant_id)
    _routes.drop_value(tenant_id)
    _slugs.drop_value(tenant_id)
    if slug is not None:
        _slugs.drop(slug)


def forget_all() -> None:
    """Forget everything, as after a restart."""
    _routes.clear()
    _slugs.clear()
    _tenants.clear()


def host_name(host: str) -> str:
    """The name in a Host header: lower case, without port, brackets and final dot."""
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")


def is_base_host(name: str, settings: Settings) -> bool:
    """Whether a name is the base domain, `localhost`, a bare address or the public address."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    return name in ("localhost", settings.base_domain.lower(), public) or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _slug_in(name: str, settings: Settings) -> str | None:
    for domain in (settings.base_domain.lower(), "localhost"):
        label = name.removesuffix("." + domain)
        if label != name:
            return label
    return None


def _tenant_of_own_host(name: str) -> Tenant | None:
    known = _routes.get(name)
    if known == "unknown":
        return None
    if known is not None:
        return tenant_by_id(known)
    tenant = _read(select(TenantRow).join(Host, Host.tenant_id == TenantRow.id).where(Host.name == name))
    if tenant is None:
        _routes.put(name, "unknown", UNKNOWN_SECONDS)
    else:
        _routes.put(name, tenant.id, ROUTE_SECONDS)
        _tenants.get(tenant.id, "", lambda: tenant)
    return tenant


def _read(statement: Select[TenantRow]) -> Tenant | None:
    with platform_unit_of_work(read_only=True) as uow:
        row = uow.session.execute(statement.where(TenantRow.state != "erased")).scalar_one_or_none()
        tenant = _tenant(row) if row is not None else None
    return tenant


def _tenant(row: TenantRow) -> Tenant:
    return Tenant(
        id=row.id,
        slug=row.slug,
        name=row.name,
        state=row.state,
        time_zone=row.time_zone,
        locale=row.locale,
        currency=row.currency,
    )
