"""Tickets of the live stream: signed, short-lived, nothing more than what was allowed."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import uuid4

import pytest

from saas.core.tickets import InvalidTicket, Ticket, app_secret, read_ticket, sign_ticket

SECRET = "s" * 40
TICKET = Ticket(
    uuid4(), uuid4(), uuid4(), ("repairs.board", f"repairs.order:{uuid4()}"), "http://a.localhost:8000"
)


def test_a_ticket_comes_back_as_it_was_signed() -> None:
    assert read_ticket(SECRET, sign_ticket(SECRET, TICKET)) == TICKET


@pytest.mark.parametrize("spoil", [lambda text: text[:-2] + "xx", lambda text: "", lambda text: "a.b.c"])
def test_a_damaged_ticket_is_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidTicket):
        read_ticket(SECRET, spoil(sign_ticket(SECRET, TICKET)))


def test_another_secret_is_refused() -> None:
    with pytest.raises(InvalidTicket):
        read_ticket("t" * 40, sign_ticket(SECRET, TICKET))


def test_an_old_ticket_is_refused() -> None:
    with pytest.raises(InvalidTicket):
        read_ticket(SECRET, sign_ticket(SECRET, TICKET), max_age=-1)


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    first = app_secret(path)
    assert app_secret(path) == first and len(first) >= 48
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
