"""The buttons at the foot of an order: one primary by state, two beside it, the rest in a menu.

What may be done comes from the transition table; here it only gets words and a place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from saas.core.actors import Actor
from saas.repairs.permissions import CLOSE, DISPATCH, REGISTER
from saas.repairs.queries.detail import CandidateRow, OrderDetail
from saas.repairs.states import OPEN_STATES, Arrow

# What can be asked at the foot before it is done: `?ask=…`.
ASKS = ("classify", "cancel", "withdraw", "reopen", "call_back", "phone", "note", "join")


@dataclass(frozen=True)
class Action:
    """One button: posts `fields` to `post`, or opens the question `ask` at the foot."""

    text: str
    icon: str
    post: str = ""
    ask: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    danger: bool = False


@dataclass(frozen=True)
class Foot:
    """The foot of an order."""

    primary: Action | None
    beside: tuple[Action, ...]
    menu: tuple[Action, ...]


def foot_of(
    actor: Actor,
    detail: OrderDetail,
    steps: Sequence[Arrow],
    candidates: Sequence[CandidateRow],
    category: str,
    urgency: str,
) -> Foot:
    """All that the actor may do with the order, the usual next step first."""
    verbs = {step.verb for step in steps}
    wanted = [*_leading(detail, verbs, candidates, category, urgency), *_usual(actor, detail, verbs)]
    order = list({(action.post, action.ask, str(action.fields)): action for action in wanted}.values())
    if not order:
        return Foot(None, (), ())
    primary = None if order[0].danger else order[0]
    rest = order[1:] if primary else order
    calm = [action for action in rest if not action.danger]
    return Foot(primary, tuple(calm[:2]), (*calm[2:], *(action for action in rest if action.danger)))


def _leading(
    detail: OrderDetail,
    verbs: Collection[str],
    candidates: Sequence[CandidateRow],
    category: str,
    urgency: str,
) -> list[Action]:
    """The one thing to do next."""
    row = detail.row
    if "triage" in verbs:
        text = _("Confirm: %(category)s, %(urgency)s", category=category, urgency=urgency)
        fields = {"category": row.category, "urgency": row.urgency}
        return [Action(text, "check", post=_url("order_classify", detail), fields=fields)]
    if detail.rating is not None and detail.rating.call_back == "open":
        return [Action(_("Note the call-back"), "phone-check", ask="call_back")]
    if "close" in verbs:
        return [Action(_("Close the order"), "circle-check", post=_url("order_close", detail))]
    if "dispatch" in verbs:
        nearest = next((each for each in candidates if each.state == "listed"), None)
        if nearest is not None:
            again = row.state == "dispatched"
            text = (
                _("Ask %(name)s instead", name=nearest.name)
                if again
                else _("Dispatch to %(name)s", name=nearest.name)
            )
            return [
                Action(
                    text,
                    "user-check",
                    post=_url("order_dispatch", detail),
                    fields={"staff": nearest.staff_id},
                )
            ]
    if "resume" in verbs:
        return [Action(_("Work goes on"), "player-play", post=_url("order_resume", detail))]
    return []


def _usual(actor: Actor, detail: OrderDetail, verbs: Collection[str]) -> list[Action]:
    row, found = detail.row, []

    def may(permission: str) -> bool:
        return actor.may(permission, community_id=row.community_id, building_id=row.building_id)

    if "dispatch" in verbs and not (row.state == "dispatched" and detail.dispatch_mode == "grab"):
        fields = {"mode": "grab"}
        found.append(
            Action(_("Offer to all"), "hand-grab", post=_url("order_dispatch", detail), fields=fields)
        )
    if may(DISPATCH.code) and (detail.contact_phone or detail.reporter_person_id):
        found.append(Action(_("Call"), "phone", ask="phone"))
    if row.state in OPEN_STATES and may(REGISTER.code):
        found.append(Action(_("One more person reports it"), "users-plus", ask="join"))
    if "decline" in verbs or "return" in verbs:
        found.append(Action(_("Take it back"), "arrow-back-up", ask="withdraw"))
    if "reopen" in verbs:
        found.append(Action(_("Reopen"), "refresh", ask="reopen"))
    if "close" in verbs and may(CLOSE.code):
        found.append(Action(_("Close the order"), "circle-check", post=_url("order_close", detail)))
    if "cancel" in verbs:
        found.append(Action(_("Cancel the order"), "circle-x", ask="cancel", danger=True))
    return found


def _url(endpoint: str, detail: OrderDetail) -> str:
    return url_for(f"repairs.{endpoint}", order_id=detail.row.id)
