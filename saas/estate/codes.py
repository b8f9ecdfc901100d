"""The codes that estate keeps in its tables and speaks in its API."""

ROOM_KINDS = ("residential", "shop", "storage", "office")
ROOM_STATUSES = ("unknown", "unsold", "vacant", "occupied", "rented", "decorating")
OCCUPANCY_ROLES = ("owner", "co_owner", "tenant", "family", "staff")
OWNING_ROLES = ("owner", "co_owner")
