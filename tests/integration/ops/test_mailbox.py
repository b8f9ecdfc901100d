"""The demo's mailbox keeps letters as files and refuses to exist in production."""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from ops.embedded.process import free_port, port_is_free


def mailbox(home: Path, port: int, mode: str) -> subprocess.Popen[str]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("ANJU_")}
    given = {"ANJU_HOME": str(home), "ANJU_MODE": mode, "ANJU_SMTP_URL": f"smtp://127.0.0.1:{port}"}
    return subprocess.Popen(
        [sys.executable, "-m", "ops.mailbox"], env={**outer, **given}, stderr=subprocess.PIPE, text=True
    )


def test_a_letter_becomes_a_file(tmp_path: Path) -> None:
    port = free_port()
    with mailbox(tmp_path, port, "demo") as process:
        deadline = time.monotonic() + 20
        while port_is_free(port):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        letter = EmailMessage(policy=policy.SMTPUTF8)
        letter["From"], letter["To"], letter["Subject"] = (
            "anju@localhost",
            "ting@example.com",
            "您的报修已派单",
        )
        letter.set_content("赵师傅将在今天 15:00 前上门。")
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.send_message(letter)
        process.terminate()
        assert process.wait(10) == 0
    [kept] = sorted((tmp_path / "mailbox").iterdir())
    read = message_from_bytes(kept.read_bytes(), policy=policy.default)
    assert (read["Subject"], read["X-Envelope-To"]) == ("您的报修已派单", "ting@example.com")
    assert "赵师傅将在今天 15:00 前上门。" in read.get_content()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_production_has_none(tmp_path: Path) -> None:
    with mailbox(tmp_path, free_port(), "production") as process:
        assert process.wait(20) == 1
        assert process.stderr is not None
        assert process.stderr.read() == "the development mailbox exists in demo mode only\n"
