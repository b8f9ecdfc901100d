"""The embedded servers start, keep what they were told, and come back after the worst end."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import psycopg
import pytest
import redis

from ops.embedded.postgres import EmbeddedPostgres
from ops.embedded.process import StartError, runs_as
from ops.embedded.valkey import EmbeddedValkey


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def postgres(tmp_path: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(tmp_path / "postgres", throwaway=True)


def test_postgres_survives_kill_of_postmaster(postgres: EmbeddedPostgres) -> None:
    try:
        postgres.start()
        port, password = postgres.port, postgres.password
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            assert postgres.process is not None
            postgres.process.send_signal(signal.SIGKILL)
            postgres.process.wait()
        assert (postgres.data / "postmaster.pid").exists()
        postgres.start()
        with psycopg.connect(postgres.url()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert (postgres.port, postgres.password) == (port, password)
        assert mode(postgres.folder) == 0o700
        assert mode(postgres.folder / "password") == 0o600
    finally:
        postgres.stop()


def test_postgres_pid_file_naming_a_stranger_is_no_obstacle(postgres: EmbeddedPostgres) -> None:
    postgres.prepare()
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.data}\n")
    try:
        postgres.start()
    finally:
        postgres.stop()


def test_postgres_takes_over_from_a_lost_postmaster(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    postgres.start()
    assert postgres.process is not None
    second = EmbeddedPostgres(tmp_path / "postgres", throwaway=True)
    try:
        second.start()
        assert postgres.process.wait(5) == 0
        assert second.port == postgres.port
    finally:
        second.stop()


def test_postgres_wants_the_password(postgres: EmbeddedPostgres) -> None:
    try:
        postgres.start()
        wrong = postgres.url().replace(postgres.password, "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
    finally:
        postgres.stop()


def test_postgres_of_another_version_is_refused(postgres: EmbeddedPostgres) -> None:
    postgres.prepare()
    (postgres.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(StartError, match="made by PostgreSQL 14"):
        postgres.prepare()


def test_valkey_keeps_its_data_over_kill(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path / "valkey")
    try:
        valkey.start()
        client = redis.Redis.from_url(valkey.url())
        client.set("kept", "1")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        client.config_set("appendfsync", "always")
        client.set("kept", "2")
        client.close()
        assert valkey.process is not None
        valkey.process.send_signal(signal.SIGKILL)
        valkey.process.wait()
        valkey.start()
        with redis.Redis.from_url(valkey.url()) as client:
            assert client.get("kept") == b"2"
        assert mode(valkey.socket.parent) == 0o700
        assert mode(valkey.folder / "password") == 0o600
    finally:
        valkey.stop()


def test_valkey_in_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60) / "valkey"
    valkey = EmbeddedValkey(deep)
    try:
        valkey.start()
        assert len(str(valkey.socket)) < 100
    finally:
        valkey.stop()
        valkey.socket.parent.rmdir()


def test_a_stranger_with_our_pid_is_recognised() -> None:
    assert not runs_as(os.getpid(), "postgres")
    assert not runs_as(2**22 + 1, "postgres")
