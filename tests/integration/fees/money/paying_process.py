"""A cashier's process that dies by SIGKILL at its n-th step: before a statement, or on either side of a commit."""

from __future__ import annotations

import os
import signal
import sys
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.engine import Engine

import tenants.audit
import tenants.outbox
import tenants.wakeups  # noqa: F401
from saas.core.actors import Actor, Scope
from saas.fees import permissions as p
from saas.fees.preferences import declare_preferences
from saas.fees.services.cash_desk import pay_at_desk
from saas.fees.services.payments_intent import PaymentIntent
from tenants.database import boot
from tenants.registry import tenant_by_id
from tenants.settings import load_settings
from tenants.unit_of_work import Transaction

_steps = {"left": 0}


def step(*_facts: object, **_more: object) -> None:
    """One step further; the last one is the end."""
    _steps["left"] -= 1
    if _steps["left"] == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def main(tenant_id: str, user_id: str, kill_at: str, *lines: str) -> None:
    """Pay each line with its own key."""
    declare_preferences()
    boot(load_settings(os.environ))
    tenant = tenant_by_id(UUID(tenant_id))
    assert tenant is not None
    everywhere = {p.COLLECT.code: Scope(everything=True)}
    cashier = Actor(kind="staff", user_id=UUID(user_id), name="钱会计", roles=("cashier",), grants=everywhere)
    commit = Transaction.commit

    def commit_with_steps(self: Transaction) -> None:
        step()
        commit(self)
        step()

    Transaction.commit = commit_with_steps  # type: ignore[method-assign]
    event.listen(Engine, "before_cursor_execute", step)
    _steps["left"] = int(kill_at)
    for line in lines:
        pay_at_desk(
            tenant, actor=cashier, intent=PaymentIntent("cash", line_ids=(UUID(line),)), key=f"pay-{line}"
        )
    print(_steps["left"])


if __name__ == "__main__":
    main(*sys.argv[1:])
