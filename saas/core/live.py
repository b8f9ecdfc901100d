"""Live updates: slices publish to topics after commit and say who may listen to which topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from saas.core.actors import Actor
from saas.core.errors import Forbidden
from saas.core.tickets import Ticket, app_secret, sign_ticket
from tenants.context import current_tenant
from tenants.database import kernel
from tenants.redis_client import publish
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork

MAX_TOPICS = 50
CHANNEL = "live"

TopicAuthoriser = Callable[[UnitOfWork, Actor, UUID | None], bool]
_authorisers: dict[str, TopicAuthoriser] = {}


def register_topic(name: str, authoriser: TopicAuthoriser) -> None:
    """``repairs.board`` is a topic by itself; ``repairs.order`` is asked with the id of repairs.order:<id>."""
    _authorisers[name] = authoriser


def publish_live(uow: UnitOfWork, topic: str, data: Mapping[str, Any]) -> None:
    """Tell listeners of ``topic`` once this transaction is committed; a hint, so it may be lost.

    ``data`` holds ids, states and numbers, never personal data: the page fetches what it may see.
    """
    tenant, payload = uow.tenant, {"topic": topic, "data": dict(data)}
    uow.after_commit(lambda: publish(tenant, CHANNEL, payload))


def close_streams(tenant: Tenant, session_id: UUID) -> None:
    """A revoked session's open streams end at once."""
    publish(tenant, CHANNEL, {"revoked": str(session_id)})


def authorise_topics(uow: UnitOfWork, actor: Actor, topics: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(topics))
    if not wanted or len(wanted) > MAX_TOPICS or not all(_allowed(uow, actor, topic) for topic in wanted):
        raise Forbidden(code="topic_refused")
    return wanted


def ticket(actor: Actor, topics: Iterable[str], *, origin: str = "") -> str:
    """Sign topics that were authorised before; good for one minute."""
    secret = app_secret(kernel().settings.secret_key_file)
    entry = Ticket(current_tenant().id, actor.user_id, actor.session_id, tuple(topics), origin)
    return sign_ticket(secret, entry)


def _allowed(uow: UnitOfWork, actor: Actor, topic: str) -> bool:
    name, _, subject = topic.partition(":")
    authoriser = _authorisers.get(name)
    if authoriser is None:
        return False
    try:
        subject_id = UUID(subject) if subject else None
    except ValueError:
        return False
    return authoriser(uow, actor, subject_id)
