"""What a unit of work offers to the kernel's own modules. A protocol, so that audit, outbox and the
others do not import the unit of work that imports them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.tenant import Tenant


class Unit(Protocol):
    """One transaction in one tenant's schema."""

    @property
    def session(self) -> Session: ...

    @property
    def tenant(self) -> Tenant: ...

    @property
    def read_only(self) -> bool: ...

    def after_commit(self, hint: Callable[[], object], /) -> None: ...

    def hold_wakeup(self, kind: str, due_at: datetime) -> None: ...

    def savepoint(self) -> AbstractContextManager[Any]: ...


class ActorLike(Protocol):
    """Who acts, as audit rows keep it: a kind, an id and a label that is never personal."""

    @property
    def kind(self) -> str: ...

    @property
    def id(self) -> UUID | None: ...

    @property
    def label(self) -> str: ...
