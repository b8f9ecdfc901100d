"""A tenant with its own schema, actors of several scopes, and the steps of an import as one call."""

import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

import saas.estate.jobs  # noqa: F401  (registers the jobs that uploads queue)
import tenants.audit
import tenants.outbox
import tenants.wakeups  # noqa: F401
from saas.core.actors import SYSTEM, Actor, Scope
from saas.estate.permissions import ALL
from saas.estate.services.imports import apply_list, request_apply, take_in, upload_list
from saas.people.permissions import ALL as PEOPLE
from tenants.database import Kernel
from tenants.signup import SignupRequest, create_tenant
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work

PACK = Path(__file__).parents[3] / "ops" / "demo" / "jinxiu"
BOOK = "房屋业主台账.xlsx"


def nothing(uow: UnitOfWork) -> None:
    """An empty schema."""


@pytest.fixture
def new_tenant(kernel: Kernel) -> Callable[[], Tenant]:
    """Makes tenants."""

    def make() -> Tenant:
        token = uuid4().hex[:12]
        return create_tenant(SignupRequest(token, f"firm-{token}", f"测试物业 {token}"), nothing)

    return make


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    """A tenant."""
    return new_tenant()


@pytest.fixture(scope="session")
def book() -> bytes:
    """The list of 锦绣花园."""
    return (PACK / BOOK).read_bytes()


def clerk(**scope: frozenset[UUID]) -> Actor:
    """Someone of the front desk, everywhere or in a scope."""
    held = Scope(**scope) if scope else Scope(everything=True)
    grants = {permission.code: held for permission in (*ALL, *PEOPLE)}
    return Actor(kind="staff", user_id=uuid4(), name="李婷", roles=("front_desk",), grants=grants)


def upload(tenant: Tenant, content: bytes, actor: Actor = SYSTEM, name: str = BOOK, **options) -> UUID:
    """Upload and read."""
    with unit_of_work(tenant) as uow:
        batch_id = upload_list(uow, actor=actor, file_name=name, content=content, **options).id
    with unit_of_work(tenant) as uow:
        take_in(uow, batch_id)
    return batch_id


def apply(tenant: Tenant, batch_id: UUID, actor: Actor = SYSTEM) -> dict | None:
    """Ask for it and do it."""
    with unit_of_work(tenant) as uow:
        request_apply(uow, actor=actor, batch_id=batch_id)
    with unit_of_work(tenant) as uow:
        return apply_list(uow, batch_id)


@pytest.fixture
def imported(tenant: Tenant, book: bytes) -> UUID:
    """锦绣花园, imported."""
    batch_id = upload(tenant, book)
    apply(tenant, batch_id)
    return batch_id


class Counted:
    """SQL statements of a unit of work, without those that begin and end it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.statements: list[str] = []
        self.started = time.perf_counter()
        event.listen(uow.session.connection().engine, "before_cursor_execute", self._note)
        self._engine = uow.session.connection().engine

    def _note(self, conn, cursor, statement, parameters, context, executemany) -> None:
        self.statements.append(statement)

    def __enter__(self) -> "Counted":
        return self

    def __exit__(self, *_exc: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    @property
    def number(self) -> int:
        """How many."""
        return len(self.statements)
