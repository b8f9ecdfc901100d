"""How an order reads to a technician: the one button that comes next, the time left, the history."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from saas.people.models import StaffMember
from saas.people.shifts import Shift
from saas.repairs.catalogue import PAUSE_REASONS
from saas.repairs.queries.detail import HistoryLine, OrderDetail
from saas.repairs.queries.mine import TodayOrder
from saas.repairs.queries.orders import OrderRow
from saas.repairs.states import STATES
from saas.web.filters import span
from tenants import clock

METRES_A_MINUTE = 60
MINUTES_TO_PACK = 5


@dataclass(frozen=True)
class Next:
    """The dominant button of an order: the state it leads to, word and icon. Without `to` it opens a page."""

    to: str
    text: Any
    icon: str


NEXT: Mapping[str, Next] = {
    "dispatched": Next("accepted", _l("Accept"), "check"),
    "accepted": Next("en_route", _l("Set off"), "walk"),
    "en_route": Next("working", _l("I am there"), "map-pin-check"),
    "working": Next("finished", _l("Repaired, done"), "check"),
    "paused": Next("working", _l("Go on"), "player-play"),
}

RETURN_REASONS = (
    _l("Busy with another order"),
    _l("Not my trade"),
    _l("Too far to be there in time"),
    _l("Needs a colleague or another firm"),
)


def minutes_to_go(metres: int | None) -> int | None:
    """A guess for the resident, from the distance as the crow flies; None when it is not known."""
    return None if metres is None else MINUTES_TO_PACK + round(metres / METRES_A_MINUTE)


def distance(metres: int | None) -> str:
    """180 米, or 1.2 公里."""
    if metres is None:
        return ""
    if metres < 1000:
        return _("%(metres)d m", metres=round(metres, -1))
    return _("%(km)s km", km=f"{metres / 1000:.1f}")


def time_left(row: OrderRow, offer_ends: datetime | None = None) -> tuple[str, str]:
    """Words and colour of the time that counts now."""
    if offer_ends is not None:
        left = int((offer_ends - clock.utcnow()).total_seconds())
        return (_("accept within %(time)s", time=span(max(60, left))), "wait") if left > 0 else ("", "wait")
    if row.is_clock_stopped:
        return _("the clock stands"), "idle"
    left_minutes = row.minutes_left
    if left_minutes is None:
        return "", "idle"
    if left_minutes < 0:
        return _("late by %(time)s", time=span(-left_minutes * 60)), "alert"
    words = {
        "respond": _("%(time)s left to accept", time=span(left_minutes * 60)),
        "arrive": _("%(time)s left to be there", time=span(left_minutes * 60)),
        "finish": _("%(time)s left to finish", time=span(left_minutes * 60)),
    }
    return words.get(row.next_due or "", span(left_minutes * 60)), "work"


def map_address(lat: float | None, lng: float | None) -> str | None:
    """The phone's own map."""
    return f"geo:{lat},{lng}?q={lat},{lng}" if lat is not None and lng is not None else None


def on_shift(member: StaffMember | None, zone: str) -> tuple[bool, str]:
    """Whether the technician is on duty now, and the hours."""
    if member is None:
        return False, ""
    shift = Shift(member.shift, member.shift_start, member.shift_end, tuple(member.weekdays))
    hours = f"{member.shift_start:%H:%M}–{member.shift_end:%H:%M}"
    return shift.covers(clock.utcnow().astimezone(ZoneInfo(zone))), hours


def history(order: OrderDetail) -> list[dict[str, Any]]:
    """The history for `ui.timeline`, the newest first."""
    return [
        {
            "text": _line_words(line),
            "time": line.at,
            "detail": " · ".join(part for part in (line.actor_name, _line_note(line)) if part),
            "icon": STATES[line.to_state].icon
            if line.to_state in STATES
            else _KIND_ICONS.get(line.kind, "point"),
        }
        for line in order.history
    ]


_KIND_ICONS = {"photo": "camera", "note": "note", "classified": "tag", "joined": "users", "declined": "x"}
_KIND_WORDS: Mapping[str, Any] = {
    "classified": _l("Category or urgency changed"),
    "note": _l("Note"),
    "photo": _l("Photo added"),
    "joined": _l("A neighbour joined"),
    "declined": _l("Offer declined"),
    "offer_expired": _l("Offer not answered in time"),
    "nobody_to_ask": _l("Nobody left to ask"),
    "warned": _l("Soon to be late"),
    "late": _l("Late"),
    "called_back": _l("Resident called back"),
}


def _line_words(line: HistoryLine) -> str:
    if line.kind == "transition" and line.to_state in STATES:
        return STATES[line.to_state].text()
    return str(_KIND_WORDS.get(line.kind, line.kind))


def _line_note(line: HistoryLine) -> str:
    reason = PAUSE_REASONS.get(str(line.data.get("reason", "")))
    return line.note or (reason.text() if reason and line.to_state == "paused" else "")


def primary(state: str, targets: Collection[str]) -> Next | None:
    """The dominant button, if the technician may take that step now."""
    following = NEXT.get(state)
    return following if following is not None and following.to in targets else None


def main_step(job: TodayOrder) -> Next | None:
    """The dominant button of a line of the day."""
    return NEXT.get(job.row.state)
