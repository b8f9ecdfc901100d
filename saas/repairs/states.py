"""The one declared table of an order's states and arrows: who may, what must be given, who is told.

Arrows of features that are not built yet stand here with `later=True`; the service refuses them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from flask_babel import lazy_gettext as _l

from saas.repairs.catalogue import Term

# How somebody must be tied to the order, beside holding the permission:
#   scope     the permission covers the order's community or building
#   reporter  reported it, follows it, or lives in the room
#   technician the order is theirs now
#   offered   the order is offered to them now
#   system    a timer or rule of the product, nobody signed in
Tie = Literal["scope", "reporter", "technician", "offered", "system"]


@dataclass(frozen=True)
class Who:
    """One way to be allowed: a permission held, a tie to the order, and what this one has to give."""

    permission: str
    tie: Tie
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrow:
    """One arrow of the table.

    `needs` names the fields without which the arrow is refused, whoever takes it; `tells` the message
    templates that the subscribers send once it has happened.
    """

    source: str
    target: str
    verb: str
    who: tuple[Who, ...]
    needs: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    later: bool = field(default=False)


STATES: dict[str, Term] = {
    term.code: term
    for term in (
        Term("submitted", _l("Submitted"), "inbox"),
        Term("triaged", _l("Waiting for dispatch"), "user-search"),
        Term("dispatched", _l("Dispatched"), "bell"),
        Term("accepted", _l("Accepted"), "user-check"),
        Term("en_route", _l("On the way"), "walk"),
        Term("working", _l("In repair"), "tool"),
        Term("paused", _l("Paused"), "player-pause"),
        Term("finished", _l("Repaired"), "circle-check"),
        Term("rated", _l("Rated"), "star"),
        Term("closed", _l("Closed"), "circle-check"),
        Term("returned", _l("Returned"), "arrow-back-up"),
        Term("transferred", _l("Transferred"), "arrows-exchange"),
        Term("quoted", _l("Quoted"), "receipt"),
        Term("approved", _l("Quote approved"), "check"),
        Term("declined", _l("Quote declined"), "x"),
        Term("reopened", _l("Reopened"), "refresh"),
        Term("cancelled", _l("Cancelled"), "circle-x"),
    )
}

# Columns of the front desk's board; an overdue order stands in the fourth instead of its own.
COLUMN_NEW = ("submitted",)
COLUMN_TO_DISPATCH = ("triaged", "returned", "reopened", "dispatched")
COLUMN_IN_WORK = (
    "accepted",
    "en_route",
    "working",
    "paused",
    "transferred",
    "quoted",
    "approved",
    "declined",
)
OPEN_STATES = COLUMN_NEW + COLUMN_TO_DISPATCH + COLUMN_IN_WORK
WAITING_FOR_DISPATCH = ("triaged", "returned", "reopened")
WITH_TECHNICIAN = ("accepted", "en_route", "working", "paused")
AFTER_WORK = ("finished", "rated", "closed")
ENDED = ("closed", "cancelled")

_DESK_DISPATCH = Who("repairs.dispatch", "scope")
_DESK_TRIAGE = Who("repairs.triage", "scope")
_DESK_CANCEL = Who("repairs.cancel", "scope", needs=("note",))
_DESK_REOPEN = Who("repairs.reopen", "scope")
_DESK_CLOSE = Who("repairs.close", "scope")
_SYSTEM = Who("", "system")
_REPORTER = Who("repairs.report", "reporter")
_OFFERED = Who("repairs.work", "offered")
_TECHNICIAN = Who("repairs.work", "technician")


def _cancel(source: str, *, by_reporter: bool) -> Arrow:
    who = (_DESK_CANCEL, _REPORTER) if by_reporter else (_DESK_CANCEL,)
    return Arrow(source, "cancelled", "cancel", who, tells=("repairs.cancelled",))


def _dispatch(source: str) -> Arrow:
    return Arrow(
        source, "dispatched", "dispatch", (_DESK_DISPATCH, _SYSTEM), tells=("repairs.dispatched_technician",)
    )


def _return(source: str) -> Arrow:
    who = (_TECHNICIAN, _DESK_DISPATCH)
    return Arrow(source, "returned", "return", who, needs=("note",), tells=("repairs.returned_front_desk",))


def _reopen(source: str) -> Arrow:
    return Arrow(
        source,
        "reopened",
        "reopen",
        (_REPORTER, _DESK_REOPEN),
        needs=("note",),
        tells=("repairs.reopened_front_desk",),
    )


def _later(source: str, target: str, verb: str, who: Who) -> Arrow:
    return Arrow(source, target, verb, (who,), later=True)


ARROWS: tuple[Arrow, ...] = (
    Arrow(
        "submitted",
        "triaged",
        "triage",
        (_DESK_TRIAGE, _SYSTEM),
        needs=("category", "urgency"),
        tells=("repairs.triaged_resident",),
    ),
    _dispatch("triaged"),
    _dispatch("returned"),
    _dispatch("reopened"),
    # The next candidate, or another one chosen by hand, while nobody has accepted.
    _dispatch("dispatched"),
    Arrow("dispatched", "accepted", "accept", (_OFFERED,), tells=("repairs.accepted_resident",)),
    Arrow(
        "dispatched",
        "returned",
        "decline",
        (_OFFERED, _DESK_DISPATCH, _SYSTEM),
        needs=("note",),
        tells=("repairs.returned_front_desk",),
    ),
    Arrow("accepted", "en_route", "go", (_TECHNICIAN,), tells=("repairs.en_route_resident",)),
    Arrow("accepted", "working", "arrive", (_TECHNICIAN,), tells=("repairs.working_resident",)),
    Arrow("en_route", "working", "arrive", (_TECHNICIAN,), tells=("repairs.working_resident",)),
    Arrow(
        "accepted", "paused", "pause", (_TECHNICIAN,), needs=("reason",), tells=("repairs.paused_resident",)
    ),
    Arrow(
        "en_route", "paused", "pause", (_TECHNICIAN,), needs=("reason",), tells=("repairs.paused_resident",)
    ),
    Arrow(
        "working", "paused", "pause", (_TECHNICIAN,), needs=("reason",), tells=("repairs.paused_resident",)
    ),
    Arrow("paused", "en_route", "go", (_TECHNICIAN,), tells=("repairs.en_route_resident",)),
    Arrow("paused", "working", "resume", (_TECHNICIAN, _DESK_DISPATCH), tells=("repairs.working_resident",)),
    Arrow("working", "finished", "finish", (_TECHNICIAN,), tells=("repairs.finished_resident",)),
    Arrow(
        "finished",
        "rated",
        "rate",
        (_REPORTER,),
        needs=("attitude", "speed", "quality"),
        tells=("repairs.rated_technician",),
    ),
    Arrow("finished", "closed", "close", (_DESK_CLOSE, _SYSTEM)),
    Arrow("rated", "closed", "close", (_DESK_CLOSE, _SYSTEM)),
    _reopen("finished"),
    _reopen("rated"),
    _reopen("closed"),
    _return("accepted"),
    _return("en_route"),
    _return("working"),
    _return("paused"),
    _cancel("submitted", by_reporter=True),
    _cancel("triaged", by_reporter=True),
    _cancel("returned", by_reporter=True),
    _cancel("reopened", by_reporter=True),
    _cancel("dispatched", by_reporter=True),
    _cancel("accepted", by_reporter=True),
    _cancel("en_route", by_reporter=False),
    _cancel("working", by_reporter=False),
    _cancel("paused", by_reporter=False),
    # Later features: paid work with a quote, and handing an accepted order over.
    _later("working", "quoted", "quote", _TECHNICIAN),
    _later("quoted", "approved", "approve", _REPORTER),
    _later("quoted", "declined", "decline_quote", _REPORTER),
    _later("approved", "working", "resume", _TECHNICIAN),
    _later("declined", "working", "resume", _TECHNICIAN),
    _later("declined", "cancelled", "cancel", _DESK_CANCEL),
    _later("accepted", "transferred", "transfer", _TECHNICIAN),
    _later("en_route", "transferred", "transfer", _TECHNICIAN),
    _later("working", "transferred", "transfer", _TECHNICIAN),
    _later("transferred", "accepted", "accept", _OFFERED),
    _later("transferred", "returned", "decline", _OFFERED),
)

TABLE: dict[tuple[str, str], Arrow] = {(arrow.source, arrow.target): arrow for arrow in ARROWS}


def arrow(source: str, target: str) -> Arrow | None:
    """The arrow between two states, or None where the table has none (or only a later one)."""
    found = TABLE.get((source, target))
    return None if found is None or found.later else found


def arrows_from(source: str) -> tuple[Arrow, ...]:
    """The arrows that can be taken from a state today, in the order of the table."""
    return tuple(item for item in ARROWS if item.source == source and not item.later)
