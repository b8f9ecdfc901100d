"""Reading estate: what other slices ask for, and the lists and pages of places and rooms."""

from saas.estate.queries.places import (
    CommunityCalendar,
    PlaceHit,
    community_calendar,
    community_of,
    person_ids_of_room,
    room_place,
    rooms_of_person,
    search,
    text_of_place,
)  # fmt: skip

__all__ = [
    "CommunityCalendar",
    "PlaceHit",
    "community_calendar",
    "community_of",
    "person_ids_of_room",
    "room_place",
    "rooms_of_person",
    "search",
    "text_of_place",
]
