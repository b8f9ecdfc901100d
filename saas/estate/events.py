"""What estate tells the other slices, after commit."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tenants.events import Event


@dataclass(frozen=True)
class OccupancyStarted(Event):
    """A person owns or lives in a room from now on."""

    occupancy_id: UUID
    room_id: UUID
    person_id: UUID
    role: str
    starts_on: date | None


@dataclass(frozen=True)
class OccupancyEnded(Event):
    """A person left a room or gave it up."""

    occupancy_id: UUID
    room_id: UUID
    person_id: UUID
    ends_on: date


@dataclass(frozen=True)
class RoomsImported(Event):
    """A list was applied as a whole."""

    batch_id: UUID
    community_id: UUID


@dataclass(frozen=True)
class ImportUndone(Event):
    """An applied list was taken back as a whole."""

    batch_id: UUID
    community_id: UUID
