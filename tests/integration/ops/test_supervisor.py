"""The supervisor with real processes: restarts, order, signals, and the worst ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.supervisor import start_time

SCRIPT = """
import os, sys
from pathlib import Path
from ops.supervisor import Program, Supervisor

home = Path(sys.argv[1])
supervisor = Supervisor(home / "log", home / "children.json", lambda line: print(line, flush=True))
supervisor.take_signals()
supervisor.settle_earlier_run()
for name in sys.argv[2:]:
    code = (home / f"{name}.py").read_text()
    supervisor.start(Program(name, lambda code=code: [sys.executable, "-c", code], env=dict(os.environ), patience=3))
print("ready", flush=True)
try:
    supervisor.run()
finally:
    supervisor.stop()
"""
STEADY = "import os, time; open({pid!r}, 'w').write(str(os.getpid())); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STEADY
IGNORES_INTERRUPT = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]


class Run:
    """A supervisor in a process of its own, over programs that note their process id."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process: subprocess.Popen[str] | None = None

    def program(self, name: str, code: str = STEADY) -> None:
        (self.home / f"{name}.py").write_text(code.format(pid=str(self.home / f"{name}.pid")))

    def start(self, *names: str, through: list[str] | None = None) -> None:
        self.close()
        argv = [*(through or []), sys.executable, "-c", SCRIPT, str(self.home), *names]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.line() == "ready"
        for name in names:
            wait_for(lambda name=name: self.pid(name) and start_time(self.pid(name)) is not None)

    def line(self) -> str:
        assert self.process is not None and self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def pid(self, name: str) -> int:
        try:
            return int((self.home / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return 0

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def signal(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)

    def gone(self, pid: int) -> bool:
        return start_time(pid) is None


def wait_for(condition: Callable[[], object], patience: float = 10) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.close()


def test_a_killed_child_comes_back(run: Run) -> None:
    run.program("web")
    run.start("web")
    first = run.pid("web")
    os.kill(first, signal.SIGKILL)
    assert run.line() == "web ended (killed by SIGKILL); starting it again in 0.5 s"
    wait_for(lambda: run.pid("web") != first and run.pid("web"))
    second = run.pid("web")
    os.kill(second, signal.SIGKILL)
    assert run.line() == "web ended (killed by SIGKILL); starting it again in 1 s"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_all(run: Run, number: int) -> None:
    run.program("web")
    run.program("worker")
    run.start("web", "worker")
    children = [run.pid("web"), run.pid("worker")]
    assert run.signal(number) == 0
    assert all(run.gone(pid) for pid in children)
    assert not (run.home / "children.json").exists()


def test_ctrl_c_works_where_the_shell_ignores_it(run: Run) -> None:
    run.program("web")
    run.start("web", through=IGNORES_INTERRUPT)
    assert run.signal(signal.SIGINT) == 0
    assert run.gone(run.pid("web"))


def test_a_child_does_not_inherit_ignored_signals(run: Run) -> None:
    run.program("web")
    run.start("web", through=IGNORES_INTERRUPT)
    ignored = next(
        line
        for line in Path(f"/proc/{run.pid('web')}/status").read_text().splitlines()
        if line.startswith("SigIgn")
    )
    assert not int(ignored.split()[1], 16) & (1 << (signal.SIGINT - 1))


def test_a_stubborn_child_is_killed_after_its_patience(run: Run) -> None:
    run.program("web", STUBBORN)
    run.start("web")
    child = run.pid("web")
    began = time.monotonic()
    assert run.signal(signal.SIGTERM) == 0
    assert 2.5 < time.monotonic() - began < 8
    assert run.gone(child)


def test_children_die_with_a_killed_supervisor(run: Run) -> None:
    run.program("web")
    run.start("web")
    child = run.pid("web")
    run.signal(signal.SIGKILL)
    wait_for(lambda: run.gone(child))


def test_the_next_run_ends_what_a_killed_one_left(run: Run) -> None:
    run.program("web", STUBBORN)
    run.start("web")
    left = run.pid("web")
    run.signal(signal.SIGKILL)
    time.sleep(0.2)
    assert not run.gone(left)
    (run.home / "web.pid").unlink()
    run.program("web")
    run.start("web")
    assert run.gone(left)
    assert run.pid("web") != left


def test_a_recycled_process_id_is_left_alone(run: Run) -> None:
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        (run.home / "children.json").write_text(f'{{"{bystander.pid}": "12345"}}')
        run.program("web")
        run.start("web")
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
