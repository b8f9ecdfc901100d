"""Start a child process that dies with us, and know whether a process id still means the process we think of."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
RESET_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD)
ERROR_LINE = re.compile(r"^(\w+\.)*\w*(Error|Exception)\b|FATAL|PANIC|^anju: |Fatal")
LIBC = ctypes.CDLL(None, use_errno=True)


class StartError(Exception):
    """Something outside Anju keeps it from starting; the text is the one line the person needs."""


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """What the child does between fork and exec: a signal from the kernel when we go, default signal handling.

    A shell that starts us in the background hands down SIGINT as ignored; a child must not inherit that.
    """
    parent = os.getpid()

    def prepare() -> None:
        for number in RESET_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own (Ctrl-C reaches only us), its output appended to `log`.

    Call it from the main thread: the kernel ties the death signal to the thread that forked.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            user=user,
            extra_groups=[] if user else None,
            start_new_session=True,
            preexec_fn=die_with_parent(death_signal),
        )


def stop(process: subprocess.Popen[bytes], number: signal.Signals, patience: float) -> None:
    """Ask with a signal, wait, then insist with SIGKILL."""
    if process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def runs_as(pid: int, executable: str) -> bool:
    """Whether `pid` is alive and is a program of that file name (process ids are used again)."""
    try:
        return Path(os.readlink(f"/proc/{pid}/exe")).name.removesuffix(" (deleted)") == executable
    except OSError:
        return False


def wait_gone(pid: int, executable: str, patience: float) -> bool:
    """Wait until the process is gone; False when it still runs after `patience` seconds."""
    deadline = time.monotonic() + patience
    while runs_as(pid, executable):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether we could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None) -> int:
    """A port of 127.0.0.1 nobody listens on: the preferred one where possible."""
    if preferred and port_is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def last_words(log: Path) -> str:
    """Why a program ended, from its log: the last line that names an error, else the last line."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines()[-200:] if line.strip()]
    except OSError:
        return "it left no log"
    told = [line for line in lines if ERROR_LINE.search(line)]
    return (told or lines or ["it left no log"])[-1]


def write_private(path: Path, text: str) -> None:
    """Write a file only we may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    draft.replace(path)
