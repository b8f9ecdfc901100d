"""Who acts: a person (or the system) with granted permissions, each with its scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from flask import Request

from saas.core.errors import Forbidden
from tenants.unit_of_work import ActorRef

ActorKind = Literal["staff", "resident", "system", "guest"]


@dataclass(frozen=True)
class Scope:
    """Where a permission holds: everywhere, in communities, in buildings, or on the actor's own rows only."""

    everything: bool = False
    communities: frozenset[UUID] = frozenset()
    buildings: frozenset[UUID] = frozenset()
    own: bool = False

    @property
    def empty(self) -> bool:
        return not (self.everything or self.communities or self.buildings or self.own)

    def covers(
        self, *, community_id: UUID | None = None, building_id: UUID | None = None, own: bool = False
    ) -> bool:
        return (
            self.everything
            or (community_id is not None and community_id in self.communities)
            or (building_id is not None and building_id in self.buildings)
            or (own and self.own)
        )

    def __or__(self, other: Scope) -> Scope:
        return Scope(
            everything=self.everything or other.everything,
            communities=self.communities | other.communities,
            buildings=self.buildings | other.buildings,
            own=self.own or other.own,
        )


NOWHERE = Scope()
EVERYWHERE = Scope(everything=True)


@dataclass(frozen=True)
class Actor:
    """Permissions are asked here and enforced in services; templates only hide links."""

    kind: ActorKind
    user_id: UUID | None = None
    person_id: UUID | None = None
    staff_id: UUID | None = None
    name: str = ""
    roles: tuple[str, ...] = ()
    grants: Mapping[str, Scope] = field(default_factory=lambda: MappingProxyType({}))
    locale: str | None = None
    session_id: UUID | None = None

    def scope(self, permission: str) -> Scope:
        """The scope to filter rows by; NOWHERE when the permission is not granted."""
        if self.kind == "system":
            return EVERYWHERE
        return self.grants.get(permission, NOWHERE)

    def may(
        self,
        permission: str,
        *,
        community_id: UUID | None = None,
        building_id: UUID | None = None,
        own: bool = False,
        everywhere: bool = False,
    ) -> bool:
        """True when the permission covers the place, the own row, or (``everywhere``) the whole firm.

        With nothing named it asks whether the permission is held anywhere at all, which is right for a
        menu or a route and too little for a row: services name the row's place.
        """
        scope = self.scope(permission)
        if everywhere:
            return scope.everything
        if community_id is None and building_id is None and not own:
            return not scope.empty
        return scope.covers(community_id=community_id, building_id=building_id, own=own)

    def require(
        self,
        permission: str,
        *,
        community_id: UUID | None = None,
        building_id: UUID | None = None,
        own: bool = False,
        everywhere: bool = False,
    ) -> None:
        if not self.may(
            permission, community_id=community_id, building_id=building_id, own=own, everywhere=everywhere
        ):
            raise Forbidden(permission=permission)

    def ref(self) -> ActorRef:
        """How audit rows name this actor: kind and id, never a personal name."""
        return ActorRef(kind=self.kind, id=self.user_id, label=self.roles[0] if self.roles else self.kind)


SYSTEM = Actor(kind="system", name="system")
GUEST = Actor(kind="guest")

ActorResolver = Callable[[Request], Actor | None]
_resolvers: list[ActorResolver] = []


def register_actor_resolver(resolver: ActorResolver) -> None:
    """People registers how a request becomes an actor; the last registration counts."""
    _resolvers[:] = [resolver]


def resolve_actor(request: Request) -> Actor | None:
    return _resolvers[0](request) if _resolvers else None
