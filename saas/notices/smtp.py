"""One e-mail over SMTP: outside any transaction, with a deadline; what will never succeed is told apart."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from tenants.clock import utcnow
from tenants.outbox import EffectRefused

TIMEOUT_SECONDS = 10.0
PORTS = {"smtp": 25, "smtps": 465}


class MailRefused(EffectRefused):
    """The server refuses this mail for good; trying again would not help."""


class MailDelayed(Exception):
    """Not now: no connection, no answer in time, or a temporary refusal."""


@dataclass(frozen=True)
class Server:
    """Where mail is handed over. ``starttls``: ask for it and refuse to go on without."""

    host: str
    port: int
    implicit_tls: bool
    starttls: bool
    user: str | None
    password: str | None

    @classmethod
    def from_url(cls, url: str) -> Server:
        """smtp://user:password@host:587?starttls=1 or smtps://user:password@host."""
        parts = urlsplit(url)
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or PORTS[parts.scheme],
            implicit_tls=parts.scheme == "smtps",
            starttls=parse_qs(parts.query).get("starttls") == ["1"],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


@dataclass(frozen=True)
class Mail:
    sender: str
    sender_name: str
    to: str
    subject: str
    text: str
    message_id: str  # the same at every attempt, so that a reader's mailbox can tell a repeated one


def send_mail(server: Server, mail: Mail) -> dict[str, str]:
    """Hand the mail over and give the server's answer; MailRefused or MailDelayed otherwise.

    Only a refusal of this mail (5xx to sender, recipient or content) is final: a wrong password or a missing
    TLS is put right by the operator, and the mail goes out then.
    """
    try:
        with _connected(server, TIMEOUT_SECONDS) as connection:
            return _hand_over(connection, mail)
    except smtplib.SMTPDataError as refusal:
        raise _by_code(refusal.smtp_code) from refusal
    except (smtplib.SMTPException, OSError) as failure:
        raise MailDelayed(type(failure).__name__) from failure


@contextmanager
def _connected(server: Server, timeout: float) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    connection: smtplib.SMTP
    if server.implicit_tls:
        connection = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=timeout)
    try:
        connection.ehlo()
        if server.starttls:
            connection.starttls(context=context)
            connection.ehlo()
        if server.user is not None:
            connection.login(server.user, server.password or "")
        yield connection
    finally:
        connection.close()


def _hand_over(connection: smtplib.SMTP, mail: Mail) -> dict[str, str]:
    message = _message(mail)
    _accepted(connection.mail(mail.sender))
    _accepted(connection.rcpt(mail.to))
    code, answer = connection.data(message.as_bytes(policy=SMTP))
    _accepted((code, answer))
    return {
        "code": str(code),
        "answer": answer.decode("utf-8", "replace")[:200],
        "message_id": mail.message_id,
    }


def _accepted(answer: tuple[int, bytes]) -> None:
    code, words = answer
    if not 200 <= code < 300:
        raise smtplib.SMTPDataError(code, words)


def _by_code(code: int) -> Exception:
    return MailRefused(f"refused with {code}") if 500 <= code < 600 else MailDelayed(f"delayed with {code}")


def _message(mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address(_one_line(mail.sender_name), addr_spec=mail.sender)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = format_datetime(utcnow())
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _one_line(text: str) -> str:
    return " ".join(text.split())
