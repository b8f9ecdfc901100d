"""The words of a formula, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from saas.fees.pricing.errors import FormulaError

LONGEST_FORMULA = 500
MOST_DIGITS = 20
_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
_SAME_LENGTH = str.maketrans(
    _FULL_WIDTH | {"　": " ", "×": "*", "÷": "/", "−": "-", "–": "-", "“": '"', "”": '"', "、": ","}
)
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"|(?P<name>[^\W\d]\w*)"
    r'|(?P<text>"[^"]*"|\'[^\']*\')'
    r"|(?P<sign><=|>=|==|!=|<>|≤|≥|≠|[-+*/(),<>=])"
)
_SIGNS = {"=": "==", "<>": "!=", "≤": "<=", "≥": ">=", "≠": "!="}
TokenKind = Literal["number", "name", "text", "sign", "end"]


@dataclass(frozen=True)
class Token:
    """A word of the formula; `position` counts characters from 1."""

    kind: TokenKind
    text: str
    position: int

    @property
    def number(self) -> Fraction:
        return Fraction(self.text)


def tokens(text: str) -> list[Token]:
    """Read a formula. Full-width characters of a Chinese keyboard count as their plain ones."""
    if len(text) > LONGEST_FORMULA:
        raise FormulaError(
            "formula_too_long",
            f"a formula has at most {LONGEST_FORMULA} characters; shorten it",
            LONGEST_FORMULA,
        )
    plain, found, place = text.translate(_SAME_LENGTH), [], 0
    while place < len(plain):
        match = _TOKEN.match(plain, place)
        if match is None:
            raise FormulaError(
                "formula_character", f"“{text[place]}” has no meaning here; remove it", place + 1
            )
        if match.lastgroup != "space":
            found.append(_token(match, place + 1))
        place = match.end()
    return [*found, Token("end", "", len(plain) + 1)]


def _token(match: re.Match[str], position: int) -> Token:
    kind, text = match.lastgroup, match.group()
    if kind == "number":
        if len(text) > MOST_DIGITS:
            raise FormulaError(
                "formula_number", f"a number has at most {MOST_DIGITS} digits; round it", position
            )
        # Digits of other scripts would be read by int() too; the pattern lets ASCII through only.
        return Token("number", text, position)
    if kind == "name":
        return Token("name", text, position)
    if kind == "text":
        return Token("text", text[1:-1], position)
    return Token("sign", _SIGNS.get(text, text), position)
