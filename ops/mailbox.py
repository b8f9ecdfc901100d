"""The development mailbox of the demo: an SMTP server on loopback that keeps each letter as a file."""

from __future__ import annotations

import asyncio
import os
import signal
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tenants.ids import new_id
from tenants.settings import load_settings

KEPT = 500


class Keeper:
    """Writes letters as `<time-ordered id>.eml`, whole or not at all, and forgets the oldest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take one letter (the name is aiosmtpd's)."""
        letter = message_from_bytes(envelope.original_content or b"")
        letter["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        name = str(new_id())
        draft = self.folder / f"{name}.new"
        draft.write_bytes(letter.as_bytes())
        os.chmod(draft, 0o600)
        draft.rename(self.folder / f"{name}.eml")
        for old in sorted(self.folder.glob("*.eml"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return "250 kept"


async def serve(port: int, folder: Path) -> None:
    """Listen until we are told to stop."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    keeper = Keeper(folder)
    server = await loop.create_server(lambda: SMTP(keeper, enable_SMTPUTF8=True), "127.0.0.1", port)
    async with server:
        await ended.wait()


def main() -> None:
    """Serve on the port of ANJU_SMTP_URL."""
    settings = load_settings()
    if not settings.demo:
        raise SystemExit("the development mailbox exists in demo mode only")
    port = int((settings.smtp_url or "").rpartition(":")[2])
    asyncio.run(serve(port, settings.home / "mailbox"))


if __name__ == "__main__":
    main()
