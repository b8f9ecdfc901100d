"""The places that a role may be limited to. Estate lies above people and registers how to list them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false

from saas.core.actors import Scope
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ScopePlace:
    """A community, or with `community_id` a building in it, by name."""

    id: UUID
    name: str
    community_id: UUID | None = None


PlaceDirectory = Callable[[UnitOfWork], Sequence[ScopePlace]]
PersonFilter = Callable[[Select[Any], Scope], Select[Any]]

_directories: list[PlaceDirectory] = []
_filters: list[PersonFilter] = []


def register_place_directory(directory: PlaceDirectory) -> None:
    """Estate lists its communities and buildings for the scope form; the last registration counts."""
    _directories[:] = [directory]


def scope_places(uow: UnitOfWork) -> Sequence[ScopePlace]:
    """Communities and buildings to choose from; empty before the first community exists."""
    return _directories[0](uow) if _directories else ()


def register_person_filter(person_filter: PersonFilter) -> None:
    """Estate narrows a select on Person to those who live in or own a place of the scope."""
    _filters[:] = [person_filter]


def visible_persons(statement: Select[Any], scope: Scope) -> Select[Any]:
    """The statement narrowed to the persons that the scope covers; nobody when nothing can tell."""
    if scope.everything:
        return statement
    return _filters[0](statement, scope) if _filters else statement.where(false())
