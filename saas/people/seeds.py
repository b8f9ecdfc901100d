"""What a new firm starts with. Slices above people register what they put into a fresh schema; it is written in
the one transaction that also makes the administrator."""

from collections.abc import Callable
from dataclasses import dataclass

from saas.core.actors import Actor
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class FirmSeed:
    """What the sign-up form told beyond the firm and its administrator."""

    community_name: str = ""


Seed = Callable[[UnitOfWork, Actor, FirmSeed], None]
_seeds: dict[str, Seed] = {}


def register_seed(seed: Seed) -> None:
    """Registering the same function again replaces it."""
    _seeds[f"{seed.__module__}.{seed.__qualname__}"] = seed


def plant(uow: UnitOfWork, actor: Actor, firm: FirmSeed) -> None:
    """Run all registered seeds, in the order of their names."""
    for name in sorted(_seeds):
        _seeds[name](uow, actor, firm)
