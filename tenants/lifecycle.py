"""A tenant's life: active → suspended → export → erased. Command line and back office drive the same functions."""

from uuid import UUID

from sqlalchemy import insert, select, update

from tenants import clock, platform_outbox, registry
from tenants.ids import new_id
from tenants.platform_models import PlatformOutbox, TenantRow
from tenants.tenant import Tenant, TenantState
from tenants.unit_of_work import platform_unit_of_work

TRANSITIONS: dict[TenantState, frozenset[TenantState]] = {
    "active": frozenset({"suspended"}),
    "suspended": frozenset({"active", "export"}),
    "export": frozenset({"suspended", "erased"}),
    "erased": frozenset(),
}


class UnknownTenant(LookupError):
    """There is no such tenant."""


class ForbiddenTransition(Exception):
    """The tenant's state does not lead there."""

    def __init__(self, state: TenantState, wanted: TenantState) -> None:
        super().__init__(f"{state} → {wanted}")
        self.state = state
        self.wanted = wanted


def suspend(tenant_id: UUID, reason: str) -> Tenant:
    """Stop all writing; reads, callbacks, refunds and exports go on. A repeat changes nothing."""
    return _move(tenant_id, "suspended", reason)


def resume(tenant_id: UUID, reason: str = "") -> Tenant:
    """Let a suspended tenant write again. A repeat changes nothing."""
    return _move(tenant_id, "active", reason)


def _move(tenant_id: UUID, wanted: TenantState, reason: str) -> Tenant:
    with platform_unit_of_work() as uow:
        state = uow.session.execute(
            select(TenantRow.state).where(TenantRow.id == tenant_id).with_for_update()
        ).scalar_one_or_none()
        if state is None:
            raise UnknownTenant(str(tenant_id))
        if state != wanted:
            if wanted not in TRANSITIONS[state]:
                raise ForbiddenTransition(state, wanted)
            now = clock.utcnow()
            uow.session.execute(
                update(TenantRow)
                .where(TenantRow.id == tenant_id)
                .values(state=wanted, state_reason=reason, updated_at=now)
                .execution_options(synchronize_session=False)
            )
            uow.session.execute(
                insert(PlatformOutbox).values(
                    id=new_id(),
                    tenant_id=tenant_id,
                    name=f"tenant.{wanted}",
                    payload={"from": state, "reason": reason},
                    created_at=now,
                )
            )
        uow.after_commit(lambda: registry.invalidate(tenant_id))
    # The audit row may come later (the sweep brings it), the suspension itself may not.
    platform_outbox.deliver(tenant_id)
    tenant = registry.tenant_by_id(tenant_id)
    if tenant is None:
        raise UnknownTenant(str(tenant_id))
    return tenant
