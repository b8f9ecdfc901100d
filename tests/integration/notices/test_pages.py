"""The inbox, the wording page, the development mailbox and the API, as a browser sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from saas.core import actors
from saas.core.actors import EVERYWHERE, Actor
from saas.core.messages import Message, MessageTemplate, declare_template, send
from saas.notices import services
from saas.notices.mailbox import stored_mails
from saas.people.services.accounts import Contact, make_account
from tenants.database import kernel as booted
from tenants.ids import new_id
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work

declare_template(
    MessageTemplate(
        "tests.accepted", "Accepted", "{number} 已接单", "{number} accepted", "{technician}会来。", "{technician} comes.",
        params=("number", "technician"),
    )
)  # fmt: skip


@pytest.fixture
def someone(tenant: Tenant) -> UUID:
    with unit_of_work(tenant) as uow:
        account = make_account(uow, kind="staff", name="王芳", contact=Contact())
        uow.session.flush()
        return account.id


@pytest.fixture
def signed_in_as(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Callable[[Actor], None]:
    """Be this actor from now on, with the token that htmx would send."""

    def sign_in(actor: Actor) -> None:
        monkeypatch.setattr(actors, "_resolvers", [lambda request: actor])
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/messages").text)
        assert found
        client.environ_base["HTTP_X_CSRFTOKEN"] = found.group(1)

    return sign_in


@pytest.fixture
def message_id(tenant: Tenant, someone: UUID) -> UUID:
    with unit_of_work(tenant) as uow:
        params = {"number": "R-1", "technician": "<b>陈师傅</b>"}
        send(uow, Message("tests.accepted", to_user_id=someone, params=params, link="/settings/messages"))
        return uow.session.scalars(services.queries.own(Actor("staff", user_id=someone))).one().id


def manager(user_id: UUID) -> Actor:
    return Actor("staff", user_id=user_id, grants={"notices.templates_edit": EVERYWHERE}, locale="zh_Hans_CN")


@pytest.mark.parametrize("path", ["/messages", "/home/messages", "/staff/messages"])
def test_the_inbox_shows_words_as_text_and_counts_what_is_unread(
    path: str, client: FlaskClient, signed_in_as: Callable[[Actor], None], someone: UUID, message_id: UUID
) -> None:
    signed_in_as(manager(someone))
    shown = client.get(path)
    assert shown.status_code == 200
    assert "R-1 已接单" in shown.text
    assert "<b>陈师傅" not in shown.text
    assert "新消息" in shown.text


def test_opening_a_message_reads_it_and_leads_on(
    client: FlaskClient, signed_in_as: Callable[[Actor], None], someone: UUID, message_id: UUID
) -> None:
    signed_in_as(manager(someone))
    opened = client.post(f"/messages/{message_id}/open")
    assert (opened.status_code, opened.location) == (302, "/settings/messages")
    assert "消息都看完了" in client.get("/messages?show=unread").text


def test_the_api_gives_and_reads_ones_own_messages_only(
    client: FlaskClient, signed_in_as: Callable[[Actor], None], someone: UUID, message_id: UUID
) -> None:
    assert client.get("/api/v1/messages").status_code == 401
    signed_in_as(manager(someone))
    (item,) = client.get("/api/v1/messages?unread=true").json["items"]
    assert (item["id"], item["title"], item["read_at"]) == (str(message_id), "R-1 已接单", None)
    assert client.post(f"/api/v1/messages/{message_id}/read").json["read_at"] is not None
    assert client.get("/api/v1/messages?unread=true").json == {"items": [], "next_cursor": None}
    signed_in_as(Actor("staff", user_id=new_id()))
    assert client.post(f"/api/v1/messages/{message_id}/read").status_code == 404
    assert client.post(f"/api/v1/messages/{new_id()}/read").status_code == 404


def test_a_firm_words_its_messages(
    client: FlaskClient, signed_in_as: Callable[[Actor], None], someone: UUID
) -> None:
    signed_in_as(manager(someone))
    address = "/settings/messages/tests.accepted/zh"
    assert "已接单" in client.get(address).text
    wrong = client.post(address, data={"title": "{phone}", "body": "好", "act": "save"})
    assert wrong.status_code == 422
    assert "这里没有占位符 {phone}" in wrong.text
    previewed = client.post(address, data={"title": "{technician}接单了", "body": "好", "act": "preview"})
    assert "陈师傅接单了" in previewed.text
    assert client.post(address, data={"title": "{technician}接单了", "body": "好"}).status_code == 302
    assert "已改为自定义" in client.get("/settings/messages").text
    assert client.post(address, data={"act": "restore"}).status_code == 302
    assert "已改为自定义" not in client.get("/settings/messages").text
    assert client.get("/settings/messages/tests.unknown/zh").status_code == 404
    signed_in_as(Actor("staff", user_id=someone))
    assert client.get("/settings/messages").status_code == 403


def test_the_development_mailbox_shows_stored_mails_and_no_other_files(
    client: FlaskClient, kernel: object
) -> None:
    folder = booted().settings.home / "mailbox"
    folder.mkdir(exist_ok=True)
    (folder / "1.eml").write_bytes(
        b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Hello\r\n\r\n<script>x</script> http://example.com/a\r\n"
    )
    listed = client.get("/dev/mailbox/")
    assert (listed.status_code, "Hello" in listed.text) == (200, True)
    opened = client.get("/dev/mailbox/1.eml").text
    assert "<script>x" not in opened
    assert 'href="http://example.com/a"' in opened
    assert client.get("/dev/mailbox/..%2Fanju.key").status_code == 404


def test_there_is_no_mailbox_in_production(
    client: FlaskClient, kernel: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booted(), "settings", replace(booted().settings, mode="production"))
    assert client.get("/dev/mailbox/").status_code == 404


def test_an_empty_mailbox(tmp_path: Path) -> None:
    assert stored_mails(tmp_path / "none") == []
