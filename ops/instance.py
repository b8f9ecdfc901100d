"""One running Anju per home folder: its lock, and the addresses its servers listen on for the command line."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from ops.embedded.process import StartError, write_private

LEAST_FREE_BYTES = 200 * 1024 * 1024
ADDRESSES = ("ANJU_DATABASE_URL", "ANJU_ADMIN_DATABASE_URL", "ANJU_REDIS_URL", "ANJU_SMTP_URL")


class Instance:
    """The home folder while we run in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.run = home / "run"
        self._lock: TextIO | None = None

    def enter(self) -> None:
        """Make the folder, check its disk, take its lock; StartError says what is in the way.

        The kernel gives the lock back when we end, however we end.
        """
        try:
            if not self.home.exists():
                self.home.mkdir(parents=True, mode=0o700)
            self.run.mkdir(mode=0o700, exist_ok=True)
            self._refuse_full_disk()
            self._lock = (self.run / "lock").open("a+")
        except OSError as error:
            raise StartError(f"cannot use the folder {self.home}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            raise StartError(
                f"Anju already runs in {self.home} (process {self._lock.read().strip()})"
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def publish(self, addresses: Mapping[str, str]) -> None:
        """Note the addresses for commands that are called beside us."""
        write_private(self.run / "addresses.json", json.dumps(dict(addresses)))

    def leave(self) -> None:
        """Take the note back and release the folder."""
        (self.run / "addresses.json").unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.home).free
        if free < LEAST_FREE_BYTES:
            raise StartError(
                f"the disk of {self.home} is full: {free // 2**20} MB free, Anju needs {LEAST_FREE_BYTES // 2**20} MB"
            )


def with_running_servers(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the addresses of the Anju that runs in the same home, where none are set."""
    home = Path(environ.get("ANJU_HOME") or "./var")
    try:
        noted = json.loads((home / "run" / "addresses.json").read_text())
    except (OSError, ValueError):
        noted = {}
    return {
        **{name: noted[name] for name in ADDRESSES if name in noted},
        **{k: v for k, v in environ.items() if v},
    }
