"""What every test may ask for: the servers of the run, a booted kernel, fresh tenants, the application."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers import Servers, fresh_database, start_servers

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


@pytest.fixture
def empty_database(servers: Servers) -> Iterator[str]:
    """The superuser address of an empty database, dropped afterwards."""
    with fresh_database(servers) as url:
        yield url
