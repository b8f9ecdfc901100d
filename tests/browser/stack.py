"""The processes of an installation on free ports: web, stream, worker and scheduler, as `anju up` starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from ops.embedded.process import die_with_parent, free_port
from tenants.settings import Settings

PATIENCE = 60.0


class Stack:
    """Real processes against the servers of the test run; their words are kept in `logs`."""

    def __init__(self, settings: Settings, logs: Path) -> None:
        self.settings = settings
        self.logs = logs
        self.port = free_port()
        self.stream_port = free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all, and wait until pages and streams are answered."""
        self.start_one("web", *self._gunicorn("wsgi", self.port, "gthread", "--threads", "8"))
        self.start_one("worker", "ops.worker", admin=True)
        self.start_one("scheduler", "ops.scheduler", admin=True)
        self.start_stream()
        self._wait(self.port, "web")
        self._wait(self.stream_port, "stream")

    def start_stream(self) -> None:
        """Start the stream process, the first time or once more."""
        self.start_one("stream", *self._gunicorn("stream", self.stream_port, "gevent"))

    def start_one(self, name: str, *arguments: str, admin: bool = False) -> None:
        """Start `python -m …` as a process that dies with this one."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments], env=self._environment(admin=admin), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=die_with_parent(signal.SIGTERM), start_new_session=True,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """kill -9, children included."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End all."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def address(self, slug: str = "") -> str:
        """The address of a firm, or of the base host."""
        return f"http://{slug + '.' if slug else ''}localhost:{self.port}"

    def _gunicorn(self, module: str, port: int, kind: str, *options: str) -> list[str]:
        bind = [
            "--bind",
            f"127.0.0.1:{port}",
            "--no-control-socket",
            "--timeout",
            "60",
            "--graceful-timeout",
            "1",
        ]
        return ["gunicorn", f"ops.{module}:app", *bind, "--worker-class", kind, "--workers", "1", *options]

    def _environment(self, *, admin: bool) -> dict[str, str]:
        settings = self.settings
        own = {
            "ANJU_MODE": settings.mode, "ANJU_HOME": str(settings.home), "ANJU_DATABASE_URL": settings.database_url,
            "ANJU_REDIS_URL": settings.redis_url, "ANJU_ARGON2_PROFILE": "test", "ANJU_WEB_WORKERS": "1",
            "ANJU_PORT": str(self.port), "ANJU_STREAM_PORT": str(self.stream_port), "ANJU_SPARE_SCHEMAS": "2",
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        if admin and settings.admin_database_url:
            own["ANJU_ADMIN_DATABASE_URL"] = settings.admin_database_url
        return {name: value for name, value in os.environ.items() if not name.startswith("ANJU_")} | own

    def _wait(self, port: int, name: str) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self.processes[name].poll() is None, (self.logs / f"{name}.log").read_text()[-2000:]
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"{name} does not answer: {(self.logs / f'{name}.log').read_text()[-2000:]}")
