"""The servers of a test run: one throwaway PostgreSQL and Valkey for all workers, a database for each worker."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from ops.embedded.postgres import EmbeddedPostgres
from ops.embedded.valkey import EmbeddedValkey


@dataclass(frozen=True)
class Servers:
    """Addresses as superuser, and the folder of the run."""

    folder: str
    postgres_port: int
    postgres_password: str
    redis_socket: str
    redis_password: str

    def postgres_url(self, database: str = "postgres") -> str:
        """The superuser's address of a database."""
        return f"postgresql://postgres:{self.postgres_password}@127.0.0.1:{self.postgres_port}/{database}"

    def redis_url(self, number: int) -> str:
        """The address of a numbered Valkey database; each worker has one to itself."""
        return f"unix://:{self.redis_password}@{self.redis_socket}?db={number}"

    def as_dict(self) -> dict[str, object]:
        """For handing over to an xdist worker."""
        return asdict(self)


def start_servers(binaries: Path | None) -> tuple[Servers, Callable[[], None]]:
    """Start both servers in a folder of their own; answer their addresses and what ends them."""
    folder = Path(tempfile.mkdtemp(prefix="anju-test-"))
    postgres = EmbeddedPostgres(folder / "postgres", binaries=binaries, throwaway=True)
    valkey = EmbeddedValkey(folder / "valkey", throwaway=True)

    def end() -> None:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)

    try:
        valkey.start()
        postgres.start()
    except BaseException:
        end()
        raise
    servers = Servers(str(folder), postgres.port, postgres.password, str(valkey.socket), valkey.password)
    return servers, end


@contextmanager
def fresh_database(servers: Servers) -> Iterator[str]:
    """An empty database, dropped afterwards; answers its superuser address."""
    name = "anju_" + secrets.token_hex(4)
    with psycopg.connect(servers.postgres_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield servers.postgres_url(name)
    finally:
        with psycopg.connect(servers.postgres_url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
