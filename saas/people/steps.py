"""The first steps of a new firm. Slices above people register theirs, each with how to tell that it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from saas.core.actors import Actor
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Step:
    """One thing to do, in words, with the page that does it."""

    title: Any
    text: Any
    icon: str
    endpoint: str
    done: bool


StepProvider = Callable[[UnitOfWork, Actor], Step | None]
_providers: dict[str, tuple[int, StepProvider]] = {}


def register_step(order: int, provider: StepProvider) -> None:
    """Registering the same function again replaces it."""
    _providers[f"{provider.__module__}.{provider.__qualname__}"] = (order, provider)


def first_steps_for(uow: UnitOfWork, actor: Actor) -> list[Step]:
    """The steps in their order; a provider answers None when it has nothing for this actor."""
    in_order = sorted(_providers.items(), key=lambda entry: (entry[1][0], entry[0]))
    offered = (provider(uow, actor) for _, (_, provider) in in_order)
    return [step for step in offered if step is not None]
