"""One case of `anju fees price --json` in, its answer out; also the test bench of tariffs and formulas."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from saas.fees.pricing.answers import (
    Json,
    applied_json,
    due_json,
    error_json,
    late_fee_json,
    line_json,
)
from saas.fees.pricing.discounts import Discounted, apply_discounts
from saas.fees.pricing.due import Cycle, DueDate, due_periods
from saas.fees.pricing.engine import exact_within, price_line
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.fields import Fields
from saas.fees.pricing.late_fee import LateFeeRule, Payment, accrue, charge
from saas.fees.pricing.money import MINOR_PER_MAJOR, round_minor
from saas.fees.pricing.pools import price_pool
from saas.fees.pricing.reading_cases import (
    read_discount,
    read_item,
    read_member,
    read_object,
    read_period,
    read_tariffs,
)
from saas.fees.pricing.reading_meters import read_consumption
from saas.fees.pricing.types import Item, Line, Pool, Subject, Tariff


def price_cases(cases: object) -> list[Json]:
    """An answer for each case, in order; a case that cannot be priced does not stop the others."""
    if isinstance(cases, dict):
        cases = [cases]
    if not isinstance(cases, list):
        raise PricingError("not_a_list", "Give a JSON list of cases", "")
    return [price_case(case) for case in cases]


def price_case(data: object) -> Json:
    """A line with parts and explanation, or ``{"error": {code, message, field}}``."""
    try:
        case = Fields(data)
        answer = _answer(case)
    except PricingError as error:
        return error_json(error)
    except (OverflowError, ValueError):
        return error_json(PricingError("out_of_range", "A date or number is out of range", ""))
    ignored = case.ignored()
    return answer | ({"ignored": ignored} if ignored else {})


def _answer(case: Fields) -> Json:
    if case.has("late_fee"):
        return _late_fee(case)
    given = case.child("item")
    if given is None:
        raise PricingError("missing", "item is missing", "item")
    item = read_item(given)
    if case.has("due"):
        return _due(case, item)
    tariffs = read_tariffs(case, given)
    owner = case.child("object") or Fields({}, "object")
    subject = read_object(owner)
    line = _line(case, owner, item, tariffs, subject)
    answer = line_json(line)
    if case.has("discounts"):
        answer |= _discounts(case, item, tariffs, subject, line)
    return answer


def _line(case: Fields, owner: Fields, item: Item, tariffs: Sequence[Tariff], subject: Subject) -> Line:
    period = read_period(case)
    if item.kind == "shared":
        members = [read_member(fields) for fields in case.each("members")]
        return price_pool(item, tariffs, _pool(case, owner), members, period)
    before = case.number("used_before")
    if before is None:
        before = owner.number_or(0, "used_before")
    return price_line(item, tariffs, subject, period, read_consumption(case), before)


def _pool(case: Fields, owner: Fields) -> Pool:
    given = case.child("pool") or owner
    cost = given.number("cost", "amount")
    quantity = given.number("quantity", "usage")
    if cost is None and quantity is None:
        used = read_consumption(case)
        quantity = sum((one.quantity for one in used), start=Fraction(0)) if used else None
    return Pool(cost, quantity)


def _discounts(case: Fields, item: Item, tariffs: Sequence[Tariff], subject: Subject, line: Line) -> Json:
    found = apply_discounts(
        Discounted(
            line.total_minor,
            line.period,
            lambda start, end: exact_within(item, tariffs, subject, line, start, end),
            case.day("due_date"),
            case.day("paid_on"),
        ),
        [read_discount(fields) for fields in case.each("discounts")],
        item.rounding,
    )
    left = line.total_minor + sum(one.minor for one in found)
    return {
        "discounts": applied_json(found, line.currency),
        "to_pay": {"amount": left, "currency": line.currency},
    }


def _late_fee(case: Fields) -> Json:
    """`principal` and payments in major units, as all prices of a case."""
    fields = case.child("late_fee") or Fields({}, "late_fee")
    currency = fields.text("currency") or "CNY"
    rule = LateFeeRule(
        fields.number_or(0, "daily_rate", "rate"),
        fields.integer_or(0, "grace_days", "grace"),
        None if fields.text("cap") == "none" else fields.number_or(1, "cap"),
    )
    payments = [
        Payment(one.needed_day("on", "date"), _minor(one, "amount")) for one in fields.each("payments")
    ]
    due, until = fields.needed_day("due"), fields.needed_day("until", "today")
    fee = accrue(rule, _minor(fields, "principal", "amount"), due, until, payments)
    return late_fee_json(fee, charge(fee), currency)


def _due(case: Fields, item: Item) -> Json:
    fields = case.child("due") or Fields({}, "due")
    day = fields.integer_or(0, "due_day") or None
    if day is not None and not 1 <= day <= 31:
        raise PricingError("due_day", "A day of the month is 1 to 31", "due.due_day")
    cycle = Cycle(
        item.cycle_months,
        item.prepaid,
        item.align,
        fields.integer_or(0, "lead_days"),
        DueDate(fields.integer_or(0, "due_days"), day),
    )
    return due_json(
        due_periods(
            cycle,
            fields.needed_day("from", "start"),
            fields.needed_day("today"),
            fields.day("to", "end"),
            fields.day("billed_until"),
        )
    )


def _minor(fields: Fields, *names: str) -> int:
    value = fields.number(*names)
    if value is None:
        raise PricingError("missing", f"{fields.at(names[0])} is missing", fields.at(names[0]))
    return round_minor(value * MINOR_PER_MAJOR)
