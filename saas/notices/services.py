"""Sending, reading and wording messages. Only rows are written here; e-mails leave through the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from saas.core.actors import Actor
from saas.core.errors import InvalidInput, NotFound
from saas.core.live import publish_live
from saas.core.messages import Message, MessageTemplate, template_of
from saas.notices import email, queries
from saas.notices.errors import template_faults
from saas.notices.models import ChannelPreference, MessageDelivery, MessageRow, TemplateOverride
from saas.notices.permissions import TEMPLATES_EDIT
from saas.notices.preferences import DAILY_EMAILS, QUIET_FROM, QUIET_TO
from saas.notices.quiet import end_of_quiet
from saas.notices.rendering import fill, language_of, storable, texts_of
from saas.people.models import UserAccount
from saas.people.queries import user_of_person
from saas.people.services.accounts import email_of
from tenants import preferences
from tenants.clock import utcnow
from tenants.database import kernel
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

RELEASE = "notices.release"
EMAIL = "email"
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Recipient:
    """Who a message is for: an account, or a person who has none yet and finds it when one is made."""

    user_id: UUID | None
    person_id: UUID | None
    account: UserAccount | None


def deliver(uow: UnitOfWork, message: Message) -> None:
    """The port of saas.core.messages: put it in the inbox, and owe an e-mail where one is wanted."""
    declared = template_of(message.template)
    recipient = _recipient(uow, message)
    row = _store(uow, message, declared, recipient)
    if row is None:
        return
    if recipient.user_id is not None and row.visible_at <= row.created_at:
        publish_live(uow, f"notices.inbox:{recipient.user_id}", {"message_id": str(row.id)})
    if declared.by_email and recipient.account is not None:
        _owe_email(uow, row, recipient.account)


def _recipient(uow: UnitOfWork, message: Message) -> Recipient:
    user_id = message.to_user_id
    if user_id is None and message.to_person_id is not None:
        user_id = user_of_person(uow, message.to_person_id)
    account = uow.session.get(UserAccount, user_id) if user_id is not None else None
    if message.to_user_id is not None and account is None:
        raise NotFound()
    person_id = message.to_person_id or (account.person_id if account else None)
    return Recipient(account.id if account else None, person_id, account)


def _store(
    uow: UnitOfWork, message: Message, declared: MessageTemplate, recipient: Recipient
) -> MessageRow | None:
    """The rendered message, or None when one with the same key was sent to the same recipient before."""
    locale = language_of(recipient.account.locale if recipient.account else None, uow.tenant.locale)
    title, body = queries.words(uow, declared, locale)
    texts = texts_of(message.params, locale, uow.tenant.time_zone)
    now = utcnow()
    values = {
        "id": new_id(),
        "user_id": recipient.user_id,
        "person_id": recipient.person_id,
        "template": declared.code,
        "params": storable(message.params),
        "locale": locale,
        "title": fill(title, texts),
        "body": fill(body, texts),
        "link": message.link,
        "urgency": message.urgency,
        "dedup_key": _key(message, recipient),
        "created_at": now,
        "visible_at": max(message.send_at, now) if message.send_at else now,
        "read_at": None,
    }
    statement = insert(MessageRow).values(values).on_conflict_do_nothing(index_elements=["dedup_key"])
    written = uow.session.execute(statement.returning(MessageRow.id)).scalar()
    return uow.session.get(MessageRow, written) if written is not None else None


def _key(message: Message, recipient: Recipient) -> str | None:
    if message.dedup_key is None:
        return None
    return f"{message.dedup_key}:{recipient.user_id or recipient.person_id}"


def _owe_email(uow: UnitOfWork, row: MessageRow, account: UserAccount) -> None:
    """An e-mail now, after the quiet hours, or with the reason why not."""
    address = email_of(uow, account)
    if address is None:
        return
    state, reason, due_at = _when(uow, row, account)
    delivery = MessageDelivery(
        message_id=row.id,
        user_id=account.id,
        channel=EMAIL,
        state=state,
        reason=reason,
        attempts=0,
        due_at=due_at,
    )
    uow.session.add(delivery)
    uow.session.flush()
    if state == "queued":
        email.enqueue(uow, delivery, row, address)
    elif state == "held":
        uow.wake(RELEASE, str(delivery.id), due_at)


def _when(uow: UnitOfWork, row: MessageRow, account: UserAccount) -> tuple[str, str | None, datetime]:
    """State, reason and time of an e-mail. What is urgent waits for nothing."""
    now = utcnow()
    if kernel().settings.smtp_url is None:
        return "skipped", "no_mail_server", now
    if not wants(uow, account.id, EMAIL):
        return "skipped", "not_wanted", now
    if row.urgency == "high" and row.visible_at <= now:
        return "queued", None, now
    if _emails_of_day(uow, account.id, now) >= preferences.get(uow, DAILY_EMAILS):
        return "skipped", "daily_limit", now
    start = max(row.visible_at, now)
    quiet = None if row.urgency == "high" else _quiet_until(uow, start)
    if quiet is not None:
        return "held", "quiet_hours", quiet
    return ("held", "scheduled", start) if start > now else ("queued", None, now)


def _quiet_until(uow: UnitOfWork, at: datetime) -> datetime | None:
    begin, end = preferences.get(uow, QUIET_FROM), preferences.get(uow, QUIET_TO)
    return end_of_quiet(at, begin, end, uow.tenant.time_zone)


def _emails_of_day(uow: UnitOfWork, user_id: UUID, now: datetime) -> int:
    counted = (
        select(func.count())
        .select_from(MessageDelivery)
        .join(MessageRow, MessageRow.id == MessageDelivery.message_id)
        .where(
            MessageDelivery.user_id == user_id,
            MessageDelivery.created_at > now - DAY,
            MessageDelivery.state != "skipped",
            MessageRow.urgency != "high",
        )
    )
    return uow.session.scalar(counted) or 0


def wants(uow: UnitOfWork, user_id: UUID, channel: str) -> bool:
    """Whether the user wants the channel; those who never said do."""
    row = uow.session.get(ChannelPreference, (user_id, channel))
    return row is None or row.wanted


def release(uow: UnitOfWork, key: str, due_at: datetime) -> None:
    """A held e-mail's time has come. What was read in the inbox meanwhile needs no mail any more."""
    delivery = uow.session.get(MessageDelivery, UUID(key))
    if delivery is None or delivery.state != "held":
        return
    row = uow.session.get_one(MessageRow, delivery.message_id)
    account = uow.session.get(UserAccount, delivery.user_id) if delivery.user_id else None
    address = email_of(uow, account) if account else None
    if address is None or row.read_at is not None:
        delivery.state, delivery.reason = "skipped", "no_address" if address is None else "read_before"
        return
    delivery.state, delivery.reason = "queued", None
    email.enqueue(uow, delivery, row, address)
    publish_live(uow, f"notices.inbox:{delivery.user_id}", {"message_id": str(row.id)})


def mark_read(uow: UnitOfWork, *, actor: Actor, message_id: UUID) -> MessageRow:
    """The actor has read one of their own messages; again is no error."""
    row = uow.session.scalar(queries.own(actor).where(MessageRow.id == message_id))
    if row is None:
        raise NotFound()
    if row.read_at is None:
        row.read_at = utcnow()
        publish_live(uow, f"notices.inbox:{actor.user_id}", {"message_id": str(row.id)})
    return row


def mark_all_read(uow: UnitOfWork, *, actor: Actor) -> None:
    """The actor has read everything that is visible now."""
    now = utcnow()
    unread = queries.own(actor).where(MessageRow.read_at.is_(None)).with_only_columns(MessageRow.id)
    uow.session.execute(update(MessageRow).where(MessageRow.id.in_(unread)).values(read_at=now))
    publish_live(uow, f"notices.inbox:{actor.user_id}", {})


def set_channel(uow: UnitOfWork, *, actor: Actor, channel: str, wanted: bool) -> None:
    """Whether the actor wants e-mails."""
    if channel != EMAIL or actor.user_id is None:
        raise InvalidInput()
    now = utcnow()
    values = {
        "user_id": actor.user_id,
        "channel": channel,
        "wanted": wanted,
        "created_at": now,
        "updated_at": now,
    }
    statement = insert(ChannelPreference).values(values)
    changed = {"wanted": wanted, "updated_at": now}
    uow.session.execute(statement.on_conflict_do_update(index_elements=["user_id", "channel"], set_=changed))


def save_words(uow: UnitOfWork, *, actor: Actor, code: str, locale: str, words: Mapping[str, str]) -> None:
    """The firm's own title and body for one occasion in one language; what it cannot fill is refused."""
    actor.require(TEMPLATES_EDIT.code, everywhere=True)
    declared = queries.declared(code)
    faults = template_faults(declared, words)
    if faults:
        raise InvalidInput(fields=faults)
    row = uow.session.scalar(queries.override(code, locale))
    if row is None:
        row = TemplateOverride(code=code, locale=locale)
        uow.session.add(row)
    row.title, row.body = words["title"].strip(), words["body"].strip()
    uow.session.flush()
    uow.audit(
        "notices.words_changed",
        actor=actor.ref(),
        subject=("message_template", row.id),
        details={"code": code},
    )


def restore_words(uow: UnitOfWork, *, actor: Actor, code: str, locale: str) -> None:
    """Back to the words that Anju brings."""
    actor.require(TEMPLATES_EDIT.code, everywhere=True)
    row = uow.session.scalar(queries.override(queries.declared(code).code, locale))
    if row is not None:
        uow.session.delete(row)
        uow.audit(
            "notices.words_restored",
            actor=actor.ref(),
            subject=("message_template", row.id),
            details={"code": code},
        )


def preview(
    declared: MessageTemplate, words: Mapping[str, str], samples: Mapping[str, str]
) -> tuple[str, str]:
    """Title and body as a recipient would see them."""
    return fill(words["title"], samples), fill(words["body"], samples)
