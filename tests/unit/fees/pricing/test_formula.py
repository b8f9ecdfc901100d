"""The parser of formulas: right answers, errors with a place, and no text that hurts it."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saas.fees.pricing.errors import FormulaError
from saas.fees.pricing.formula import parse

ROOM = {"built_area": Fraction("98.67"), "floor": Fraction(3), "usage": Fraction(23)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("-2 * -3", "6"),
        ("10 - 4 - 3", "3"),
        ("12 / 4 / 3", "1"),
        ("1 / 3 * 3", "1"),
        ("0.1 + 0.2", "0.3"),
        ("min(3, 1, 2) + max(3, 1, 2)", "4"),
        ("round(2.5) + round(-2.5)", "0"),
        ("round(1.005, 2)", "1.01"),
        ("ceil(1.2) + floor(-1.2) + ceil(-1.8)", "-1"),
        ("if(floor > 1, 15, 0)", "15"),
        ("if(floor = 3, if(usage <> 23, 1, 2), 3)", "2"),
        ("if(floor > 0, 1 / floor, 0)", "1/3"),
        ("（built_area － 90）× 2", "17.34"),
        ("floor(floor / 2)", "1"),
    ],
)
def test_results_are_exact(text: str, expected: str) -> None:
    assert parse(text).evaluate(ROOM) == Fraction(expected)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "formula_operand", 1),
        ("1 +", "formula_operand", 4),
        ("(1 + 2", "formula_parenthesis", 7),
        ("1 2", "formula_rest", 3),
        ("1 + size", "formula_variable", 5),
        ("eval(1)", "formula_function", 1),
        ("__import__", "formula_variable", 1),
        ("floor.real", "formula_character", 6),
        ("1 ; 2", "formula_character", 3),
        ("min()", "formula_arguments", 1),
        ("if(1, 2, 3)", "formula_condition", 4),
        ("if(1 < 2, 3)", "formula_arguments", 1),
        ("1 < 2", "formula_not_a_number", 3),
        ("1 < 2 < 3", "formula_chain", 7),
        ("(1 < 2) + 1", "formula_types", 4),
        ("round(1, floor)", "formula_decimals", 1),
        ("9" * 21, "formula_number", 1),
        ("1" + "+1" * 250, "formula_too_long", 500),
        ("1" + "+1" * 240, "formula_too_large", 200),
        ("(" * 60 + "1" + ")" * 60, "formula_too_deep", 41),
    ],
)
def test_errors_name_the_place(text: str, code: str, position: int) -> None:
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert (refused.value.code, refused.value.position) == (code, position)
    assert str(refused.value).startswith(f"At character {position}: ")


@pytest.mark.parametrize(
    ("text", "code"),
    [("1 / (floor - 3)", "division_by_zero"), ("coefficient * 2", "missing_value")],
)
def test_errors_of_values(text: str, code: str) -> None:
    with pytest.raises(FormulaError) as refused:
        parse(text).evaluate(ROOM)
    assert refused.value.code == code


@given(st.text(max_size=600) | st.text("0123456789.+-*/()<>=,! abiflorminuxgetp_\"'", max_size=600))
@settings(max_examples=400)
def test_no_text_hurts_the_parser(text: str) -> None:
    started = time.monotonic()
    try:
        parse(text).evaluate(ROOM)
    except FormulaError as refused:
        assert 1 <= refused.position <= len(text) + 1
    assert time.monotonic() - started < 1


@st.composite
def expressions(draw: st.DrawFn, depth: int = 4) -> tuple[str, Any]:
    """A text with a thunk that works it out by Python's own fractions."""
    if depth == 0 or draw(st.booleans()):
        number = draw(st.decimals("0", "9999", places=2))
        return f"{number}", lambda: Fraction(number)
    one, first = draw(expressions(depth - 1))
    two, second = draw(expressions(depth - 1))
    shape = draw(st.sampled_from(["+", "-", "*", "/", "min", "max", "if", "neg"]))
    found: dict[str, tuple[str, Any]] = {
        "+": (f"({one} + {two})", lambda: first() + second()),
        "-": (f"({one} - {two})", lambda: first() - second()),
        "*": (f"({one} * {two})", lambda: first() * second()),
        "/": (f"({one} / {two})", lambda: first() / second()),
        "min": (f"min({one}, {two})", lambda: min(first(), second())),
        "max": (f"max({one}, {two})", lambda: max(first(), second())),
        "if": (f"if({one} < {two}, {one}, {two})", lambda: first() if first() < second() else second()),
        "neg": (f"-{one}", lambda: -first()),
    }
    return found[shape]


@given(expressions())
@settings(max_examples=200)
def test_it_agrees_with_fractions(expression: tuple[str, Any]) -> None:
    text, thunk = expression
    try:
        expected = thunk()
    except ZeroDivisionError:
        with pytest.raises(FormulaError):
            parse(text).evaluate({})
        return
    try:
        assert parse(text).evaluate({}) == expected
    except FormulaError as refused:
        assert refused.code in ("formula_too_long", "formula_too_large", "formula_too_deep")
