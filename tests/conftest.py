"""What every test may ask for: the servers of the run, a booted kernel, fresh tenants, the application."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tenants.bootstrap import bootstrap_cluster
from tenants.database import Kernel, boot, shutdown
from tenants.ids import new_id
from tenants.migrate import migrate_platform
from tenants.settings import Settings, load_settings
from tenants.signup import SignupRequest, create_tenant
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work
from tests.servers import Servers, fresh_database, start_servers

PASSWORD = "only-in-tests"
SERVERS = pytest.StashKey[Servers]()
END = pytest.StashKey[Callable[[], None]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run use another PostgreSQL, such as the system's."""
    parser.addoption(
        "--postgres-bin",
        default=None,
        metavar="FOLDER",
        help="folder of the PostgreSQL programs to test on (default: the embedded ones)",
    )


def servers_of(config: pytest.Config) -> Servers:
    """Start the servers of the run at the first call; pytest_unconfigure ends them."""
    if SERVERS not in config.stash:
        binaries = config.getoption("--postgres-bin")
        config.stash[SERVERS], config.stash[END] = start_servers(Path(binaries) if binaries else None)
    return config.stash[SERVERS]


def pytest_configure(config: pytest.Config) -> None:
    """A worker of pytest-xdist uses the servers of the process that started it."""
    handed = getattr(config, "workerinput", {}).get("servers")
    if handed:
        config.stash[SERVERS] = Servers(**handed)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Hand the servers to a worker of pytest-xdist before it starts."""
    node.workerinput["servers"] = servers_of(node.config).as_dict()  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers that this process started."""
    end = config.stash.get(END, None)
    if end:
        end()


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    """PostgreSQL and Valkey of this run."""
    return servers_of(pytestconfig)


@pytest.fixture(scope="session")
def worker_number() -> int:
    """0, 1 … for the workers of pytest-xdist: the Valkey database of this one."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return int(name.removeprefix("gw"))


@pytest.fixture(scope="session")
def settings(servers: Servers, worker_number: int, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with a database, a Valkey number and a home of this worker's own."""
    database = f"anju_test_{worker_number}"
    bootstrap_cluster(servers.postgres_url(), PASSWORD, PASSWORD, database=database)
    address = f"127.0.0.1:{servers.postgres_port}/{database}"
    return load_settings(
        {
            "ANJU_MODE": "demo",
            "ANJU_HOME": str(tmp_path_factory.mktemp("home")),
            "ANJU_DATABASE_URL": f"postgresql://anju_app:{PASSWORD}@{address}",
            "ANJU_ADMIN_DATABASE_URL": f"postgresql://anju_admin:{PASSWORD}@{address}",
            "ANJU_REDIS_URL": servers.redis_url(worker_number),
            "ANJU_ARGON2_PROFILE": "test",
            "ANJU_WEB_WORKERS": "1",
        }
    )


@pytest.fixture(scope="session")
def migrated(settings: Settings) -> Settings:
    """The settings of a database whose control schema stands."""
    boot(settings)
    migrate_platform()
    return settings


@pytest.fixture
def kernel(migrated: Settings) -> Iterator[Kernel]:
    """The kernel of this process, on a control schema that stands."""
    yield boot(migrated)


def make_tenant(name: str = "试验物业", seed: Callable[[UnitOfWork], None] = lambda uow: None) -> Tenant:
    """A tenant of its own, signed up the way firms are; `seed` fills its schema first."""
    slug = f"t{new_id().hex[-12:]}"
    return create_tenant(SignupRequest(request_id=str(new_id()), slug=slug, name=name), seed)


@pytest.fixture
def tenant(kernel: Kernel) -> Tenant:
    """A fresh, empty tenant."""
    return make_tenant()


@pytest.fixture
def tenant_pair(kernel: Kernel) -> tuple[Tenant, Tenant]:
    """Two fresh tenants that must know nothing of each other."""
    return make_tenant("甲物业"), make_tenant("乙物业")


@pytest.fixture
def uow(tenant: Tenant) -> Iterator[UnitOfWork]:
    """A unit of work of the fresh tenant; it commits when the test ends well."""
    with unit_of_work(tenant) as unit:
        yield unit


@pytest.fixture(scope="session")
def app(migrated: Settings) -> Flask:
    """The application, built once for each worker."""
    application: Flask = import_module("saas.app").create_app(migrated)
    application.testing = True
    return application


class HostClient(FlaskClient):
    """A test client that asks a host of its own; the Host header follows from the base address alone."""

    host = "localhost"

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Ask, at this client's host unless the call names another."""
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", f"http://{self.host}")
        return super().open(*args, **kwargs)


@pytest.fixture
def client_of(app: Flask, kernel: Kernel) -> Callable[[Tenant | None], FlaskClient]:
    """Makes a browser that stands at a tenant's host, or at the base host for None."""

    def make(tenant: Tenant | None) -> FlaskClient:
        client = HostClient(app, app.response_class)
        client.host = f"{tenant.slug}.localhost" if tenant else "localhost"
        return client

    return make


@pytest.fixture
def client(client_of: Callable[[Tenant | None], FlaskClient], tenant: Tenant) -> FlaskClient:
    """A browser at the fresh tenant's host, not signed in."""
    return client_of(tenant)


@pytest.fixture(scope="session", autouse=True)
def _closed_connections() -> Iterator[None]:
    """Give the connections back before the servers end."""
    yield
    shutdown()


@pytest.fixture
def empty_database(servers: Servers) -> Iterator[str]:
    """The superuser address of an empty database, dropped afterwards."""
    with fresh_database(servers) as url:
        yield url
