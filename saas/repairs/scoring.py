"""Who suits an order best: one score per technician with its parts, and why the others were left out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import asin, cos, radians, sin, sqrt
from uuid import UUID

EARTH_RADIUS_METRES = 6_371_000
# Weights of the parts; together 100.
NEAR, LOAD, TRAVEL, FAIRNESS = 40, 25, 15, 20
# Somebody this far away gets nothing for being near; a community is rarely wider.
FAR_METRES = 2_000
# Where nobody knows a distance, neither reward nor punish it.
UNKNOWN_DISTANCE_SHARE = 0.5
ON_THE_WAY_METRES = 150
GENERALIST = "general"
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Point:
    """A map point in degrees (WGS 84 or GCJ-02, as long as both ends use the same)."""

    lat: float
    lng: float


@dataclass(frozen=True)
class Need:
    """What the order asks for."""

    category: str
    point: Point | None
    building_id: UUID | None
    emergency: bool = False


@dataclass(frozen=True)
class Technician:
    """What dispatch knows about somebody at this moment."""

    staff_id: UUID
    name: str
    skills: frozenset[str]
    on_shift: bool
    covers: bool
    open_orders: int
    max_open: int
    done_today: int
    point: Point | None = None
    heading_to: tuple[Point, ...] = ()
    buildings_now: frozenset[UUID] = frozenset()
    idle_since: datetime | None = None
    refused: bool = False


@dataclass(frozen=True)
class Scored:
    """A candidate with the score (0 to 100) and what it is made of."""

    technician: Technician
    score: int
    near: int
    load: int
    travel: int
    fairness: int
    metres: int | None
    on_the_way: bool


@dataclass(frozen=True)
class LeftOut:
    """Somebody who is not asked, and the reason: refused, off_shift, skill, scope, load."""

    technician: Technician
    reason: str


@dataclass(frozen=True)
class Ranking:
    """Candidates, the best first, and those left out."""

    candidates: tuple[Scored, ...]
    left_out: tuple[LeftOut, ...]


def metres_between(one: Point, other: Point) -> int:
    """Great-circle distance in metres (haversine)."""
    lat_1, lat_2 = radians(one.lat), radians(other.lat)
    half = sin((lat_2 - lat_1) / 2) ** 2
    half += cos(lat_1) * cos(lat_2) * sin(radians(other.lng - one.lng) / 2) ** 2
    return round(2 * EARTH_RADIUS_METRES * asin(sqrt(min(half, 1.0))))


def reason_to_leave_out(technician: Technician, need: Need) -> str | None:
    """Why somebody is not asked, or None. A full hand does not count in an emergency."""
    if technician.refused:
        return "refused"
    if not technician.on_shift:
        return "off_shift"
    if need.category not in technician.skills and GENERALIST not in technician.skills:
        return "skill"
    if not technician.covers:
        return "scope"
    if technician.open_orders >= technician.max_open and not need.emergency:
        return "load"
    return None


def rank(technicians: Iterable[Technician], need: Need) -> Ranking:
    """Sort technicians by score; equal scores go to whoever has been idle longest, then by id."""
    fit: list[Technician] = []
    left_out: list[LeftOut] = []
    for technician in technicians:
        reason = reason_to_leave_out(technician, need)
        if reason is None:
            fit.append(technician)
        else:
            left_out.append(LeftOut(technician, reason))
    busiest = max((technician.done_today for technician in fit), default=0)
    scored = [_score(technician, need, busiest) for technician in fit]
    return Ranking(tuple(sorted(scored, key=_order)), tuple(left_out))


def _order(scored: Scored) -> tuple[int, datetime, str]:
    return -scored.score, scored.technician.idle_since or _NEVER, str(scored.technician.staff_id)


def _score(technician: Technician, need: Need, busiest: int) -> Scored:
    metres = _metres(technician.point, need.point)
    on_the_way = _on_the_way(technician, need)
    near = round(NEAR * _near_share(metres))
    load = round(LOAD * max(0.0, 1 - technician.open_orders / max(technician.max_open, 1)))
    travel = TRAVEL if on_the_way else 0
    fairness = round(FAIRNESS * (1 - technician.done_today / busiest)) if busiest else FAIRNESS
    total = near + load + travel + fairness
    return Scored(technician, total, near, load, travel, fairness, metres, on_the_way)


def _metres(one: Point | None, other: Point | None) -> int | None:
    return metres_between(one, other) if one and other else None


def _near_share(metres: int | None) -> float:
    if metres is None:
        return UNKNOWN_DISTANCE_SHARE
    return max(0.0, 1 - metres / FAR_METRES)


def _on_the_way(technician: Technician, need: Need) -> bool:
    if need.building_id is not None and need.building_id in technician.buildings_now:
        return True
    if need.point is None:
        return False
    stops: Sequence[Point] = technician.heading_to
    return any(metres_between(stop, need.point) <= ON_THE_WAY_METRES for stop in stops)
