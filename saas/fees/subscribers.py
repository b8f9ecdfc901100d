"""What fees do when somebody comes to a room or leaves it: assignments of rules follow, old debt stays. And when bills
are published: prepaid accounts pay them."""

from __future__ import annotations

from saas.core.messages import Message, send
from saas.estate.events import ImportUndone, OccupancyEnded, OccupancyStarted, RoomsImported
from saas.estate.queries.places import room_places
from saas.fees.events import BillsPublished, PrepaidRanLow
from saas.fees.messages_prepaid import BILLS_LINK
from saas.fees.services.prepaid import use_prepaid
from saas.fees.services.rules import sync_all_rules, sync_rules_of_room
from tenants.outbox import subscribe
from tenants.unit_of_work import UnitOfWork


def register_rule_subscribers() -> None:
    """Subscribe; the app and the worker do it once at start."""
    subscribe(OccupancyStarted, "fees.debtor_came", _room_changed)
    subscribe(OccupancyEnded, "fees.debtor_left", _room_changed)
    subscribe(RoomsImported, "fees.rooms_imported", _rooms_changed)
    subscribe(ImportUndone, "fees.import_undone", _rooms_changed)


def register_prepaid_subscribers() -> None:
    """New bills are paid from prepaid accounts; who runs low is told."""
    subscribe(BillsPublished, "fees.use_prepaid", _bills_published)
    subscribe(PrepaidRanLow, "fees.tell_prepaid_low", _prepaid_ran_low)


def _bills_published(uow: UnitOfWork, event: BillsPublished) -> None:
    use_prepaid(uow, run_id=event.run_id)


def _prepaid_ran_low(uow: UnitOfWork, event: PrepaidRanLow) -> None:
    place = room_places(uow, [event.room_id]).get(event.room_id) if event.room_id else None
    send(
        uow,
        Message(
            "fees.prepaid_low", to_person_id=event.person_id, link=BILLS_LINK,
            params={"place": place.text if place else "", "balance": f"{event.balance_minor // 100:,}.{event.balance_minor % 100:02d}"},
            dedup_key=f"prepaid-low:{event.person_id}:{event.room_id}:{event.business_date:%Y%m}",
        ),
    )  # fmt: skip


def _room_changed(uow: UnitOfWork, event: OccupancyStarted | OccupancyEnded) -> None:
    sync_rules_of_room(uow, event.room_id)


def _rooms_changed(uow: UnitOfWork, event: RoomsImported | ImportUndone) -> None:
    sync_all_rules(uow, event.community_id)
