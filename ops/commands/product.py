"""A command that needs the product: the kernel booted, slices registered, refusals and lost servers in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError, ProgrammingError

from ops.commands.output import current_settings
from ops.embedded.process import StartError
from saas.app import create_app
from saas.core.errors import DomainError
from tenants.database import Kernel, boot, kernel, shutdown
from tenants.registry import tenant_by_slug
from tenants.settings import Settings
from tenants.tenant import Tenant


@contextmanager
def booted(*, admin: bool = False) -> Iterator[Kernel]:
    """The kernel for the time of one command; `admin` when it provisions or migrates."""
    settings = _settings(admin)
    with _one_line():
        try:
            yield boot(settings)
        finally:
            shutdown()


@contextmanager
def product(*, admin: bool = False) -> Iterator[Kernel]:
    """The same with every slice registered, so that a change is heard by those who subscribed."""
    settings = _settings(admin)
    with _one_line():
        try:
            with create_app(settings).app_context():
                yield kernel()
        finally:
            shutdown()


def named_tenant(slug: str) -> Tenant:
    """The tenant of that slug, or one line that there is none."""
    found = tenant_by_slug(slug)
    if found is None:
        raise StartError(f"there is no tenant {slug}; `anju tenant list` shows all")
    return found


def _settings(admin: bool) -> Settings:
    settings = current_settings()
    if admin and settings.admin_database_url is None:
        raise StartError(f"no Anju runs in {settings.home} and ANJU_ADMIN_DATABASE_URL is not set")
    return settings


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StartError(f"cannot reach the database; does Anju run? ({_first_line(error.orig)})") from error
    except ProgrammingError as error:
        raise StartError(f"the database refuses; run: anju migrate ({_first_line(error.orig)})") from error
    except RedisError as error:
        raise StartError(f"cannot reach Redis: {error}") from error
    except DomainError as error:
        raise StartError(refusal(error)) from error


def refusal(error: DomainError) -> str:
    """What the product refuses, with the fields that are wrong."""
    fields = "; ".join(
        f"{name}: {' '.join(str(text) for text in texts)}" for name, texts in error.fields.items()
    )
    return f"{error.message} ({fields})" if fields else str(error.message)


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().splitlines()[0]
