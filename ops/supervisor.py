"""Keep a set of child processes running: restart with backoff, stop in order, leave nothing behind."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.embedded.process import StartError, spawn, write_private

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
LOG_LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True)
class Program:
    """What to run: `command` is asked before every start, so that it can clear up after a crash first."""

    name: str
    command: Callable[[], Sequence[str]]
    env: Mapping[str, str]
    cwd: Path | None = None
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 15.0
    once: bool = False
    server: bool = False  # others stand on it: stopped after them


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0
    finished: bool = False


class Stopped(Exception):
    """Somebody asked us to stop while we were still starting."""


class Supervisor:
    """Runs programs in the order they were added; servers are stopped after those who use them.

    Signals are handled explicitly: a shell that starts us with `&` hands SIGINT down as ignored.
    """

    def __init__(self, logs: Path, notes: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._notes = notes
        self._say = say
        self._children: list[_Child] = []
        self._signals = 0
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def take_signals(self) -> None:
        """From now on a stop signal ends `run` and `check`; a second one kills at once."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def check(self) -> None:
        """Raise Stopped when a stop signal has come."""
        if self._signals:
            raise Stopped

    def settle_earlier_run(self, patience: float = 5.0) -> None:
        """End what an earlier supervisor that was killed left running."""
        try:
            left = {int(pid): start for pid, start in json.loads(self._notes.read_text()).items()}
        except (OSError, ValueError, AttributeError):
            return
        alive = [pid for pid, start in left.items() if start_time(pid) == start]
        for pid in alive:
            _signal_group(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while any(start_time(pid) == left[pid] for pid in alive) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid in alive:
            _signal_group(pid, signal.SIGKILL)
        self._notes.unlink(missing_ok=True)

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        child = _Child(program)
        self._children.append(child)
        self._launch(child)

    def run_once(self, program: Program) -> int:
        """Run a program to its end; answers its exit status. A stop signal ends it."""
        child = _Child(program)
        self._launch(child)
        assert child.process is not None
        while child.process.poll() is None:
            if self._signals:
                self._end([child])
                raise Stopped
            self._wait(0.2)
        return child.process.returncode

    def alive(self, name: str) -> bool:
        """Whether the named program runs now."""
        return any(
            child.process is not None and child.process.poll() is None
            for child in self._children
            if child.program.name == name
        )

    def run(self) -> None:
        """Watch until a stop signal comes."""
        while not self._signals:
            for child in self._children:
                self._tend(child)
            self._wait(0.5)

    def stop(self) -> None:
        """Stop everything: first those who work, then the servers that they work with."""
        self._end([child for child in self._children if not child.program.server])
        self._end([child for child in self._children if child.program.server])
        self._children.clear()
        self._notes.unlink(missing_ok=True)

    def _on_stop(self, number: int, frame: object) -> None:
        self._signals += 1

    def _wait(self, seconds: float) -> None:
        ready, _, _ = select.select([self._wake_read], [], [], seconds)
        if ready:
            os.read(self._wake_read, 512)

    def _launch(self, child: _Child) -> None:
        program = child.program
        log = self._logs / f"{program.name}.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        child.process = spawn(
            program.command(),
            log=log,
            env=program.env,
            cwd=program.cwd,
            user=program.user,
            death_signal=program.stop_signal,
        )
        child.started = time.monotonic()
        self._note()

    def _tend(self, child: _Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.due:
                self._relaunch(child)
            return
        if child.process.poll() is None or (child.program.once and child.finished):
            return
        # What the dead one had forked (gunicorn's workers) may still hold its port.
        _signal_group(child.process.pid, signal.SIGKILL)
        if time.monotonic() - child.started > STEADY_SECONDS:
            child.pause = FIRST_PAUSE
        how = _how_it_ended(child.process.returncode)
        if child.program.once:
            child.finished = True
            self._say(
                f"{child.program.name}: done"
                if how == "exit status 0"
                else f"{child.program.name} failed ({how})"
            )
            return
        self._say(f"{child.program.name} ended ({how}); starting it again in {child.pause:g} s")
        self._rest(child)

    def _relaunch(self, child: _Child) -> None:
        try:
            self._launch(child)
        except (OSError, StartError) as error:
            self._say(f"{child.program.name}: {error}; trying again in {child.pause:g} s")
            self._rest(child)

    def _rest(self, child: _Child) -> None:
        child.process = None
        child.due = time.monotonic() + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def _end(self, children: Sequence[_Child]) -> None:
        """Ask all at once, kill who has not ended after its patience; a second stop signal kills all."""
        seen = self._signals
        running = [child for child in children if child.process is not None and child.process.poll() is None]
        began = time.monotonic()
        for child in running:
            assert child.process is not None
            child.process.send_signal(child.program.stop_signal)
        for child in running:
            assert child.process is not None
            deadline = began + child.program.patience
            while (
                child.process.poll() is None and time.monotonic() < deadline and self._signals <= max(seen, 1)
            ):
                self._wait(0.1)
            _signal_group(child.process.pid, signal.SIGKILL)
            child.process.wait()

    def _note(self) -> None:
        running = {
            str(child.process.pid): start_time(child.process.pid)
            for child in self._children
            if child.process is not None
        }
        write_private(self._notes, json.dumps(running))


def start_time(pid: int) -> str | None:
    """When a process started, in the kernel's ticks; None when there is none of that id or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _how_it_ended(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
