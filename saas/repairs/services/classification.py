"""Category and urgency of an order: the classifier's answer, the words that call for help, the front desk's last word."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from plugins.contracts.ai import Classification, Correction
from plugins.contracts.errors import PluginError
from plugins.host import classify_text
from saas.core.actors import SYSTEM, Actor
from saas.core.errors import Forbidden, InvalidInput
from saas.repairs import errors
from saas.repairs import preferences as pref
from saas.repairs.alarms import Alarm, find_alarm
from saas.repairs.catalogue import CATEGORIES, URGENCIES
from saas.repairs.events import OrderTriaged
from saas.repairs.models import ClassCorrection, RepairOrder
from saas.repairs.permissions import TRIAGE
from saas.repairs.services.dispatching import start_dispatch
from saas.repairs.services.due import start_clock
from saas.repairs.services.history import note_change, record
from saas.repairs.services.moving import move
from saas.repairs.services.rules import allowed_arrow, covers, expect_version, seen_order
from saas.repairs.states import OPEN_STATES
from tenants import clock
from tenants.unit_of_work import UnitOfWork

PATIENCE_SECONDS = 0.8
CORRECTIONS_READ = 200
# Normal or urgent is a matter of degree, and the front desk sees every order: more likely than not is enough.
URGENCY_SURE = 0.5


@dataclass(frozen=True)
class Sorted:
    """What a text was taken for, how sure (0 to 1 each), and the words that decided.

    `because` holds {"word", "start", "end", "decided"}: text[start:end] is the word, decided is category or urgency.
    """

    category: str
    urgency: str
    category_confidence: float
    urgency_confidence: float
    because: tuple[dict[str, Any], ...]
    classifier: str
    is_sure: bool


def sort_text(uow: UnitOfWork, text: str, locale: str | None = None) -> Sorted:
    """Category and urgency of what somebody wrote. Never fails: without an answer in time nothing is sure.

    Words that call for help outrank every label.
    """
    alarm = find_alarm(text)
    answer = _ask(uow, text, locale or uow.tenant.locale)
    if answer is None:
        return _by_alarm_alone(text, alarm)
    threshold = pref.whole(uow, pref.SURE_FROM) / 100
    urgency = "emergency" if alarm else answer.urgency.label
    certain = answer.category.confidence >= threshold and answer.urgency.confidence >= min(
        threshold, URGENCY_SURE
    )
    return Sorted(
        category=answer.category.label
        if not alarm or answer.category.confidence >= threshold
        else alarm.category,
        urgency=urgency,
        category_confidence=answer.category.confidence,
        urgency_confidence=1.0 if alarm else answer.urgency.confidence,
        because=_words(answer) or _alarm_words(text, alarm),
        classifier=answer.model if answer.source == "model" else f"{answer.model} ({answer.source})",
        is_sure=certain or urgency == "emergency",
    )


def sort_by_hand(category: str, urgency: str) -> Sorted:
    """Chosen by the front desk at intake."""
    _check(category, urgency)
    return Sorted(category, urgency, 1.0, 1.0, (), "", is_sure=True)


def triage(uow: UnitOfWork, order: RepairOrder, *, actor: Actor = SYSTEM) -> None:
    """Category and urgency stand; the order goes out as its category is dispatched."""
    data = {"category": order.category, "urgency": order.urgency, "auto": actor.kind == "system"}
    move(uow, order, "triaged", actor=actor, data=data)
    uow.emit(
        OrderTriaged(
            order_id=order.id,
            category=order.category,
            urgency=order.urgency,
            by_front_desk=actor.kind != "system",
        )
    )
    start_dispatch(uow, order)
    uow.session.flush()


def confirm_order(
    uow: UnitOfWork,
    *,
    actor: Actor,
    order_id: UUID,
    category: str | None = None,
    urgency: str | None = None,
    note: str = "",
    version: int | None = None,
) -> RepairOrder:
    """The front desk confirms what was not sure, as it is or corrected, and the order goes to dispatch."""
    order = seen_order(uow, actor, order_id, lock=True)
    expect_version(order, version)
    allowed_arrow(uow, actor, order, "triaged", ("category", "urgency"))
    _set_class(uow, order, actor, category or order.category, urgency or order.urgency)
    if note.strip():
        record(uow, order, actor=actor, kind="note", note=note)
    triage(uow, order, actor=actor)
    return order


def correct_classification(
    uow: UnitOfWork,
    *,
    actor: Actor,
    order_id: UUID,
    category: str | None = None,
    urgency: str | None = None,
    version: int | None = None,
) -> RepairOrder:
    """The front desk sets category or urgency of an open order; the difference teaches the firm's classifier.

    An order that has become an emergency and is with nobody yet rings at once.
    """
    order = seen_order(uow, actor, order_id, lock=True)
    if not covers(actor, TRIAGE.code, order):
        raise Forbidden()
    expect_version(order, version)
    if order.state not in OPEN_STATES:
        raise errors.transition_refused(order.state, order.state)
    if order.state == "submitted":
        return confirm_order(uow, actor=actor, order_id=order_id, category=category, urgency=urgency)
    was_urgent = order.urgency == "emergency"
    changed = _set_class(uow, order, actor, category or order.category, urgency or order.urgency)
    waiting = order.state in ("triaged", "returned", "reopened")
    if changed and waiting and (order.urgency == "emergency") and not was_urgent:
        start_dispatch(uow, order)
    uow.session.flush()
    return order


def _set_class(uow: UnitOfWork, order: RepairOrder, actor: Actor, category: str, urgency: str) -> bool:
    _check(category, urgency)
    before = (order.category, order.urgency)
    order.is_confirmed = True
    if before == (category, urgency):
        return False
    uow.session.add(
        ClassCorrection(
            order_id=order.id,
            words=order.description,
            guessed_category=before[0],
            guessed_urgency=before[1],
            category=category,
            urgency=urgency,
            corrected_by=actor.user_id,
            corrected_at=clock.utcnow(),
        )
    )
    order.category, order.urgency = category, urgency
    data = {"category": category, "urgency": urgency, "from_category": before[0], "from_urgency": before[1]}
    record(uow, order, actor=actor, kind="classified", data=data)
    start_clock(uow, order, order.level_started_at)
    note_change(uow, order, actor=actor, action="correct_classification", fields=("category", "urgency"))
    return True


def _ask(uow: UnitOfWork, text: str, locale: str) -> Classification | None:
    tenant, corrections = uow.tenant, _corrections(uow)
    answer = _threads().submit(classify_text, text, locale, tenant, corrections)
    try:
        return answer.result(timeout=PATIENCE_SECONDS)
    except (TooSlow, PluginError):
        return None


@cache
def warm_classifier() -> None:
    """Load the classifier before the first report needs its answer in time; in this thread, as processes fork."""
    with suppress(PluginError):
        classify_text("-", "zh_Hans_CN")


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="classifier")


def _corrections(uow: UnitOfWork) -> Sequence[Correction]:
    rows = uow.session.execute(
        select(ClassCorrection.words, ClassCorrection.category, ClassCorrection.urgency)
        .order_by(ClassCorrection.corrected_at.desc())
        .limit(CORRECTIONS_READ)
    )
    return tuple(Correction(*row) for row in rows)


def _by_alarm_alone(text: str, alarm: Alarm | None) -> Sorted:
    if alarm is None:
        return Sorted("other", "normal", 0.0, 0.0, (), "", is_sure=False)
    return Sorted(
        alarm.category, "emergency", 0.0, 1.0, _alarm_words(text, alarm), "alarm words", is_sure=True
    )


def _words(answer: Classification) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"word": because.word, "start": because.start, "end": because.end, "decided": because.decided}
        for because in answer.because
    )


def _alarm_words(text: str, alarm: Alarm | None) -> tuple[dict[str, Any], ...]:
    if alarm is None:
        return ()
    start = text.find(alarm.words)
    return ({"word": alarm.words, "start": start, "end": start + len(alarm.words), "decided": "urgency"},)


def _check(category: str, urgency: str) -> None:
    wrong = {}
    if category not in CATEGORIES:
        wrong["category"] = [_l("Choose a category.")]
    if urgency not in URGENCIES:
        wrong["urgency"] = [_l("Choose how urgent it is.")]
    if wrong:
        raise InvalidInput(fields=wrong)
