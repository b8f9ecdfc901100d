"""The sign-up saga: asked → claimed → done. Each step is committed; a repeat of the request goes on from there.

Nobody can reach the tenant before the last step, since only that one enters it in the directory.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants import clock, registry
from tenants.ids import new_id
from tenants.platform_models import Signup, TenantRow
from tenants.provisioning import STALE_AFTER, discard_spare, make_spare, spares_ready, take_spare
from tenants.slugs import check_slug
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, platform_unit_of_work, unit_of_work

SignupState = Literal["asked", "claimed", "done", "given_up"]
WAIT_SECONDS = 1.0
_POLL_SECONDS = 0.05


class SlugTaken(Exception):
    """Another firm has or is just taking this slug."""


class NoSpareYet(Exception):
    """All spare schemas are taken; the request stays queued and may be repeated."""


class SignupGivenUp(Exception):
    """The request lay still for too long and was cleaned away; ask again with a new request id."""


@dataclass(frozen=True, slots=True)
class SignupRequest:
    """What is asked for. The same `request_id` always means the same sign-up."""

    request_id: str
    slug: str
    name: str
    time_zone: str = "Asia/Shanghai"
    locale: str = "zh_Hans_CN"
    currency: str = "CNY"


def sign_up(
    request: SignupRequest, seed: Callable[[UnitOfWork], None], *, wait_seconds: float = WAIT_SECONDS
) -> Tenant:
    """Take the request from wherever it stands to a usable tenant; `seed` fills the schema exactly once.

    Raises BadSlug, SlugTaken, NoSpareYet (the request stays queued) and SignupGivenUp.
    """
    begin(request)
    tenant = claim(request.request_id, wait_seconds=wait_seconds)
    _seed_once(tenant, request.request_id, seed)
    return finish(request.request_id)


def begin(request: SignupRequest) -> SignupState:
    """Queue the request, or find the one of the same id."""
    check_slug(request.slug)
    with platform_unit_of_work() as uow:
        known = _find(uow.session, request.request_id)
        if known is not None:
            return _state(known)
        now = clock.utcnow()
        taken = uow.session.execute(select(TenantRow.id).where(TenantRow.slug == request.slug)).first()
        made = uow.session.execute(
            insert(Signup)
            .values(
                id=new_id(),
                request_id=request.request_id,
                slug=request.slug,
                name=request.name,
                time_zone=request.time_zone,
                locale=request.locale,
                currency=request.currency,
                state="asked",
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing()
            .returning(Signup.id)
        ).first()
        if taken is not None or (made is None and _find(uow.session, request.request_id) is None):
            raise SlugTaken(request.slug)
    return "asked"


def claim(request_id: str, *, wait_seconds: float = 0) -> Tenant:
    """Give the request its schema, waiting a moment for one to be made. NoSpareYet leaves it queued."""
    deadline = time.monotonic() + wait_seconds
    while True:
        tenant = _claim_now(request_id)
        if tenant is not None:
            return tenant
        if time.monotonic() >= deadline:
            raise NoSpareYet(request_id)
        time.sleep(_POLL_SECONDS)


def finish(request_id: str) -> Tenant:
    """Enter the tenant in the directory: from now on its host answers."""
    with platform_unit_of_work() as uow:
        row = _locked(uow.session, request_id)
        tenant = _tenant_of(row)
        if _state(row) != "done":
            now = clock.utcnow()
            uow.session.execute(
                insert(TenantRow).values(
                    id=tenant.id,
                    slug=tenant.slug,
                    name=tenant.name,
                    state="active",
                    state_reason="",
                    time_zone=tenant.time_zone,
                    locale=tenant.locale,
                    currency=tenant.currency,
                    created_at=now,
                    updated_at=now,
                )
            )
            _move(uow.session, row.id, state="done")
    registry.invalidate(tenant.id, slug=tenant.slug)
    return tenant


def queued() -> int:
    """How many requests wait for a spare schema; the worker makes as many."""
    with platform_unit_of_work(read_only=True) as uow:
        return len(uow.session.execute(select(Signup.id).where(Signup.state == "asked")).all())


def give_up_stale() -> list[str]:
    """Janitor, app login: free slug and schema of requests that lay still; answers their request ids."""
    given_up = []
    with platform_unit_of_work() as uow:
        limit = clock.utcnow() - STALE_AFTER
        rows: Iterable[Signup] = uow.session.execute(
            select(Signup)
            .where(Signup.state.in_(["asked", "claimed"]), Signup.updated_at < limit)
            .with_for_update(skip_locked=True)
        ).scalars()
        for row in list(rows):
            if row.tenant_id is not None:
                discard_spare(uow.session, row.tenant_id)
            _move(uow.session, row.id, state="given_up")
            given_up.append(row.request_id)
    return given_up


def _claim_now(request_id: str) -> Tenant | None:
    with platform_unit_of_work() as uow:
        row = _locked(uow.session, request_id)
        if row.tenant_id is None:
            spare_id = take_spare(uow.session)
            if spare_id is None:
                return None
            _move(uow.session, row.id, state="claimed", tenant_id=spare_id)
            row.tenant_id = spare_id
            uow.session.expunge(row)
        return _tenant_of(row)


def _seed_once(tenant: Tenant, request_id: str, seed: Callable[[UnitOfWork], None]) -> None:
    """The mark stands in the same transaction as the seed, so a repeat knows whether it has happened."""
    with unit_of_work(tenant) as uow:
        mark = uow.session.execute(text("SELECT seeded_by FROM schema_state FOR UPDATE")).scalar_one()
        if mark is None:
            seed(uow)
            uow.session.execute(text("UPDATE schema_state SET seeded_by = :by"), {"by": request_id})


def _find(session: Session, request_id: str) -> Signup | None:
    return session.execute(select(Signup).where(Signup.request_id == request_id)).scalar_one_or_none()


def _locked(session: Session, request_id: str) -> Signup:
    row = session.execute(
        select(Signup).where(Signup.request_id == request_id).with_for_update()
    ).scalar_one()
    if row.state == "given_up":
        raise SignupGivenUp(request_id)
    return row


def _move(session: Session, signup_id: UUID, **values: object) -> None:
    session.execute(
        update(Signup)
        .where(Signup.id == signup_id)
        .values(updated_at=clock.utcnow(), **values)
        .execution_options(synchronize_session=False)
    )


def _state(row: Signup) -> SignupState:
    state: SignupState = row.state  # type: ignore[assignment]
    return state


def _tenant_of(row: Signup) -> Tenant:
    if row.tenant_id is None:
        raise RuntimeError(f"sign-up {row.request_id} has no schema yet")
    return Tenant(
        id=row.tenant_id,
        slug=row.slug,
        name=row.name,
        time_zone=row.time_zone,
        locale=row.locale,
        currency=row.currency,
    )


def create_tenant(request: SignupRequest, seed: Callable[[UnitOfWork], None]) -> Tenant:
    """Command line and demo, with the admin login: sign up, making the schema on the spot where none is spare."""
    if begin(request) == "asked" and spares_ready() == 0:
        make_spare()
    return sign_up(request, seed)
