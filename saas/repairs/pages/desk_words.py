"""How the front desk reads orders: badges, time left, why somebody suits, lines of the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext
from markupsafe import Markup

from saas.repairs.catalogue import CATEGORIES, PAUSE_REASONS, SOURCES, Term, category_title, urgency_title
from saas.repairs.queries.detail import CandidateRow, HistoryLine, OrderDetail
from saas.repairs.queries.orders import OrderRow
from saas.repairs.states import STATES, WAITING_FOR_DISPATCH
from saas.web.filters import moment, when

STATE_COLOURS: Mapping[str, str] = {
    "submitted": "wait", "triaged": "wait", "dispatched": "wait", "returned": "wait", "reopened": "wait",
    "accepted": "work", "en_route": "work", "working": "work", "paused": "idle", "finished": "done",
    "rated": "done", "closed": "idle", "cancelled": "idle",
}  # fmt: skip
URGENCY_COLOURS: Mapping[str, str] = {"emergency": "alert", "urgent": "work", "normal": "idle", "low": "idle"}

COLUMN_TITLES: Mapping[str, Any] = {
    "new": lazy_pgettext("board", "New"),
    "to_dispatch": _l("To dispatch"),
    "in_work": _l("In work"),
    "overdue": _l("Overdue"),
}
COLUMN_FACES: Mapping[str, tuple[str, str]] = {
    "new": ("inbox", "wait"), "to_dispatch": ("user-search", "wait"), "in_work": ("tool", "work"),
    "overdue": ("alert-circle", "alert"),
}  # fmt: skip
EMPTY_COLUMNS: Mapping[str, tuple[str, Any, Any]] = {
    "new": ("inbox", _l("Nothing new"), _l("Reports the classifier is not sure of wait here for your word.")),
    "to_dispatch": (
        "user-check", _l("Nobody waits for a technician"), _l("Orders without a technician stand here, the most urgent on top."),
    ),
    "in_work": ("tool", _l("Nothing in work"), _l("What technicians have accepted moves on here by itself.")),
    "overdue": (
        "circle-check", _l("Nothing is overdue now"),
        _l("Orders past their time come here by themselves, the longest waiting on top."),
    ),
}  # fmt: skip

LEFT_OUT_WORDS: Mapping[str, Any] = {
    "refused": _l("declined this order"),
    "off_shift": _l("off shift"),
    "skill": _l("not trained for it"),
    "scope": _l("does not work in this building"),
    "load": _l("hands full"),
}
OFFER_WORDS: Mapping[str, tuple[str, Any]] = {
    "offered": ("wait", _l("Being asked")),
    "accepted": ("done", _l("Accepted")),
    "declined": ("idle", _l("Declined")),
    "expired": ("idle", _l("No answer")),
    "withdrawn": ("idle", _l("Withdrawn")),
}
DUE_WORDS: Mapping[str, Any] = {
    "respond": _l("Respond"), "arrive": _l("Arrive"), "finish": _l("Repair"),
}  # fmt: skip


@dataclass(frozen=True)
class TimeLeft:
    """The clock of an order as a card shows it: colour, icon, words, and how full the bar is."""

    state: str
    icon: str
    text: str
    share: int


def category_term(code: str) -> Term:
    """Title and icon of a category."""
    return CATEGORIES.get(code, CATEGORIES["other"])


def state_term(code: str) -> Term:
    """Title and icon of a state."""
    return STATES[code]


def length(minutes: int) -> str:
    """9 min, 1 h 20 min, 2 d 3 h."""
    days, rest = divmod(max(0, minutes), 24 * 60)
    hours, left = divmod(rest, 60)
    if days:
        return (
            _("%(days)d d %(hours)d h", days=days, hours=hours)
            if hours
            else ngettext("%(num)d d", "%(num)d d", days)
        )
    if hours:
        return _("%(hours)d h %(minutes)02d", hours=hours, minutes=left)
    return _("%(minutes)d min", minutes=left)


def time_left(row: OrderRow) -> TimeLeft | None:
    """What the clock says; None for an order that is over."""
    if row.is_overdue:
        return TimeLeft(
            "alert", "alert-circle", _("%(time)s late", time=length(-(row.minutes_left or 0))), 100
        )
    if row.state == "paused":
        reason = PAUSE_REASONS.get(row.pause_reason or "other", PAUSE_REASONS["other"]).text()
        words = _("%(reason)s, clock stopped", reason=reason) if row.is_clock_stopped else reason
        return TimeLeft("idle", "player-pause", words, 0)
    if row.minutes_left is None or row.next_due is None:
        return None
    if row.state == "en_route":
        return TimeLeft("work", "walk", _on_the_way(row), row.used_share)
    return TimeLeft(_colour(row), _icon(row), _left_words(row), row.used_share)


def _on_the_way(row: OrderRow) -> str:
    return _("On the way, %(time)s left", time=length(row.minutes_left or 0))


def _left_words(row: OrderRow) -> str:
    left = length(row.minutes_left or 0)
    if row.next_due == "arrive":
        return _("Arrive in %(time)s", time=left)
    if row.next_due == "finish":
        return _("Repair in %(time)s", time=left)
    if row.state == "dispatched":
        return _("Accept in %(time)s", time=left)
    if row.state in WAITING_FOR_DISPATCH:
        return _("Dispatch in %(time)s", time=left)
    return _("Respond in %(time)s", time=left)


def _colour(row: OrderRow) -> str:
    if row.urgency == "emergency":
        return "alert"
    return "work" if STATE_COLOURS.get(row.state) == "work" else "wait"


def _icon(row: OrderRow) -> str:
    if row.urgency == "emergency":
        return "clock-exclamation"
    return "tool" if row.next_due == "finish" else "clock"


def reasons_of(candidate: CandidateRow) -> str:
    """Why somebody suits: 180 m · on the way · 1 in hand · 3 done today."""
    parts = candidate.parts
    words = []
    metres = parts.get("metres")
    if metres is not None:
        words.append(
            _("%(metres)d m", metres=metres) if metres < 1000 else _("%(km).1f km", km=metres / 1000)
        )
    if parts.get("on_the_way"):
        words.append(_("on the way"))
    open_orders = parts.get("open_orders")
    if open_orders is not None:
        words.append(
            ngettext("%(num)d in hand", "%(num)d in hand", open_orders) if open_orders else _("hands free")
        )
    if parts.get("done_today"):
        words.append(_("%(count)d done today", count=parts["done_today"]))
    return " · ".join(words)


def left_out_words(rows: Sequence[CandidateRow], category: str) -> str:
    """Those not asked, each with the reason."""
    shown = [_("%(name)s (%(why)s)", name=row.name, why=_why_left_out(row)) for row in rows[:6]]
    text = _(", ").join(shown)
    return text + _(" and %(count)d more", count=len(rows) - 6) if len(rows) > 6 else text


def _why_left_out(row: CandidateRow) -> str:
    if row.left_out_because == "load":
        return _("%(count)d in hand, full", count=row.parts.get("open_orders", 0))
    return str(LEFT_OUT_WORDS.get(row.left_out_because or "", ""))


def quoted(text: str, because: Sequence[Mapping[str, Any]]) -> Markup:
    """The report with the words that decided marked."""
    spans = sorted(
        (each["start"], each["end"]) for each in because
        if isinstance(each.get("start"), int) and 0 <= each["start"] < each["end"] <= len(text)
    )  # fmt: skip
    shown, at = Markup(""), 0
    for start, end in spans:
        if start < at:
            continue
        shown += Markup('{}<mark class="aj-mark">{}</mark>').format(text[at:start], text[start:end])
        at = end
    return shown + text[at:]


def source_words(detail: OrderDetail) -> str:
    """Taken at the front desk, reported by phone."""
    term = SOURCES.get(detail.row.source)
    return term.text() if term else ""


def timeline(detail: OrderDetail, names: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """The history for `ui.timeline`, newest first, with what is now waited for on top."""
    entries = [_now_entry(detail.row)] if detail.row.next_due_at else []
    return [each for each in entries if each] + [_entry(line, names) for line in detail.history]


def _now_entry(row: OrderRow) -> dict[str, Any]:
    left = time_left(row)
    text = state_term(row.state).text()
    state = "alert" if row.is_overdue else STATE_COLOURS.get(row.state)
    due = _("by %(time)s", time=moment(row.next_due_at)) if row.next_due_at else ""
    return {
        "text": text, "time": _("now"), "icon": state_term(row.state).icon, "state": state,
        "detail": " · ".join(part for part in (left.text if left else "", due) if part),
    }  # fmt: skip


def _entry(line: HistoryLine, names: Mapping[UUID, str]) -> dict[str, Any]:
    icon = {
        "classified": "sparkles", "note": "message", "photo": "camera", "joined": "users-plus", "declined": "user-x",
        "offer_expired": "clock-x", "nobody_to_ask": "user-off", "warned": "bell", "late": "alert-circle",
        "called_back": "phone",
    }.get(line.kind) or (STATES[line.to_state].icon if line.to_state in STATES else "point")  # fmt: skip
    return {"text": _line_words(line, names), "time": when(line.at), "detail": line.note, "icon": icon}


def _line_words(line: HistoryLine, names: Mapping[UUID, str]) -> str:
    who = line.actor_name
    if line.kind == "transition":
        return _step_words(line, names)
    data = line.data
    words = {
        "classified": lambda: _(
            "%(who)s set %(category)s, %(urgency)s", who=who, category=category_title(data.get("category")),
            urgency=urgency_title(data.get("urgency")),
        ),
        "note": lambda: _("Note by %(who)s", who=who),
        "photo": lambda: _("%(who)s added a photo", who=who),
        "joined": lambda: _("%(who)s noted one more person with the same fault", who=who),
        "declined": lambda: _("%(who)s declined", who=who),
        "offer_expired": lambda: _("%(names)s did not answer in time", names=_names(data.get("staff"), names)),
        "nobody_to_ask": lambda: _("Nobody can be asked at the moment"),
        "warned": lambda: _("Warned: %(due)s is nearly due", due=DUE_WORDS.get(data.get("due", ""), "")),
        "late": lambda: _("Overdue: %(due)s, manager told", due=DUE_WORDS.get(data.get("due", ""), "")),
        "called_back": lambda: _("%(who)s called back", who=who),
    }.get(line.kind)  # fmt: skip
    return words() if words else line.kind


def _step_words(line: HistoryLine, names: Mapping[UUID, str]) -> str:
    who, data = line.actor_name, line.data
    by_itself = line.actor_kind == "system"
    if line.to_state == "submitted":
        return _("%(who)s reported it", who=who)
    if line.to_state == "triaged":
        sorted_as = {
            "category": category_title(data.get("category")),
            "urgency": urgency_title(data.get("urgency")),
        }
        if by_itself:
            return _("Sorted by itself: %(category)s, %(urgency)s", **sorted_as)
        return _("%(who)s confirmed %(category)s, %(urgency)s", who=who, **sorted_as)
    if line.to_state == "dispatched":
        asked = _names(data.get("staff"), names)
        if data.get("mode") == "grab":
            return _("Open to whoever takes it: %(names)s", names=asked)
        return (
            _("Asked by itself: %(names)s", names=asked)
            if by_itself
            else _("%(who)s asked %(names)s", who=who, names=asked)
        )
    if line.to_state == "closed" and by_itself:
        return _("Closed by itself")
    if line.to_state == "returned":
        return _("Back to dispatch") if by_itself else _("%(who)s: back to dispatch", who=who)
    return (
        _("%(who)s: %(state)s", who=who, state=state_term(line.to_state or "").text())
        if who
        else state_term(line.to_state or "").text()
    )


def _names(staff: Any, names: Mapping[UUID, str]) -> str:
    found = [names.get(UUID(each), _("a colleague")) for each in staff or []]
    shown = _(", ").join(found[:3])
    return shown + _(" and %(count)d more", count=len(found) - 3) if len(found) > 3 else shown


def minutes_words(detail: OrderDetail) -> str:
    """Respond 15 min · arrive 60 min · repair 4 h."""
    promised = detail.promised
    pairs = (("respond", promised.respond), ("arrive", promised.arrive), ("finish", promised.finish))
    return " · ".join(
        _("%(what)s %(time)s", what=DUE_WORDS[due], time=promise(minutes)) for due, minutes in pairs
    )


def promise(minutes: int) -> str:
    """15 min, 4 h."""
    whole = timedelta(minutes=minutes)
    if whole >= timedelta(hours=2) and minutes % 60 == 0:
        return ngettext("%(num)d h", "%(num)d h", minutes // 60)
    return _("%(minutes)d min", minutes=minutes)
