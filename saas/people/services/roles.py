"""Built-in roles, what each may do, and handing roles to accounts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select

from saas.core.actors import EVERYWHERE, NOWHERE, Actor, Scope
from saas.core.permissions import all_permissions
from saas.people.errors import refuse_field
from saas.people.models import Role, RoleGrant, UserAccount, UserRole
from saas.people.places import scope_places
from saas.people.role_names import ADMINISTRATOR, BUILT_IN, RESIDENT, ROLE_UNKNOWN
from tenants.unit_of_work import UnitOfWork

OWN = Scope(own=True)


@dataclass(frozen=True)
class RoleScope:
    """Where a role holds: everywhere, or in the named communities and buildings."""

    everywhere: bool = True
    communities: frozenset[UUID] = field(default_factory=frozenset)
    buildings: frozenset[UUID] = field(default_factory=frozenset)


def seed_roles(uow: UnitOfWork) -> dict[str, Role]:
    """Make the built-in roles of a new tenant; a second call finds them. Key -> role."""
    known = {role.key: role for role in uow.session.scalars(select(Role).where(Role.key.is_not(None)))}
    declared = [permission.code for permission in all_permissions()]
    for position, key in enumerate(BUILT_IN):
        if key in known:
            continue
        role = Role(key=key, name=key, position=position, own_only=key == RESIDENT, seen=declared)
        role.grants = [RoleGrant(permission=code) for code in sorted(default_grants(key))]
        uow.session.add(role)
        known[key] = role
    uow.session.flush()
    return {key: role for key, role in known.items() if key is not None}


def default_grants(role_key: str) -> set[str]:
    """The permissions that slices declare for a built-in role; the administrator has every one."""
    permissions = all_permissions()
    if role_key == ADMINISTRATOR:
        return {permission.code for permission in permissions}
    return {permission.code for permission in permissions if role_key in permission.default_roles}


def effective_grants(role: Role) -> set[str]:
    """Stored grants, and for a built-in role the defaults of permissions declared after they were stored."""
    stored = {grant.permission for grant in role.grants}
    if role.key is None:
        return stored
    return stored | (default_grants(role.key) - set(role.seen))


def roles_giving(uow: UnitOfWork, permission: str) -> list[UUID]:
    """Roles whose effective grants hold this permission, read as columns: lists for choosing ask each time."""
    stored = exists().where(RoleGrant.role_id == Role.id, RoleGrant.permission == permission)
    rows = uow.session.execute(select(Role.id, Role.key, Role.seen, stored)).all()
    return [
        row[0]
        for row in rows
        if row[3]
        or (row[1] is not None and permission not in row[2] and permission in default_grants(row[1]))
    ]


def actor_of(account: UserAccount, *, session_id: UUID | None = None) -> Actor:
    """The account as an actor, its roles merged into one scope per permission."""
    grants: dict[str, Scope] = {}
    for held in account.roles:
        scope = _scope_of(held)
        for code in effective_grants(held.role):
            grants[code] = grants.get(code, NOWHERE) | scope
    return Actor(
        kind="resident" if account.kind == "resident" else "staff",
        user_id=account.id,
        person_id=account.person_id,
        staff_id=account.staff.id if account.staff else None,
        name=account.name,
        roles=tuple(held.role.key or held.role.name for held in _in_order(account.roles)),
        grants=MappingProxyType(grants),
        locale=account.locale,
        session_id=session_id,
    )


def assign_roles(uow: UnitOfWork, account: UserAccount, keys: Collection[str], scope: RoleScope) -> None:
    """Let the account hold exactly these roles, each in this scope; the administrator's is always everywhere."""
    roles = _roles_by_key(uow, keys)
    _require_known_places(uow, scope)
    kept = {held.role_id: held for held in account.roles}
    account.roles = [kept.get(role.id) or UserRole(role=role, role_id=role.id) for role in roles.values()]
    for held in account.roles:
        held.everywhere = scope.everywhere or held.role.key == ADMINISTRATOR
        held.communities = [] if held.everywhere else sorted(scope.communities)
        held.buildings = [] if held.everywhere else sorted(scope.buildings)


def _require_known_places(uow: UnitOfWork, scope: RoleScope) -> None:
    """A role is limited to places that are there: an id of nothing, or of another firm, is refused."""
    for field_name, wanted in (("communities", scope.communities), ("buildings", scope.buildings)):
        if wanted and set(wanted) - {place.id for place in scope_places(uow)}:
            raise refuse_field(field_name, _l("Choose one of the offered values."))


def _roles_by_key(uow: UnitOfWork, keys: Collection[str]) -> Mapping[str, Role]:
    if not keys:
        return {}
    found = {role.key: role for role in uow.session.scalars(select(Role).where(Role.key.in_(keys)))}
    if set(keys) - set(found):
        raise refuse_field("roles", ROLE_UNKNOWN)
    return {key: role for key, role in found.items() if key is not None}


def _in_order(held: Iterable[UserRole]) -> list[UserRole]:
    return sorted(held, key=lambda each: each.role.position)


def _scope_of(held: UserRole) -> Scope:
    if held.role.own_only:
        return OWN
    if held.everywhere:
        return EVERYWHERE
    return Scope(communities=frozenset(held.communities), buildings=frozenset(held.buildings))
