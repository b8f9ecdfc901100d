"""Sort keys of buildings and rooms: 2 stands before 10, a basement before the ground floor."""

import re

_DIGITS = re.compile(r"\d+")


def natural(text: str) -> str:
    """Numbers padded, so that plain text order is the order of people."""
    return _DIGITS.sub(lambda found: found.group().zfill(5), text)


def room_sort_key(building: str, unit: str | None, floor: int | None, number: str) -> str:
    """By building, unit, floor and number."""
    level = 500 + (floor or 0)
    return f"{natural(building)}-{natural(unit or '')}-{level:04d}-{natural(number)}"


def building_name(key: str, said: str = "") -> str:
    """'1' -> '1号楼'; a building with a name of its own keeps it."""
    if key.isdigit():
        return f"{key}号楼"
    if said and said != key:
        return said
    return f"{key}座" if len(key) == 1 else key
