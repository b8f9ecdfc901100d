"""How an order reads on a phone: the badge of its state, one sentence with the time, the story of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import get_locale, lazy_pgettext, pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from saas.repairs.catalogue import CATEGORIES, PAUSE_REASONS
from saas.repairs.names import called_zh
from saas.repairs.queries.mine import Progress, ProgressStep
from saas.repairs.queries.orders import OrderRow
from saas.web.filters import clock_time, day
from tenants import clock


@dataclass(frozen=True)
class Face:
    """Colour, icon and word of a state, as a phone shows it."""

    state: str
    icon: str
    text: Any


_WAITING = Face("wait", "user-search", _l("Finding a technician"))

RESIDENT_FACES: Mapping[str, Face] = {
    "submitted": Face("wait", "inbox", _l("We have your report")),
    "triaged": _WAITING,
    "dispatched": _WAITING,
    "returned": _WAITING,
    "reopened": _WAITING,
    "accepted": Face("work", "user-check", _l("A technician will come")),
    "en_route": Face("work", "walk", _l("Technician on the way")),
    "working": Face("work", "tool", lazy_pgettext("resident", "Being repaired")),
    "paused": Face("idle", "player-pause", lazy_pgettext("resident", "Paused")),
    "finished": Face("done", "circle-check", lazy_pgettext("resident", "Repaired")),
    "rated": Face("done", "star", lazy_pgettext("resident", "Rated")),
    "closed": Face("done", "circle-check", lazy_pgettext("resident", "Closed")),
    "cancelled": Face("idle", "circle-x", lazy_pgettext("resident", "Cancelled")),
}

URGENCY_FACES: Mapping[str, tuple[str, str]] = {
    "emergency": ("alert", "alarm"),
    "urgent": ("work", "alert-triangle"),
    "normal": ("idle", "clock"),
    "low": ("idle", "clock"),
}


def face_of(state: str) -> Face:
    """How a resident sees a state."""
    return RESIDENT_FACES.get(state, _WAITING)


def called(name: str | None) -> str:
    """陈师傅 in Chinese; in English the name."""
    if not name:
        return _("the technician")
    return called_zh(name) if str(get_locale()).startswith("zh") else name


def greeting(name: str, zone: str) -> str:
    """周慧敏，上午好."""
    hour = clock.utcnow().astimezone(ZoneInfo(zone)).hour
    if 5 <= hour < 11:
        return _("Good morning, %(name)s", name=name)
    if 11 <= hour < 13:
        return pgettext("noon", "Good day, %(name)s", name=name)
    if 13 <= hour < 18:
        return _("Good afternoon, %(name)s", name=name)
    return _("Good evening, %(name)s", name=name)


def promise(row: OrderRow) -> str:
    """One sentence: what happens next with an order, and until when."""
    due = row.next_due_at
    if row.is_overdue and row.state != "finished":
        return _("Later than promised. We are on it.")
    until = moment_words(due) if due else ""
    if row.state in ("submitted", "triaged", "dispatched", "returned", "reopened"):
        return _("Finding a technician, answer by %(time)s", time=until) if due else _("Finding a technician")
    who = called(row.technician)
    if row.state == "accepted":
        return (
            _("%(who)s accepted, comes by %(time)s", who=who, time=until)
            if due
            else _("%(who)s accepted", who=who)
        )
    if row.state == "en_route":
        return eta_words(row)
    if row.state == "working":
        return _("%(who)s is repairing it", who=who)
    if row.state == "paused":
        return paused_words(row)
    if row.state == "finished":
        return _("Repaired %(time)s", time=moment_words(row.finished_at)) if row.finished_at else ""
    return str(face_of(row.state).text)


def eta_words(row: OrderRow) -> str:
    """陈师傅 11:10 左右到."""
    who = called(row.technician)
    if row.eta_at is None:
        return _("%(who)s is on the way", who=who)
    return _("%(who)s arrives about %(time)s", who=who, time=moment_words(row.eta_at))


def paused_words(row: OrderRow) -> str:
    """暂停：等配件."""
    reason = PAUSE_REASONS.get(row.pause_reason or "")
    return _("Paused: %(reason)s", reason=reason.text()) if reason else str(face_of("paused").text)


def headline(row: OrderRow) -> str:
    """The large line on the progress page."""
    if row.state in ("rated", "closed", "cancelled"):
        return str(face_of(row.state).text)
    if row.state == "finished":
        return _("Repaired. How was it?")
    if row.state == "submitted":
        return _("We have your report")
    return promise(row)


def subline(row: OrderRow) -> str:
    """The small line below: the minutes left, the agreed time."""
    parts = []
    if row.state == "en_route" and row.eta_at is not None and row.eta_at > clock.utcnow():
        minutes = int((row.eta_at - clock.utcnow()).total_seconds() // 60) + 1
        parts.append(_("%(minutes)d minutes left", minutes=minutes))
    elif row.state == "submitted":
        parts.append(promise(row))
    elif row.state == "finished" and row.finished_at:
        parts.append(_("Repaired %(time)s", time=moment_words(row.finished_at)))
    wished = wished_words(row)
    if wished:
        parts.append(_("agreed for %(time)s", time=wished))
    return pgettext("list", ", ").join(parts)


def wished_words(row: OrderRow) -> str:
    """今天 13:00–18:00, or nothing when the resident said as soon as possible."""
    if row.wished_from is None:
        return ""
    end = f"–{clock_time(row.wished_to)}" if row.wished_to else ""
    return f"{moment_words(row.wished_from)}{end}"


def moment_words(instant: datetime | None) -> str:
    """The time today, 'tomorrow' or the day with the time otherwise."""
    if instant is None:
        return ""
    today, there = day(clock.utcnow()), day(instant)
    if there == today:
        return clock_time(instant)
    if there == day(clock.utcnow() + timedelta(days=1)):
        return _("tomorrow %(time)s", time=clock_time(instant))
    if there == day(clock.utcnow() - timedelta(days=1)):
        return _("yesterday %(time)s", time=clock_time(instant))
    return f"{day(instant, year=False)} {clock_time(instant)}"


_STEP_ICONS = {
    "submitted": "inbox", "triaged": "user-check", "accepted": "user-check", "en_route": "walk", "working": "tool",
    "paused": "player-pause", "finished": "circle-check", "rated": "star", "closed": "circle-check",
    "reopened": "refresh", "cancelled": "circle-x",
}  # fmt: skip


def story(progress: Progress) -> list[dict[str, Any]]:
    """The steps for `ui.story`, oldest first."""
    row = progress.order.row
    return [
        {
            "text": _step_words(step, row, progress.is_reporter),
            "time": moment_words(step.at),
            "detail": step.note or _step_detail(step),
            "icon": _STEP_ICONS.get(step.state, "point"),
            "step": {"done": "done", "now": "now"}.get(step.when, "next"),
        }
        for step in progress.steps
    ]


def _step_words(step: ProgressStep, row: OrderRow, is_reporter: bool) -> str:
    who = called(row.technician)
    ahead = step.when == "to_come"
    words = {
        "submitted": _("You sent the report") if is_reporter else _("Report sent"),
        "triaged": _("Taken on by the front desk"),
        "accepted": _("A technician accepts")
        if ahead
        else _("%(who)s accepted", who=called(step.by) if step.by else who),
        "en_route": pgettext("step", "On the way"),
        "working": pgettext("step", "Repair at your place"),
        "paused": pgettext("step", "Paused"),
        "finished": pgettext("step", "Repaired"),
        "rated": _("Your rating") if ahead else _("You rated it"),
        "closed": pgettext("step", "Closed"),
        "reopened": _("Not solved yet, sent out again"),
        "cancelled": pgettext("step", "Cancelled"),
    }
    return words.get(step.state, step.state)


def _step_detail(step: ProgressStep) -> str:
    if step.state == "working" and step.when == "to_come":
        return _("If it costs something you hear the price first.")
    return ""


def category_icon(code: str) -> str:
    """The icon that stands for a category where there is no photo."""
    return CATEGORIES[code].icon if code in CATEGORIES else "tool"
