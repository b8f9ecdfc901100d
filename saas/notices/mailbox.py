"""The development mailbox: mails that the demo's own mail sink stored. Registered in demo mode only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as mail_policy
from pathlib import Path

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from saas.core.errors import NotFound
from saas.web.auth import public
from saas.web.render import page
from tenants.database import kernel

blueprint = Blueprint("mailbox", __name__, url_prefix="/dev/mailbox", template_folder="templates")

SHOWN = 100
WHY = "the demo's mailbox holds invented people's mail only and does not exist in production"


@dataclass(frozen=True)
class StoredMail:
    name: str
    to: str
    sender: str
    subject: str
    text: str
    stored_at: datetime


@blueprint.before_request
def _demo_only() -> None:
    if not kernel().settings.demo:
        abort(404)


@blueprint.get("/")
@public(WHY)
def index() -> Response:
    return page("notices/mailbox.html", mails=stored_mails(folder()), opened=None)


@blueprint.get("/<name>")
@public(WHY)
def read(name: str) -> Response:
    mails = stored_mails(folder())
    opened = next((mail for mail in mails if mail.name == name), None)
    if opened is None:
        raise NotFound()
    return page("notices/mailbox.html", mails=mails, opened=opened)


def folder() -> Path:
    return kernel().settings.home / "mailbox"


def stored_mails(kept_in: Path) -> list[StoredMail]:
    """The newest mails first; a folder that is not there yet is an empty mailbox."""
    found = sorted(kept_in.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return [_read(path) for path in found[:SHOWN]]


def _read(path: Path) -> StoredMail:
    message = message_from_bytes(path.read_bytes(), policy=mail_policy)
    body = message.get_body(("plain",))
    return StoredMail(
        name=path.name,
        to=str(message["To"] or ""),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        text=body.get_content() if body is not None else "",
        stored_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
    )
