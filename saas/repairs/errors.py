"""Refusals of the repairs slice, each with its code."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from saas.core.errors import Conflict, InvalidInput, NotFound


def order_not_found() -> NotFound:
    """Unknown, of another firm, or not the actor's to see: the answer is the same."""
    return NotFound(_l("There is no such repair order."), code="order_not_found")


def transition_refused(source: str, target: str) -> Conflict:
    """The table has no such arrow from the present state."""
    return Conflict(
        _l("This step is not possible any more, the order has moved on. Look at its present state."),
        code="transition_refused",
        source=source,
        target=target,
    )


def already_taken() -> Conflict:
    """Another technician was faster."""
    return Conflict(_l("A colleague has already taken this order."), code="already_taken")


def offer_over() -> Conflict:
    """The offer ended before it was answered."""
    return Conflict(_l("This offer has ended. The order is with somebody else now."), code="offer_over")


def technician_unfit(reason: str) -> Conflict:
    """The chosen staff member cannot be asked."""
    return Conflict(
        _l("This colleague cannot be asked for this order."), code="technician_unfit", reason=reason
    )


def too_late_to_reopen(days: int) -> Conflict:
    """The days for reopening are over."""
    return Conflict(
        _l("The order was repaired more than %(days)s days ago. Please report the fault anew."),
        code="too_late_to_reopen",
        days=days,
    )


def call_back_open() -> Conflict:
    """A low rating waits for its call."""
    return Conflict(
        _l("The resident was not content and has not been called back yet."), code="call_back_open"
    )


def too_many_photos(limit: int) -> Conflict:
    """The order has all the photos it may have."""
    return Conflict(_l("An order can have %(limit)s photos at most."), code="too_many_photos", limit=limit)


def photos_needed() -> Conflict:
    """The firm asks for a photo of the repair before an order is finished."""
    return Conflict(_l("Please take a photo of the repair first."), code="photos_needed")


def missing(**fields: Any) -> InvalidInput:
    """Something that the step needs was not given, with one sentence per field."""
    return InvalidInput(fields={name: [message] for name, message in fields.items()})
