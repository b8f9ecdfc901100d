"""Invitations by e-mail: an effect of the outbox. Notices lies above people and registers how mail leaves."""

from collections.abc import Callable, Mapping
from typing import Any

from tenants.outbox import EffectRefused
from tenants.tenant import Tenant

Mailer = Callable[[Tenant, str, str, Mapping[str, Any]], None]
_mailers: list[Mailer] = []


def register_mailer(mailer: Mailer) -> None:
    """`mailer(tenant, to, template, params)` sends one mail now, outside any transaction; the last one counts."""
    _mailers[:] = [mailer]


def send_invitation(tenant: Tenant, payload: dict[str, Any], attempt: int) -> Mapping[str, Any] | None:
    """Deliver one invitation; its address and link are deleted from the outbox on delivery."""
    if not _mailers:
        raise EffectRefused("no mailer is registered")
    secret = payload["secret"]
    params = {"path": secret["path"], "locale": payload.get("locale"), "purpose": payload["purpose"]}
    _mailers[0](tenant, secret["to"], "people.invitation", params)
    return None
