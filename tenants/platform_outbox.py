"""What the platform did to a tenant, brought into the tenant's own audit: later, but exactly once."""

from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert

from tenants import clock, registry
from tenants.kernel_models import OutboxHistory
from tenants.platform_models import PlatformOutbox
from tenants.tenant import Tenant
from tenants.unit_of_work import ActorRef, platform_unit_of_work, unit_of_work

PLATFORM = ActorRef("platform", None, "platform")
_BATCH = 200


def deliver(tenant_id: UUID | None = None) -> int:
    """Deliver what is owed to one tenant, or to all; answers how many rows were settled.

    The two schemas share no transaction, so a crash may repeat a delivery; the history's key makes it harmless.
    """
    wanted: list[ColumnElement[bool]] = [PlatformOutbox.delivered_at.is_(None)]
    if tenant_id is not None:
        wanted.append(PlatformOutbox.tenant_id == tenant_id)
    with platform_unit_of_work(read_only=True) as uow:
        owed = list(
            uow.session.execute(
                select(PlatformOutbox).where(*wanted).order_by(PlatformOutbox.created_at).limit(_BATCH)
            ).scalars()
        )
    for row in owed:
        tenant = registry.tenant_by_id(row.tenant_id)
        if tenant is not None:
            _into_audit(tenant, row)
        with platform_unit_of_work() as uow:
            uow.session.execute(
                update(PlatformOutbox)
                .where(PlatformOutbox.id == row.id)
                .values(delivered_at=clock.utcnow())
                .execution_options(synchronize_session=False)
            )
    return len(owed)


def _into_audit(tenant: Tenant, row: PlatformOutbox) -> None:
    with unit_of_work(tenant) as uow:
        first = uow.session.execute(
            insert(OutboxHistory)
            .values(
                message_id=row.id,
                kind="platform",
                name=row.name,
                handler="platform.audit",
                attempts=1,
                created_at=row.created_at,
                delivered_at=clock.utcnow(),
            )
            .on_conflict_do_nothing(index_elements=["message_id"])
            .returning(OutboxHistory.message_id)
        ).first()
        if first is not None:
            uow.audit(row.name, actor=PLATFORM, subject=("tenant", tenant.id), details=row.payload)
