"""A place as slices pass it to each other: a community, perhaps a building, perhaps a room, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Place:
    community_id: UUID
    building_id: UUID | None = None
    room_id: UUID | None = None
    text: str = ""  # as people say it: 锦绣花园 3号楼2单元 1203
