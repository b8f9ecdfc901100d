"""A priced line as JSON: minor units, exact fractions as text, and an explanation that can be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence

from saas.fees.pricing.discounts import Applied
from saas.fees.pricing.due import DuePeriod
from saas.fees.pricing.errors import PricingError
from saas.fees.pricing.figures import plain
from saas.fees.pricing.late_fee import LateFee
from saas.fees.pricing.money import MINOR_PER_MAJOR, Rounding
from saas.fees.pricing.types import Line, Part

Json = dict[str, object]


def amount_json(minor: int, currency: str) -> Json:
    """Money as everywhere in the API."""
    return {"amount": minor, "currency": currency}


def line_json(line: Line) -> Json:
    """A line with parts, explanation and, for a pool, its members."""
    answer: Json = {
        "amount": amount_json(line.total_minor, line.currency),
        "period": {"from": line.period.start.isoformat(), "to": line.period.end.isoformat()},
        "parts": [part_json(part, line.currency) for part in line.parts],
        "explanation": explanation_json(line),
    }
    if line.key:
        answer["key"] = line.key
    if line.members:
        answer["members"] = [line_json(member) for member in line.members]
    return answer


def part_json(part: Part, currency: str) -> Json:
    """A part; what plays no role in it is left out."""
    optional: Json = {
        "quantity": None if part.quantity is None else plain(part.quantity),
        "unit": part.unit or None,
        "price": None if part.price is None else plain(part.price),
        "months": None if part.months is None else plain(part.months),
        "from": part.start.isoformat() if part.start else None,
        "to": part.end.isoformat() if part.end else None,
        "detail": dict(part.detail) or None,
    }
    return {
        "code": part.code,
        "amount": amount_json(part.minor, currency),
        "exact": plain(part.exact),
        **{name: value for name, value in optional.items() if value is not None},
        "text": part_text(part),
    }


def explanation_json(line: Line) -> Json:
    """The exact sum, the rounding, and a sentence for each part."""
    return {
        "exact": plain(line.exact),
        "rounding": rounding_json(line.rounding),
        "text": [part_text(part) for part in line.parts] + [_rounded_text(line)],
    }


def rounding_json(rounding: Rounding) -> Json:
    return {"unit": decimal(rounding.unit_minor), "mode": rounding.mode}


def part_text(part: Part) -> str:
    """A part as one line of arithmetic."""
    if part.code == "share":
        weight, whole = part.detail.get("weight", ""), part.detail.get("of", "")
        return f"share {weight} of {whole} = {plain(part.exact)} → {decimal(part.minor)}"
    factors = [
        f"{plain(part.quantity)} {part.unit}".strip() if part.quantity is not None else "",
        plain(part.price) if part.price is not None else "",
        f"{plain(part.months)} months" if part.months is not None else "",
    ]
    product = " × ".join(factor for factor in factors if factor)
    days = f"{part.start} to {part.end}: " if part.start and part.end else ""
    rung = f"tier {part.detail['tier']}: " if "tier" in part.detail else ""
    return f"{days}{rung}{product or part.code} = {plain(part.exact)} → {decimal(part.minor)}"


def applied_json(applied: Sequence[Applied], currency: str) -> list[Json]:
    """Discounts as lines of their own, negative; or why they take nothing off."""
    return [
        {
            "kind": one.discount.kind,
            "code": one.discount.code,
            "amount": amount_json(one.minor, currency),
            **({"skipped": one.skipped} if one.skipped else {}),
        }
        for one in applied
    ]


def late_fee_json(fee: LateFee, minor: int, currency: str) -> Json:
    """A late fee as a line; its parts are the days on which the same principal was unpaid, unrounded."""
    parts: list[Json] = [
        {
            "code": "late_fee",
            "from": step.start.isoformat(),
            "to": step.end.isoformat(),
            "days": step.days,
            "principal": amount_json(step.principal_minor, currency),
            "exact": plain(step.minor / MINOR_PER_MAJOR),
        }
        for step in fee.steps
    ]
    explanation: Json = {
        "exact": plain(fee.accrued / MINOR_PER_MAJOR),
        "uncapped": plain(fee.uncapped / MINOR_PER_MAJOR),
        "capped": fee.capped,
        "text": [
            f"{step.start} to {step.end}: {decimal(step.principal_minor)} unpaid for {step.days} days = "
            f"{plain(step.minor / MINOR_PER_MAJOR)}"
            for step in fee.steps
        ],
    }
    return {"amount": amount_json(minor, currency), "parts": parts, "explanation": explanation}


def due_json(periods: Sequence[DuePeriod]) -> Json:
    """The service periods to be billed by a day."""
    return {
        "count": len(periods),
        "periods": [
            {
                "from": one.period.start.isoformat(),
                "to": one.period.end.isoformat(),
                "issue": one.issue.isoformat(),
                "due": one.due.isoformat(),
            }
            for one in periods
        ],
    }


def error_json(error: PricingError) -> Json:
    """What was refused and where to look."""
    found: Json = {"code": error.code, "message": error.message, "field": error.field}
    if error.params:
        found["params"] = {name: str(value) for name, value in error.params.items()}
    return {"error": found}


def decimal(minor: int) -> str:
    """Minor units in major ones, always with two decimals."""
    whole, rest = divmod(abs(minor), MINOR_PER_MAJOR)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:02d}"


def _rounded_text(line: Line) -> str:
    if any(part.code == "share" for part in line.parts):
        return f"the shares sum to the whole by largest remainder: {decimal(line.total_minor)}"
    how = {"half_up": "half away from zero", "up": "away from zero", "down": "towards zero"}
    rounding = line.rounding
    return f"{plain(line.exact)} rounded {how[rounding.mode]} to {decimal(rounding.unit_minor)} = {decimal(line.total_minor)}"
