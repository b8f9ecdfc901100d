"""Reading messages and the words in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from saas.core.actors import Actor
from saas.core.errors import NotFound
from saas.core.messages import MessageTemplate, all_templates, template_of
from saas.core.paging import page
from saas.notices.models import MessageDelivery, MessageRow, TemplateOverride
from saas.notices.permissions import TEMPLATES_EDIT
from tenants.clock import utcnow
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Wording:
    """One occasion as the settings page lists it."""

    code: str
    occasion: Any
    changed: frozenset[str]  # languages in which the firm has its own words


def own(actor: Actor) -> Select[MessageRow]:
    """The actor's messages that have begun to be visible."""
    mine = [MessageRow.user_id == actor.user_id]
    if actor.person_id is not None:
        mine.append(MessageRow.person_id == actor.person_id)
    return select(MessageRow).where(or_(*mine), MessageRow.visible_at <= utcnow())


def list_messages(
    uow: UnitOfWork,
    actor: Actor,
    *,
    unread: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> tuple[list[MessageRow], str | None]:
    """One page of the actor's inbox, the newest first."""
    wanted = own(actor)
    if unread:
        wanted = wanted.where(MessageRow.read_at.is_(None))
    keys = (MessageRow.visible_at, MessageRow.id)
    return page(uow.session, wanted, keys=keys, cursor=cursor, limit=limit, descending=True)


def count_unread(uow: UnitOfWork, actor: Actor) -> int:
    unread = own(actor).where(MessageRow.read_at.is_(None))
    return uow.session.scalar(unread.with_only_columns(func.count()).order_by(None)) or 0


def deliveries(uow: UnitOfWork, message_id: UUID) -> list[MessageDelivery]:
    wanted = select(MessageDelivery).where(MessageDelivery.message_id == message_id)
    return list(uow.session.scalars(wanted.order_by(MessageDelivery.channel)))


def declared(code: str) -> MessageTemplate:
    try:
        return template_of(code)
    except KeyError:
        raise NotFound() from None


def override(code: str, locale: str) -> Select[TemplateOverride]:
    return select(TemplateOverride).where(TemplateOverride.code == code, TemplateOverride.locale == locale)


def words(uow: UnitOfWork, template: MessageTemplate, locale: str) -> tuple[str, str]:
    """Title and body in force: the firm's own, or those that the slice declared."""
    row = uow.session.scalar(override(template.code, locale))
    return (row.title, row.body) if row is not None else template.words(locale)


def list_wordings(uow: UnitOfWork, actor: Actor) -> list[Wording]:
    """All occasions, with the languages in which the firm has changed them."""
    actor.require(TEMPLATES_EDIT.code)
    changed: dict[str, set[str]] = {}
    for code, locale in uow.session.execute(select(TemplateOverride.code, TemplateOverride.locale)):
        changed.setdefault(code, set()).add(locale)
    return [
        Wording(template.code, template.occasion, frozenset(changed.get(template.code, ())))
        for template in all_templates()
    ]
