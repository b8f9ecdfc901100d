"""`anju up` as a person calls it: one clear line for each obstacle, and a whole start that survives the worst end."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ops.embedded.process import free_port
from ops.instance import Instance
from ops.supervisor import start_time

PATIENCE = 90


def anju(*arguments: str, home: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops.cli", *arguments],
        env=environment(home, settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def environment(home: Path, settings: Mapping[str, object]) -> dict[str, str]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("ANJU_")}
    given = {name: str(value) for name, value in settings.items()}
    return {**outer, "ANJU_HOME": str(home), "ANJU_WEB_WORKERS": "1", **given}


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"ANJU_PROT": 1}, "anju: unknown setting ANJU_PROT; did you mean ANJU_PORT?\n"),
        ({"ANJU_MODE": "test"}, "anju: ANJU_MODE must be one of demo, production, not 'test'\n"),
        (
            {"ANJU_DATABASE_URL": "postgresql://x:secret@127.0.0.1:1/x"},
            "anju: ANJU_DATABASE_URL is set, so ANJU_ADMIN_DATABASE_URL must be, too\n",
        ),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, settings: dict[str, object], line: str) -> None:
    port = free_port()
    done = anju(
        "up", home=tmp_path / "home", **{"ANJU_PORT": port, "ANJU_STREAM_PORT": free_port(), **settings}
    )
    assert (done.returncode, done.stderr) == (1, line)


def test_a_wrong_address_is_one_line_without_its_password(tmp_path: Path) -> None:
    nowhere = f"postgresql://x:secret@127.0.0.1:{free_port()}/x"
    done = anju(
        "up",
        home=tmp_path / "home",
        ANJU_PORT=free_port(),
        ANJU_DATABASE_URL=nowhere,
        ANJU_ADMIN_DATABASE_URL=nowhere,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("anju: ANJU_DATABASE_URL: cannot connect: ")
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


def test_a_wrong_command_is_json_for_programs(tmp_path: Path) -> None:
    done = anju("frobnicate", "--json", home=tmp_path / "home")
    assert (done.returncode, json.loads(done.stderr)) == (2, {"error": "No such command 'frobnicate'."})


def test_a_busy_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = anju("up", home=tmp_path / "home", ANJU_PORT=port, ANJU_STREAM_PORT=free_port())
    assert done.returncode == 1
    assert done.stderr == f"anju: port {port} of 127.0.0.1 is busy; choose another with ANJU_PORT\n"


def test_a_second_start_in_the_same_home_is_one_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = Instance(home)
    first.enter()
    try:
        done = anju("up", home=home)
    finally:
        first.leave()
    assert done.stderr == f"anju: Anju already runs in {home} (process {os.getpid()})\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    script = 'mount -t tmpfs -o size=5m none "$1" && shift && exec "$@"'
    wrapped = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        script,
        "sh",
        str(home),
        sys.executable,
        "-m",
        "ops.cli",
        "up",
    ]
    done = subprocess.run(
        wrapped, env=environment(home, {}), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if "mount" in done.stderr.split(":")[0]:
        pytest.skip("this machine does not let us mount")
    assert done.stderr == f"anju: the disk of {home} is full: 5 MB free, Anju needs 200 MB\n"


def test_doctor_says_in_json_what_is_missing(tmp_path: Path) -> None:
    done = anju("doctor", "--json", home=tmp_path / "home", ANJU_DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    found = {row["check"]: row["state"] for row in json.loads(done.stdout)["items"]}
    assert done.returncode == 1
    assert found["database"] == "error"
    assert found["settings"] == "ok"


class Up:
    """A whole Anju in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, self.stream_port = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = {
            "ANJU_PORT": self.port,
            "ANJU_STREAM_PORT": self.stream_port,
            "ANJU_ARGON2_PROFILE": "test",
        }
        with (self.home.parent / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops.cli", "up"],
                env=environment(self.home, settings),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + PATIENCE
        while not (self.healthy() and "Anju runs at" in self.said()):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def said(self) -> str:
        return (self.home.parent / "up.log").read_text()

    def children(self) -> list[int]:
        return [int(pid) for pid in json.loads((self.home / "run" / "children.json").read_text())]

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    up = Up(tmp_path / "home")
    yield up
    if up.process is not None and up.process.poll() is None:
        up.process.terminate()
        up.process.wait(60)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_main_job_runs_with_nothing_but_curl(up: Up) -> None:
    up.start()
    base = f"http://localhost:{up.port}"
    script = Path(__file__).parents[3] / "docs" / "curl-journey.sh"
    done = subprocess.run(
        ["bash", script, base], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (f"http://anheproperty.localhost:{up.port}: repair rated, room 5-1-101 imported\n")
    told = [line.strip() for line in done.stderr.splitlines()]
    assert [line for line in told if line in ("accepted", "en_route", "working", "finished", "rated")] == [
        *("accepted", "en_route", "working", "finished", "rated"),
        *("accepted", "en_route", "working", "finished", "rated"),
    ]
    logs = "".join(path.read_text() for path in (up.home / "log").glob("*.log"))
    for personal in ("Zhou Huimin", "Chen Zhiqiang", "li.ting", "厨房水管", "night-river", "/activate/"):
        assert personal not in logs


def test_a_whole_start_survives_the_worst_end(up: Up) -> None:
    up.start()
    children = up.children()
    assert len(children) >= 6  # valkey, postgres, web, stream, worker, scheduler
    up.end(signal.SIGKILL)
    up.start()
    assert not any(start_time(pid) is not None and pid in up.children() for pid in children)
    second = up.children()
    for pid in second:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while not up.healthy() or set(up.children()) & set(second):
        assert time.monotonic() < deadline, up.said()
        time.sleep(0.2)
    third = up.children()
    assert up.end(signal.SIGTERM) == 0
    assert [pid for pid in third if start_time(pid) is not None] == []
    assert not (up.home / "run" / "addresses.json").exists()
