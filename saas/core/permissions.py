"""The declared permissions of all slices; roles are made of these codes and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Permission:
    code: str  # slice.verb, such as repairs.dispatch
    title: Any  # lazy string
    default_roles: tuple[
        str, ...
    ] = ()  # built-in roles that hold it from the start: front_desk, technician, resident

    @property
    def slice(self) -> str:
        return self.code.partition(".")[0]


_declared: dict[str, Permission] = {}


def declare(*permissions: Permission) -> None:
    for permission in permissions:
        known = _declared.get(permission.code)
        if known is not None and known is not permission and str(known.title) != str(permission.title):
            raise ValueError(f"permission {permission.code} is declared twice")
        _declared[permission.code] = permission


def all_permissions() -> tuple[Permission, ...]:
    return tuple(sorted(_declared.values(), key=lambda permission: permission.code))


def is_declared(code: str) -> bool:
    return code in _declared
