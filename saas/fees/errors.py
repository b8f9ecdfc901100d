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


# Money in and out, and the ledger behind it.


def day_is_closed(before: Any) -> Conflict:
    """Nothing is posted into closed days; corrections go to the next open one."""
    return Conflict(
        _l("The books are closed before %(before)s. Post to an open day."), code="day_closed", before=before
    )


def not_closable(reason: Any, *, code: str = "not_closable") -> Conflict:
    """A day or month that cannot be closed or opened again now."""
    return Conflict(reason, code=code)


def payment_not_found() -> NotFound:
    """Unknown, or not the actor's to see."""
    return NotFound(_l("There is no such payment."), code="payment_not_found")


def payment_over(state: str) -> Conflict:
    """The attempt has ended, and ends do not change."""
    return Conflict(_l("This payment has ended already."), code="payment_over", state=state)


def lines_changed() -> Conflict:
    """What was to be paid is paid, void or lowered by now."""
    return Conflict(
        _l("Something on these bills changed meanwhile, perhaps they were just paid. Look again."),
        code="lines_changed",
    )


def nothing_to_pay() -> Conflict:
    """No open line, and no amount."""
    return Conflict(_l("Nothing is open to be paid here."), code="nothing_to_pay")


def prepaid_too_low(available: int) -> Conflict:
    """The prepaid account does not hold that much."""
    return Conflict(_l("The prepaid balance is not enough."), code="prepaid_too_low", available=available)


def too_much_to_refund(available: int) -> Conflict:
    """Never above what was paid."""
    return Conflict(
        _l("No more can be paid back than was paid and not yet paid back."),
        code="refund_above_paid",
        available=available,
    )


def refund_not_found() -> NotFound:
    """Unknown, or not the actor's to see."""
    return NotFound(_l("There is no such refund."), code="refund_not_found")


def receipt_not_found() -> NotFound:
    """Unknown, or not the actor's to see."""
    return NotFound(_l("There is no such receipt."), code="receipt_not_found")


def receipt_is_void() -> Conflict:
    """A void receipt is not printed again."""
    return Conflict(_l("This receipt is void."), code="receipt_void")


def deposit_not_found() -> NotFound:
    """Unknown, or not the actor's to see."""
    return NotFound(_l("There is no such deposit."), code="deposit_not_found")


def deposit_too_low(held: int) -> Conflict:
    """Not so much is held."""
    return Conflict(_l("Not so much of this deposit is held."), code="deposit_too_low", held=held)


def write_off_not_found() -> NotFound:
    """Unknown, or not the actor's to see."""
    return NotFound(_l("There is no such write-off."), code="write_off_not_found")


def unreadable_list(code: str) -> InvalidInput:
    """The file is no list, or not this one."""
    return wrong("file", _l("This file cannot be read as such a list."), code=code)


def meter_not_found() -> NotFound:
    """Unknown, or of a community outside the actor's scope."""
    return NotFound(_l("There is no such meter."), code="meter_not_found")


def meter_number_taken() -> Conflict:
    """Numbers of meters are unique within a firm."""
    return Conflict(_l("Another meter has this number already."), code="meter_number_taken")


def meter_is_removed() -> Conflict:
    """A removed meter is history."""
    return Conflict(_l("This meter was taken out already."), code="meter_removed")


def reading_not_found() -> NotFound:
    """Unknown, or of a community outside the actor's scope."""
    return NotFound(_l("There is no such reading."), code="reading_not_found")


def reading_not_now(state: str) -> Conflict:
    """Somebody has decided about it already."""
    return Conflict(_l("This reading was decided already."), code="reading_not_now", state=state)


def reading_not_believed(reason: str) -> InvalidInput:
    """A person's word does not make this one right either; correct the value or reject the reading."""
    said = _l("This value cannot be right. Correct it, or reject the reading.")
    return InvalidInput(said, fields={"value": [said]}, code="reading_not_believed", reason=reason)


def case_not_found() -> NotFound:
    """Unknown, or of a community outside the actor's scope."""
    return NotFound(_l("There is no such reminder."), code="dunning_case_not_found")


def never_cut_off(action: str) -> Conflict:
    """Civil Code, article 944: arrears never cut water, power, heat, gas or the door."""
    return Conflict(
        _l("Arrears never cut water, power, heating, gas or the way in. This automation is refused."),
        code="never_cut_off",
        action=action,
    )


def import_not_found() -> NotFound:
    """Unknown, of another kind, or of a community outside the actor's scope."""
    return NotFound(_l("There is no such list."), code="import_not_found")
