"""Messages from the port to a real mail server: accepted, delayed, refused, silent, cut off, held, doubled."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default as mail_policy
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from saas.core.actors import EVERYWHERE, Actor
from saas.core.errors import Forbidden, InvalidInput, NotFound
from saas.core.messages import Message, MessageTemplate, declare_template, send
from saas.notices import queries, services, smtp
from saas.notices.models import MessageDelivery, MessageRow
from saas.notices.setup import register_background
from saas.people.models import Person
from saas.people.services.accounts import Contact, make_account
from tenants import clock, drain, preferences
from tenants.database import kernel as booted
from tenants.ids import new_id
from tenants.kernel_models import OutboxMessage, Timer
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00
MORNING = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # 07:30

declare_template(
    MessageTemplate(
        "tests.accepted", "Accepted", "{number} 已接单", "{number} accepted", "{technician}会来。", "{technician} comes.",
        params=("number", "technician"),
    )
)  # fmt: skip


@dataclass
class MailServer:
    """Answers with the replies given, in turn, and keeps what it accepted."""

    replies: list[str] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = self.replies.pop(0) if self.replies else "250 OK"
        if reply.startswith("250"):
            self.kept.append(envelope.original_content or b"")
            self.recipients += envelope.rcpt_tos
        return reply


@pytest.fixture
def mail_server(kernel: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    server = MailServer()
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    use_server(monkeypatch, f"smtp://127.0.0.1:{port}")
    yield server
    controller.stop()


def use_server(monkeypatch: pytest.MonkeyPatch, url: str | None) -> None:
    monkeypatch.setattr(booted(), "settings", replace(booted().settings, smtp_url=url))


@pytest.fixture(autouse=True)
def at_noon(kernel: object) -> Iterator[None]:
    register_background()
    with clock.at(NOON):
        yield


@pytest.fixture
def someone(tenant: Tenant) -> UUID:
    """A resident who reads Chinese and has an e-mail address."""
    with unit_of_work(tenant) as uow:
        account = make_account(
            uow, kind="resident", name="王芳", contact=Contact(email="wang.fang@example.com")
        )
        uow.session.flush()
        return account.id


def tell(tenant: Tenant, user_id: UUID, **changes: object) -> None:
    message = Message(
        "tests.accepted",
        to_user_id=user_id,
        params={"number": "R-202611-0042", "technician": "陈师傅"},
        dedup_key="order-42:accepted",
        link="/home/repairs/42",
    )
    with unit_of_work(tenant) as uow:
        send(uow, replace(message, **changes))


def rows(tenant: Tenant, model: type) -> list:
    with unit_of_work(tenant, read_only=True) as uow:
        return list(uow.session.scalars(select(model)))


def delivery(tenant: Tenant) -> MessageDelivery:
    (only,) = rows(tenant, MessageDelivery)
    return only


def owed(tenant: Tenant) -> OutboxMessage:
    (only,) = rows(tenant, OutboxMessage)
    return only


def test_a_message_is_in_the_inbox_and_in_the_mailbox(
    tenant: Tenant, someone: UUID, mail_server: MailServer
) -> None:
    tell(tenant, someone)
    assert mail_server.kept == []
    assert drain.drain_effects(tenant).delivered == 1
    (stored,) = rows(tenant, MessageRow)
    assert (stored.title, stored.body, stored.locale) == (
        "R-202611-0042 已接单",
        "陈师傅会来。",
        "zh_Hans_CN",
    )
    (raw,) = mail_server.kept
    mail = message_from_bytes(raw, policy=mail_policy)
    assert mail_server.recipients == ["wang.fang@example.com"]
    assert mail["Subject"] == "R-202611-0042 已接单"
    assert mail["Message-ID"] == f"<{delivery(tenant).id}@localhost>"
    assert f"http://{tenant.slug}.localhost:8000/home/repairs/42" in mail.get_content()
    assert delivery(tenant).state == "sent"
    assert delivery(tenant).proof["code"] == "250"


def test_the_address_is_not_readable_in_the_outbox(
    tenant: Tenant, someone: UUID, mail_server: MailServer
) -> None:
    tell(tenant, someone)
    waiting = owed(tenant)
    assert set(waiting.payload) == {"delivery_id"}
    assert b"wang.fang" not in waiting.secret


def test_told_twice_is_said_once(tenant: Tenant, someone: UUID, mail_server: MailServer) -> None:
    tell(tenant, someone)
    tell(tenant, someone)
    drain.drain_effects(tenant)
    assert len(rows(tenant, MessageRow)) == 1
    assert len(mail_server.kept) == 1


def test_the_same_key_reaches_each_recipient(tenant: Tenant, someone: UUID, mail_server: MailServer) -> None:
    with unit_of_work(tenant) as uow:
        other = make_account(uow, kind="staff", name="李强", contact=Contact(), locale="en")
        uow.session.flush()
        other_id = other.id
    tell(tenant, someone)
    tell(tenant, other_id)
    assert {row.user_id: row.title for row in rows(tenant, MessageRow)} == {
        someone: "R-202611-0042 已接单",
        other_id: "R-202611-0042 accepted",
    }


def test_a_temporary_refusal_is_tried_again_under_the_same_message_id(
    tenant: Tenant, someone: UUID, mail_server: MailServer
) -> None:
    mail_server.replies = ["451 try later"]
    tell(tenant, someone)
    assert drain.drain_effects(tenant).failed == 1
    assert (owed(tenant).state, owed(tenant).error_class, delivery(tenant).state) == (
        "due",
        "MailDelayed",
        "queued",
    )
    with clock.at(NOON + timedelta(minutes=1)):
        assert drain.drain_effects(tenant).delivered == 1
    assert (delivery(tenant).state, delivery(tenant).attempts) == ("sent", 2)
    assert len(mail_server.kept) == 1


def test_a_final_refusal_is_not_tried_again(tenant: Tenant, someone: UUID, mail_server: MailServer) -> None:
    mail_server.replies = ["550 no such mailbox"]
    tell(tenant, someone)
    drain.drain_effects(tenant)
    assert (delivery(tenant).state, delivery(tenant).reason) == ("failed", "MailRefused")
    assert (owed(tenant).state, owed(tenant).secret) == ("dead", None)
    with clock.at(NOON + timedelta(hours=2)):
        assert drain.drain_effects(tenant).delivered == 0
    assert mail_server.kept == []


def test_a_silent_server_costs_the_deadline_and_no_more(
    tenant: Tenant, someone: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        use_server(monkeypatch, f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.3)
        tell(tenant, someone)
        assert drain.drain_effects(tenant).failed == 1
    assert (owed(tenant).state, owed(tenant).error_class) == ("due", "MailDelayed")


def test_no_server_listening_is_tried_again(
    tenant: Tenant, someone: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as gone:
        port = gone.getsockname()[1]
    use_server(monkeypatch, f"smtp://127.0.0.1:{port}")
    tell(tenant, someone)
    drain.drain_effects(tenant)
    assert owed(tenant).error_class == "MailDelayed"


def test_killed_between_sending_and_marking_it_goes_out_again_as_the_same_mail(
    tenant: Tenant, someone: UUID, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for kill -9: nothing after the call runs."""

    def die(*arguments: object) -> None:
        raise Killed

    tell(tenant, someone)
    with monkeypatch.context() as patched:
        patched.setattr(drain, "_record_delivery", die)
        with pytest.raises(Killed):
            drain.drain_effects(tenant)
    assert (delivery(tenant).state, owed(tenant).state) == ("queued", "claimed")
    with clock.at(NOON + drain.EFFECT_LEASE + timedelta(seconds=1)):
        assert drain.drain_effects(tenant).delivered == 1
    first, second = (message_from_bytes(raw, policy=mail_policy)["Message-ID"] for raw in mail_server.kept)
    assert first == second == f"<{delivery(tenant).id}@localhost>"
    assert delivery(tenant).state == "sent"


def test_quiet_hours_hold_the_mail_but_not_the_inbox(
    tenant: Tenant, someone: UUID, mail_server: MailServer
) -> None:
    with clock.at(NIGHT):
        tell(tenant, someone)
        drain.drain_effects(tenant)
    assert (delivery(tenant).state, delivery(tenant).due_at) == ("held", MORNING)
    assert len(rows(tenant, MessageRow)) == 1
    assert mail_server.kept == []
    (timer,) = (row for row in rows(tenant, Timer) if row.kind == services.RELEASE)
    assert timer.due_at == MORNING
    with clock.at(MORNING):
        with unit_of_work(tenant) as uow:
            services.release(uow, timer.key, timer.due_at)
            services.release(uow, timer.key, timer.due_at)
        assert drain.drain_effects(tenant).delivered == 1
    assert len(mail_server.kept) == 1


def test_what_was_read_at_night_is_not_mailed_in_the_morning(
    tenant: Tenant, someone: UUID, mail_server: MailServer
) -> None:
    with clock.at(NIGHT):
        tell(tenant, someone)
        with unit_of_work(tenant) as uow:
            services.mark_all_read(uow, actor=Actor("resident", user_id=someone))
    with clock.at(MORNING), unit_of_work(tenant) as uow:
        services.release(uow, _held_key(uow), MORNING)
    assert (delivery(tenant).state, delivery(tenant).reason) == ("skipped", "read_before")


def _held_key(uow: UnitOfWork) -> str:
    return str(uow.session.scalars(select(MessageDelivery.id)).one())


def test_an_emergency_does_not_wait_for_the_morning(
    tenant: Tenant, someone: UUID, mail_server: MailServer
) -> None:
    with clock.at(NIGHT):
        tell(tenant, someone, urgency="high")
        assert drain.drain_effects(tenant).delivered == 1
    assert len(mail_server.kept) == 1


def test_the_daily_limit_spares_the_inbox_and_emergencies(
    tenant: Tenant, someone: UUID, mail_server: MailServer
) -> None:
    with unit_of_work(tenant) as uow:
        preferences.put(uow, "notices.daily_emails", 2, actor=None)
    for number in range(4):
        tell(tenant, someone, dedup_key=f"order-{number}")
    tell(tenant, someone, dedup_key="gas", urgency="high")
    drain.drain_effects(tenant)
    assert len(rows(tenant, MessageRow)) == 5
    assert len(mail_server.kept) == 3
    reasons = sorted(row.reason or row.state for row in rows(tenant, MessageDelivery))
    assert reasons == ["daily_limit", "daily_limit", "sent", "sent", "sent"]


def test_who_wants_no_mail_gets_none(tenant: Tenant, someone: UUID, mail_server: MailServer) -> None:
    with unit_of_work(tenant) as uow:
        services.set_channel(uow, actor=Actor("resident", user_id=someone), channel="email", wanted=False)
    tell(tenant, someone)
    drain.drain_effects(tenant)
    assert (delivery(tenant).reason, mail_server.kept) == ("not_wanted", [])


def test_a_rolled_back_change_tells_nobody(tenant: Tenant, someone: UUID, mail_server: MailServer) -> None:
    with pytest.raises(RuntimeError, match="changed our mind"), unit_of_work(tenant) as uow:
        send(uow, Message("tests.accepted", to_user_id=someone, params={}))
        raise RuntimeError("changed our mind")
    drain.drain_effects(tenant)
    assert (rows(tenant, MessageRow), mail_server.kept) == ([], [])


def test_a_scheduled_message_shows_up_when_it_is_time(
    tenant: Tenant, someone: UUID, mail_server: MailServer
) -> None:
    reader = Actor("resident", user_id=someone)
    later = NOON + timedelta(hours=1)
    tell(tenant, someone, send_at=later)
    with unit_of_work(tenant, read_only=True) as uow:
        assert queries.count_unread(uow, reader) == 0
    assert (delivery(tenant).state, delivery(tenant).due_at) == ("held", later)
    with clock.at(later), unit_of_work(tenant, read_only=True) as uow:
        assert queries.count_unread(uow, reader) == 1


def test_a_person_without_account_finds_the_message_once_there_is_one(tenant: Tenant) -> None:
    with unit_of_work(tenant) as uow:
        person = Person(name="赵明", name_pinyin="zhaoming")
        uow.session.add(person)
        uow.session.flush()
        send(uow, Message("tests.accepted", to_person_id=person.id, params={"number": "R-1"}))
        account = make_account(uow, kind="resident", name="赵明", contact=Contact(), person_id=person.id)
        uow.session.flush()
        reader = Actor("resident", user_id=account.id, person_id=person.id)
        (found,), _ = queries.list_messages(uow, reader)
        assert found.title == "R-1 已接单"


def test_nobody_reads_the_messages_of_others(tenant: Tenant, someone: UUID) -> None:
    tell(tenant, someone)
    (stored,) = rows(tenant, MessageRow)
    with unit_of_work(tenant) as uow:
        stranger = Actor("resident", user_id=new_id())
        assert queries.list_messages(uow, stranger) == ([], None)
        with pytest.raises(NotFound):
            services.mark_read(uow, actor=stranger, message_id=stored.id)
        assert (
            services.mark_read(uow, actor=Actor("resident", user_id=someone), message_id=stored.id).read_at
            == NOON
        )
    with unit_of_work(tenant, read_only=True) as uow:
        assert queries.count_unread(uow, Actor("resident", user_id=someone)) == 0


def test_a_firms_own_words_are_used_until_it_goes_back(tenant: Tenant, someone: UUID) -> None:
    manager = Actor("staff", user_id=someone, grants={"notices.templates_edit": EVERYWHERE})
    words = {"title": "{number} 师傅已接单", "body": "{technician}正在路上。"}
    with unit_of_work(tenant) as uow:
        services.save_words(uow, actor=manager, code="tests.accepted", locale="zh_Hans_CN", words=words)
    tell(tenant, someone)
    with unit_of_work(tenant) as uow:
        services.restore_words(uow, actor=manager, code="tests.accepted", locale="zh_Hans_CN")
    tell(tenant, someone, dedup_key="later")
    assert [row.title for row in rows(tenant, MessageRow)] == [
        "R-202611-0042 师傅已接单",
        "R-202611-0042 已接单",
    ]
    with unit_of_work(tenant) as uow, pytest.raises(Forbidden):
        services.save_words(uow, actor=Actor("staff"), code="tests.accepted", locale="en", words=words)
    with unit_of_work(tenant) as uow, pytest.raises(InvalidInput) as wrong:
        services.save_words(
            uow, actor=manager, code="tests.accepted", locale="en", words={"title": "{phone}", "body": ""}
        )
    assert set(wrong.value.fields) == {"title", "body"}
