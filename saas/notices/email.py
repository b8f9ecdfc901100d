"""E-mail as an outward effect: what is put in the outbox, and what is done with it after commit."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from saas.notices.link_mails import LINK_MAILS
from saas.notices.models import MessageDelivery, MessageRow
from saas.notices.rendering import fill
from saas.notices.smtp import Mail, Server, send_mail
from saas.people.mailing import register_mailer
from tenants.clock import utcnow
from tenants.database import kernel
from tenants.outbox import EffectRefused, register_effect
from tenants.tenant import Tenant
from tenants.unit_of_work import JsonValue, UnitOfWork

EFFECT = "notices.email"


def enqueue(uow: UnitOfWork, delivery: MessageDelivery, message: MessageRow, address: str) -> None:
    """Owe the mail; address and words are encrypted in the outbox and gone once it is delivered."""
    secret = {"to": address, "subject": message.title, "text": _with_link(uow.tenant, message)}
    payload: dict[str, JsonValue] = {"delivery_id": str(delivery.id), "secret": secret}
    uow.enqueue_effect(EFFECT, payload, dedup_key=f"delivery:{delivery.id}")


def send(tenant: Tenant, payload: dict[str, Any], attempt: int) -> Mapping[str, Any]:
    """The call of the effect; raises MailDelayed to be tried again, MailRefused to give up."""
    secret = payload["secret"]
    return _send(tenant, payload["delivery_id"], secret["to"], secret["subject"], secret["text"]) | {
        "attempts": attempt
    }


def mail_link(tenant: Tenant, to: str, template: str, params: Mapping[str, Any]) -> None:
    """The mailer that people asks to send a one-time link; the words are fixed, nobody edits a security mail."""
    language = "zh" if (params.get("locale") or tenant.locale).startswith("zh") else "en"
    subject, text = LINK_MAILS[template, params["purpose"], language]
    texts = {"firm": tenant.name, "url": host_address(tenant) + params["path"]}
    key = sha256(params["path"].encode()).hexdigest()[:24]
    _send(tenant, key, to, fill(subject, texts), fill(text, texts))


def sent(uow: UnitOfWork, payload: dict[str, Any], result: Mapping[str, Any]) -> None:
    delivery = uow.session.get(MessageDelivery, UUID(payload["delivery_id"]))
    if delivery is not None:
        delivery.state, delivery.reason = "sent", None
        delivery.proof, delivery.attempts = dict(result), int(result.get("attempts", 1))


def given_up(uow: UnitOfWork, payload: dict[str, Any], error_class: str) -> None:
    delivery = uow.session.get(MessageDelivery, UUID(payload["delivery_id"]))
    if delivery is not None:
        delivery.state, delivery.reason, delivery.updated_at = "failed", error_class, utcnow()


def register() -> None:
    register_effect(EFFECT, send, on_delivered=sent, on_dead=given_up)
    register_mailer(mail_link)


def host_address(tenant: Tenant) -> str:
    """The tenant's own address as people type it."""
    settings = kernel().settings
    if settings.single_tenant or settings.public_url:
        base = (settings.public_url or f"http://{settings.base_domain}:{settings.port}").rstrip("/")
        scheme, _sep, host = base.partition("://")
        return base if settings.single_tenant else f"{scheme}://{tenant.slug}.{host}"
    return f"http://{tenant.slug}.{settings.base_domain}:{settings.port}"


def _send(tenant: Tenant, key: str, to: str, subject: str, text: str) -> dict[str, Any]:
    settings = kernel().settings
    if settings.smtp_url is None:
        raise EffectRefused("no mail server is set")
    domain = settings.mail_from.rpartition("@")[2] or "localhost"
    mail = Mail(settings.mail_from, tenant.name, to, subject, text, f"<{key}@{domain}>")
    return dict(send_mail(Server.from_url(settings.smtp_url), mail))


def _with_link(tenant: Tenant, message: MessageRow) -> str:
    if not message.link:
        return message.body
    return f"{message.body}\n\n{host_address(tenant)}{message.link}"
