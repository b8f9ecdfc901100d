"""What fees do when somebody comes to a room or leaves it: assignments of rules follow, old debt stays."""

from __future__ import annotations

from saas.estate.events import ImportUndone, OccupancyEnded, OccupancyStarted, RoomsImported
from saas.fees.services.rules import sync_all_rules, sync_rules_of_room
from tenants.outbox import subscribe
from tenants.unit_of_work import UnitOfWork


def register_rule_subscribers() -> None:
    """Subscribe; the app and the worker do it once at start."""
    subscribe(OccupancyStarted, "fees.debtor_came", _room_changed)
    subscribe(OccupancyEnded, "fees.debtor_left", _room_changed)
    subscribe(RoomsImported, "fees.rooms_imported", _rooms_changed)
    subscribe(ImportUndone, "fees.import_undone", _rooms_changed)


def _room_changed(uow: UnitOfWork, event: OccupancyStarted | OccupancyEnded) -> None:
    sync_rules_of_room(uow, event.room_id)


def _rooms_changed(uow: UnitOfWork, event: RoomsImported | ImportUndone) -> None:
    sync_all_rules(uow, event.community_id)
