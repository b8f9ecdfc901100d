"""Typed preferences of a tenant: declared once with a default, changed with an audit row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants.audit import record
from tenants.caches import ProcessCache
from tenants.clock import utcnow
from tenants.kernel_models import Preference
from tenants.tenant import Tenant
from tenants.unit import ActorLike, Unit

TTL_SECONDS = 5.0
_CHANGED = "tenants.preferences"
_TYPES = (bool, int, str, list, dict)

T = TypeVar("T")


class UnknownPreference(KeyError):
    """No such preference is declared."""


class InvalidPreference(ValueError):
    """The value is of the wrong type or refused by the declaration's check."""


@dataclass(frozen=True)
class DeclaredPreference:
    """`help` may be a lazy translation; `check` answers whether a value is allowed."""

    name: str
    type: type[Any]
    default: Any
    help: Any
    check: Callable[[Any], bool] | None = None


_declared: dict[str, DeclaredPreference] = {}
_cache: ProcessCache[Mapping[str, Any]] = ProcessCache("preferences", TTL_SECONDS)


def declare(
    name: str, type_: type[T], *, default: T, help: Any, check: Callable[[T], bool] | None = None
) -> None:
    """Declare a preference. Types: bool, int, str, list and dict (JSON)."""
    if type_ not in _TYPES:
        raise InvalidPreference(f"{name}: a preference cannot be a {type_.__name__}")
    known = _declared.get(name)
    if known is not None and (known.type, known.default) != (type_, default):
        raise ValueError(f"preference {name} is declared twice")
    entry = DeclaredPreference(name, type_, default, help, check)
    _validate(entry, default)
    _declared[name] = entry


def declarations() -> tuple[DeclaredPreference, ...]:
    return tuple(sorted(_declared.values(), key=lambda entry: entry.name))


def get(uow: Unit, name: str) -> Any:
    """The tenant's value or the default; at most five seconds old, at once in the transaction that changed it."""
    entry = _entry(name)
    changed: Mapping[str, Any] = uow.session.info.get(_CHANGED, {})
    if name in changed:
        return changed[name]
    stored = _cache.get(uow.tenant.id, "all", lambda: _load(uow))
    return stored.get(name, entry.default)


def put(uow: Unit, name: str, value: Any, *, actor: ActorLike | None) -> None:
    """Set a preference; other processes see it after the commit."""
    entry = _entry(name)
    _validate(entry, value)
    values = {"value": value, "updated_at": utcnow(), "updated_by": actor.id if actor else None}
    statement = insert(Preference).values(name=name, **values)
    uow.session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    record(uow, "preference.changed", actor=actor, subject=("tenant", uow.tenant.id), fields=(name,))
    uow.session.info.setdefault(_CHANGED, {})[name] = value
    _invalidate_after_commit(uow, uow.tenant)


def _invalidate_after_commit(uow: Unit, tenant: Tenant) -> None:
    uow.after_commit(lambda: _cache.invalidate(tenant.id))


def _entry(name: str) -> DeclaredPreference:
    try:
        return _declared[name]
    except KeyError:
        raise UnknownPreference(name) from None


def _load(uow: Unit) -> Mapping[str, Any]:
    rows = uow.session.execute(select(Preference.name, Preference.value)).all()
    return {row.name: row.value for row in rows}


def _validate(entry: DeclaredPreference, value: Any) -> None:
    right_type = isinstance(value, entry.type) and (entry.type is bool or not isinstance(value, bool))
    if not right_type or (entry.check is not None and not entry.check(value)):
        raise InvalidPreference(f"{entry.name}: {value!r} is not allowed")
