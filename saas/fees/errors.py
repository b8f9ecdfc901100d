"""Refusals of fees, each with its code."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from saas.core.errors import Conflict, InvalidInput, NotFound


def wrong(field: str, said: Any, *, code: str = "invalid_input") -> InvalidInput:
    """One field needs another look."""
    return InvalidInput(fields={field: [said]}, code=code)


def item_unknown() -> NotFound:
    """Unknown, or of another firm."""
    return NotFound(_l("There is no such fee item."), code="fee_item_not_found")


def run_not_found() -> NotFound:
    """Unknown, of another firm, or of a community outside the actor's scope."""
    return NotFound(_l("There is no such bill run."), code="bill_run_not_found")


def line_not_found() -> NotFound:
    """Unknown, or not the actor's to see."""
    return NotFound(_l("There is no such bill."), code="bill_line_not_found")


def code_taken() -> Conflict:
    """Codes are unique within a firm."""
    return Conflict(_l("Another fee item has this code already."), code="code_taken")


def run_not_now(state: str) -> Conflict:
    """The table of states has no such arrow."""
    return Conflict(
        _l("This bill run has moved on. Look at its present state."), code="run_not_now", state=state
    )


def run_has_no_lines() -> Conflict:
    """There is nothing to approve."""
    return Conflict(_l("There is nothing to publish: no line came out without an error."), code="run_empty")


def already_decided() -> Conflict:
    """Someone has approved or rejected it."""
    return Conflict(_l("This has been decided already."), code="already_decided")


def second_person_needed() -> Conflict:
    """Who asked may not decide."""
    return Conflict(_l("A second person must decide this, not the one who asked."), code="second_person")


def line_is_paid() -> Conflict:
    """Void before payment only."""
    return Conflict(
        _l("Something was paid on this bill already. Adjust it or refund the payment instead."),
        code="line_paid",
    )


def line_is_void() -> Conflict:
    """A void line stays void."""
    return Conflict(_l("This bill is void already."), code="line_void")


def assignment_overlaps() -> Conflict:
    """The same item is assigned to the same object in these days."""
    return Conflict(
        _l("This item is assigned to the same object in these days already. End that one first."),
        code="assignment_overlaps",
    )


def billed_beyond() -> Conflict:
    """An assignment cannot end before what was billed."""
    return Conflict(
        _l("Bills beyond this day were published. Void or adjust them first."), code="billed_beyond"
    )
