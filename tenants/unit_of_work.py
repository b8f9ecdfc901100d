"""The unit of work: the only way to a session, and the only place that commits."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction

from tenants import wakeups
from tenants.audit import record
from tenants.context import NoTenant
from tenants.database import Scope, close_connection, kernel, open_transaction, platform_scope, tenant_scope
from tenants.events import Event
from tenants.outbox import add_effect, add_event
from tenants.tenant import Tenant

JsonValue: TypeAlias = str | int | bool | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None

log = logging.getLogger(__name__)

_tenant_open: ContextVar[bool] = ContextVar("anju_tenant_unit_open", default=False)
_platform_open: ContextVar[bool] = ContextVar("anju_platform_unit_open", default=False)


class NestedUnitOfWork(RuntimeError):
    """A unit of work was opened inside another one of the same kind."""


@dataclass(frozen=True, slots=True)
class ActorRef:
    """Who did something, without personal data."""

    kind: str
    id: UUID | None
    label: str


class GuardedSession(Session):
    """A session that leaves commit and rollback to its unit of work; use savepoints to give up a part."""

    def commit(self) -> NoReturn:
        """Refused."""
        raise RuntimeError("only the unit of work commits")

    def rollback(self) -> NoReturn:
        """Refused."""
        raise RuntimeError("raise an exception, or use uow.savepoint()")


class Transaction:
    """One lazily begun transaction in a scope."""

    def __init__(self, engine: Callable[[], Engine], scope: Scope) -> None:
        self._engine = engine
        self._scope = scope
        self._connection: Connection | None = None
        self._session: GuardedSession | None = None
        self._after_commit: list[Callable[[], object]] = []
        self._closed = False

    @property
    def read_only(self) -> bool:
        """Whether the server refuses writes in this transaction."""
        return self._scope.read_only

    @property
    def session(self) -> Session:
        """The session; the first use begins the transaction."""
        if self._closed:
            raise RuntimeError("this unit of work is over")
        if self._session is None:
            self._connection = open_transaction(self._engine(), self._scope)
            self._session = GuardedSession(
                bind=self._connection, join_transaction_mode="control_fully", expire_on_commit=False
            )
        return self._session

    def savepoint(self) -> SessionTransaction:
        """A part that may fail alone: `with uow.savepoint(): …` undoes only the block."""
        return self.session.begin_nested()

    def after_commit(self, hint: Callable[[], object]) -> None:
        """Run `hint` once the change is durable. It is a hint: it may be lost and must not matter."""
        self._after_commit.append(hint)

    def _before_commit(self) -> None:
        """What must be durable before this transaction is."""

    def commit(self) -> None:
        """Called by `unit_of_work` alone, at the end of its block."""
        if self._session is not None:
            self._session.flush()
        self._before_commit()
        if self._session is not None:
            Session.commit(self._session)

    def run_hints(self) -> None:
        """Called by `unit_of_work` alone, once the change is durable."""
        for hint in self._after_commit:
            try:
                hint()
            except Exception:
                log.warning("a hint after commit failed", exc_info=True)

    def close(self) -> None:
        """Called by `unit_of_work` alone: give the connection back, whatever happened."""
        self._closed = True
        if self._connection is None:
            return
        try:
            if self._session is not None:
                self._session.close()
        except DBAPIError:
            # A server that went away in mid-transaction cannot be told to roll back; it has done so itself, and
            # the error that is on its way up must not be hidden by this one.
            log.warning("a connection was lost while rolling back")
            self._connection.invalidate()
        finally:
            close_connection(self._connection)


class UnitOfWork(Transaction):
    """One transaction of one tenant, and what every change leaves behind: audit, events, effects, timers."""

    def __init__(self, tenant: Tenant, *, read_only: bool = False) -> None:
        super().__init__(lambda: kernel().tenant_engine(tenant), tenant_scope(tenant, read_only=read_only))
        self.tenant = tenant
        self._wakeups: dict[str, datetime] = {}

    def audit(
        self,
        action: str,
        *,
        actor: ActorRef | None,
        subject: tuple[str, UUID],
        fields: Sequence[str] = (),
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Leave an audit row in this transaction; `details` holds no personal data."""
        record(self, action, actor=actor, subject=subject, fields=fields, details=details)

    def emit(self, event: Event) -> None:
        """Leave an event for its subscribers, delivered after commit."""
        add_event(self, event)

    def enqueue_effect(
        self, name: str, payload: Mapping[str, JsonValue], dedup_key: str | None = None
    ) -> None:
        """Leave an outward effect, done at least once after commit."""
        add_effect(self, name, payload, dedup_key)

    def wake(self, kind: str, key: str, due_at: datetime) -> None:
        """Set the timer `key` of a kind."""
        wakeups.arm(self, kind, key, due_at)

    def hold_wakeup(self, kind: str, due_at: datetime) -> None:
        """Make sure that the scheduler looks at this tenant for `kind` no later than `due_at`."""
        known = self._wakeups.get(kind)
        self._wakeups[kind] = due_at if known is None else min(known, due_at)

    def _before_commit(self) -> None:
        """Move the tenant's wake-ups earlier on a connection of their own, before the tenant's commit."""
        due = wakeups.not_armed_yet(self.tenant.id, self._wakeups)
        if not due:
            return
        connection = open_transaction(kernel().catalog_engine(), platform_scope())
        try:
            wakeups.move_earlier(connection, self.tenant.id, due)
            connection.commit()
        finally:
            close_connection(connection)
        wakeups.remember_armed(self.tenant.id, due)


class PlatformUnitOfWork(Transaction):
    """One transaction in the control schema, with the app login's narrow grants."""

    def __init__(self, *, read_only: bool = False) -> None:
        super().__init__(lambda: kernel().catalog_engine(), platform_scope(read_only=read_only))


@contextmanager
def unit_of_work(tenant: Tenant | None, *, read_only: bool = False) -> Iterator[UnitOfWork]:
    """One transaction for `tenant`: committed when the block ends well, rolled back on any exception."""
    if tenant is None:
        raise NoTenant("a unit of work needs a tenant")
    unit = UnitOfWork(tenant, read_only=read_only)
    with _running(unit, _tenant_open):
        yield unit
    unit.run_hints()


@contextmanager
def platform_unit_of_work(*, read_only: bool = False) -> Iterator[PlatformUnitOfWork]:
    """One transaction in the control schema. It never shares a transaction with a tenant's data."""
    unit = PlatformUnitOfWork(read_only=read_only)
    with _running(unit, _platform_open):
        yield unit
    unit.run_hints()


@contextmanager
def _running(unit: Transaction, open_flag: ContextVar[bool]) -> Iterator[None]:
    if open_flag.get():
        raise NestedUnitOfWork("a unit of work is already open; pass it on instead")
    token = open_flag.set(True)
    try:
        yield
        unit.commit()
    finally:
        open_flag.reset(token)
        unit.close()
