"""Photos of an order: re-encoded, kept once however often they are sent, shown to those who see the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select

from saas.core.actors import Actor
from saas.core.errors import Forbidden
from saas.core.photos import Photo, recode, thumbnail
from saas.repairs import errors
from saas.repairs import permissions as p
from saas.repairs.models import RepairOrder, RepairPhoto
from saas.repairs.services.history import note_change, record
from saas.repairs.services.rules import covers, seen_order, ties_of
from saas.repairs.states import AFTER_WORK, ENDED
from tenants import clock
from tenants.database import kernel
from tenants.files import FileStore
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

MAX_PHOTOS = 9
Stage = Literal["before", "after"]


@dataclass(frozen=True)
class NewPhoto:
    """The bytes of a picture as the phone sent them, and the phone's own id for it."""

    content: bytes
    client_id: str
    stage: Stage = "before"


@dataclass(frozen=True)
class Prepared:
    """A picture re-encoded and bounded, with its small version."""

    client_id: str
    stage: Stage
    full: Photo
    small: Photo


def prepare(photo: NewPhoto) -> Prepared:
    """Re-encode a picture; raises InvalidInput when it is none. Needs no database, so it comes first."""
    full = recode(photo.content)
    return Prepared(photo.client_id, photo.stage, full, thumbnail(full))


def add_photo(uow: UnitOfWork, *, actor: Actor, order_id: UUID, photo: NewPhoto) -> RepairPhoto:
    """Add one photo to an order; the same client id again answers the photo that is there.

    Reporters and the front desk show the fault; the technician whose order it is also the repair (`after`).
    """
    prepared = prepare(photo)
    order = seen_order(uow, actor, order_id)
    if not _may_add(uow, actor, order, photo.stage):
        raise Forbidden()
    order = seen_order(uow, actor, order_id, lock=True)
    known = _known(uow, order.id, photo.client_id)
    if known is not None:
        return known
    if order.state in ENDED or (photo.stage == "before" and order.state in AFTER_WORK):
        raise errors.transition_refused(order.state, order.state)
    stored = attach(uow, order, prepared, actor=actor)
    record(uow, order, actor=actor, kind="photo", data={"stage": photo.stage, "photo": str(stored.id)})
    note_change(uow, order, actor=actor, action="add_photo", stage=photo.stage)
    return stored


def attach(uow: UnitOfWork, order: RepairOrder, prepared: Prepared, *, actor: Actor) -> RepairPhoto:
    """Keep a prepared photo. The files are written first: a transaction that fails leaves files nobody points to."""
    count = _count(uow, order.id, prepared.stage)
    if count >= MAX_PHOTOS:
        raise errors.too_many_photos(MAX_PHOTOS)
    photo_id = new_id()
    files = _files()
    stored = files.put(uow.tenant, f"repairs/{order.id}/{photo_id}.jpg", prepared.full.content)
    small = files.put(uow.tenant, f"repairs/{order.id}/{photo_id}-small.jpg", prepared.small.content)
    photo = RepairPhoto(
        id=photo_id, order_id=order.id, client_photo_id=prepared.client_id, stage=prepared.stage, position=count,
        file_key=stored.key, thumbnail_key=small.key, sha256=stored.sha256, size=stored.size,
        width=prepared.full.width, height=prepared.full.height, taken_by=actor.user_id, created_at=clock.utcnow(),
    )  # fmt: skip
    uow.session.add(photo)
    uow.session.flush()
    return photo


def read_photo(
    uow: UnitOfWork, *, actor: Actor, order_id: UUID, photo_id: UUID, small: bool = False
) -> bytes:
    """The JPEG of a photo for somebody who sees the order."""
    seen_order(uow, actor, order_id)
    photo = uow.session.scalar(
        select(RepairPhoto).where(RepairPhoto.id == photo_id, RepairPhoto.order_id == order_id)
    )
    if photo is None:
        raise errors.order_not_found()
    try:
        return _files().read(uow.tenant, photo.thumbnail_key if small else photo.file_key)
    except FileNotFoundError:
        raise errors.order_not_found() from None


def _may_add(uow: UnitOfWork, actor: Actor, order: RepairOrder, stage: Stage) -> bool:
    ties = ties_of(uow, actor, order)
    if actor.may(p.WORK.code) and "technician" in ties:
        return True
    if stage == "after":
        return False
    if covers(actor, p.TRIAGE.code, order) or (
        actor.user_id is not None and order.created_by == actor.user_id
    ):
        return True
    return actor.may(p.REPORT.code) and "reporter" in ties


def _known(uow: UnitOfWork, order_id: UUID, client_id: str) -> RepairPhoto | None:
    return uow.session.scalar(
        select(RepairPhoto).where(RepairPhoto.order_id == order_id, RepairPhoto.client_photo_id == client_id)
    )


def _count(uow: UnitOfWork, order_id: UUID, stage: Stage) -> int:
    statement = select(func.count()).where(RepairPhoto.order_id == order_id, RepairPhoto.stage == stage)
    return uow.session.scalar(statement) or 0


def _files() -> FileStore:
    return FileStore(kernel().settings.home)
