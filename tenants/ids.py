"""Identifiers: UUIDv7 made in the app, and the schema name that follows from a tenant's id."""

import base64
import uuid
from functools import lru_cache

import uuid_utils.compat as uuid_utils

from tenants import clock

SCHEMA_PREFIX = "t_"


class InvalidId(ValueError):
    """The text is not an identifier."""


def new_id() -> uuid.UUID:
    """A new UUIDv7; it follows the clock override, so seeded histories sort by their own time."""
    frozen = clock.overridden()
    if frozen is None:
        return uuid_utils.uuid7()
    milliseconds = int(frozen.timestamp() * 1000)
    tail = uuid_utils.uuid7().int & ((1 << 80) - 1)
    return uuid.UUID(int=(milliseconds << 80) | tail)


def parse_id(text: str) -> uuid.UUID:
    """The identifier written in canonical form, or InvalidId."""
    try:
        parsed = uuid.UUID(text)
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidId(text) from error
    if str(parsed) != text.lower():
        raise InvalidId(text)
    return parsed


@lru_cache(maxsize=16_384)
def tenant_schema(tenant_id: uuid.UUID) -> str:
    """`t_` and the id in base32: 28 characters, opaque, safe without quoting."""
    return SCHEMA_PREFIX + base64.b32encode(tenant_id.bytes).decode("ascii").rstrip("=").lower()
