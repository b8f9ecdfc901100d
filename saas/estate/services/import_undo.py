"""Taking an applied list back, all of it or nothing."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from saas.core.actors import Actor
from saas.estate.errors import ImportInUse, NotNow
from saas.estate.events import ImportUndone
from saas.estate.models import Building, Community, ImportBatch, Occupancy, Room, Unit
from saas.estate.services.import_apply import from_json
from saas.estate.services.imports import KEEP, batch_of, forget
from saas.people.services.bulk import clear_documents, delete_people
from tenants.clock import utcnow
from tenants.unit_of_work import UnitOfWork

CHUNK = 5_000
NAMED = 5


def undo_list(uow: UnitOfWork, *, actor: Actor, batch_id: UUID) -> ImportBatch:
    """Back to how it was before. Raises ImportInUse, with some rooms, while later work depends on the list."""
    batch = batch_of(uow, actor=actor, batch_id=batch_id, lock=True)
    if batch.state == "undone":
        return batch
    if batch.state != "applied" or not batch.applied_at or batch.applied_at + KEEP < utcnow():
        raise NotNow(batch.state)
    touched = _touched_rooms(uow, batch.made)
    if touched:
        raise ImportInUse("、".join(touched))
    community_id = batch.community_id
    try:
        with uow.savepoint():
            _take_back(uow, batch)
    except IntegrityError as error:
        raise ImportInUse(_("repairs, notes, labels or accounts")) from error
    batch.state = "undone"
    forget(uow, batch.id)
    uow.audit("estate.import_undone", actor=actor.ref(), subject=("import_batch", batch.id))
    if community_id is not None:
        uow.emit(ImportUndone(batch.id, community_id))
    return batch


def _touched_rooms(uow: UnitOfWork, made: dict[str, Any]) -> list[str]:
    """Keys of rooms that somebody has changed, or where people came or went, since."""
    own = _ids(made["occupancies"])
    found: list[str] = []
    for room_ids in _chunks([UUID(room_id) for room_id in made["rooms"].values()]):
        foreign = select(Occupancy.room_id).where(Occupancy.room_id.in_(room_ids), Occupancy.id.not_in(own))
        statement = select(Room.key).where(Room.id.in_(room_ids), or_(Room.version > 1, Room.id.in_(foreign)))
        found += uow.session.scalars(statement.order_by(Room.sort_key).limit(NAMED))
    for occupancy_ids in _chunks(own):
        statement = (
            select(Room.key)
            .join(Occupancy, Occupancy.room_id == Room.id)
            .where(Occupancy.id.in_(occupancy_ids), Occupancy.version > 1)
        )
        found += uow.session.scalars(statement.order_by(Room.sort_key).limit(NAMED))
    return list(dict.fromkeys(found))[:NAMED]


def _take_back(uow: UnitOfWork, batch: ImportBatch) -> None:
    """In the order of the foreign keys; the database refuses what something else still needs."""
    made = batch.made
    _delete(uow, Occupancy, _ids(made["occupancies"]))
    delete_people(uow, _ids(made["people"]), _ids(made["phones"]))
    clear_documents(uow, _ids(made["documents"]))
    _delete(uow, Room, _ids(made["rooms"].values()))
    for room_id, before in made["changed_rooms"].items():
        values = {name: from_json(value) for name, value in before.items()}
        uow.session.execute(
            update(Room)
            .where(Room.id == UUID(room_id))
            .values(**values, version=Room.version + 1, updated_at=utcnow())
        )
    _delete(uow, Unit, _ids(made["units"]))
    _delete(uow, Building, _ids(made["buildings"]))
    if made.get("community"):
        batch.community_id = None
        uow.session.execute(
            update(ImportBatch)
            .where(ImportBatch.community_id == UUID(made["community"]))
            .values(community_id=None)
        )
        _delete(uow, Community, [UUID(made["community"])])


def _ids(texts: Iterable[str]) -> list[UUID]:
    return [UUID(text) for text in texts]


def _delete(uow: UnitOfWork, model: type[Any], ids: list[UUID]) -> None:
    for chunk in _chunks(ids):
        uow.session.execute(delete(model).where(model.id.in_(chunk)))


def _chunks(ids: list[UUID]) -> Iterable[list[UUID]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
