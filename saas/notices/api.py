"""REST: the actor's own messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from saas.notices import queries, services
from saas.notices.models import MessageRow
from saas.notices.schemas import MessageListArgs, MessageSchema
from saas.web.api import API_PREFIX, Blueprint, listing_of
from saas.web.auth import current_actor, signed_in
from saas.web.work import work

blueprint = Blueprint(
    "messages_api", __name__, url_prefix=f"{API_PREFIX}/messages", description="One's own messages"
)


@blueprint.get("")
@blueprint.arguments(MessageListArgs, location="query")
@blueprint.response(200, listing_of(MessageSchema))
@signed_in
def list_messages(args: dict[str, Any]) -> dict[str, Any]:
    """The signed-in user's messages, the newest first."""
    with work(read_only=True) as uow:
        items, next_cursor = queries.list_messages(uow, current_actor(), **args)
    return {"items": items, "next_cursor": next_cursor}


@blueprint.post("/<uuid:message_id>/read")
@blueprint.response(200, MessageSchema)
@blueprint.alt_response(404, schema=None, description="No such message of this user")
@signed_in
def read_message(message_id: UUID) -> MessageRow:
    """Mark one message as read; again is no error."""
    with work() as uow:
        return services.mark_read(uow, actor=current_actor(), message_id=message_id)
