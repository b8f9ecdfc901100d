"""Reading and writing exact numbers. A binary float never becomes an amount: it has lost its cents already."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

from saas.fees.pricing.errors import PricingError

Number = int | str | Decimal | Fraction
LONGEST = 40
LARGEST = Fraction(10**15)
SMALLEST_EXPONENT = -18
_PUNCTUATION = str.maketrans("，．－＋／　％", ",.-+/ %")
_PARTS = {"%": 100, "‰": 1000}


def exact(value: object, field: str = "") -> Fraction:
    """A number written as text, Decimal, int or Fraction ("1/3" too), exactly; "5%" is 1/20.

    At most 10^15 and 18 decimals.
    """
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal | Fraction):
        raise PricingError("not_a_number", f"{field or 'the value'} is not a number", field)
    try:
        number = value if isinstance(value, Fraction) else _parsed(value)
    except (ValueError, InvalidOperation, ZeroDivisionError) as error:
        raise PricingError("not_a_number", f"{field or 'the value'} is not a number", field) from error
    if abs(number) > LARGEST:
        raise PricingError("number_too_large", f"{field or 'the value'} is larger than 10^15", field)
    return number


def _parsed(value: int | str | Decimal) -> Fraction:
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, str):
        text = value.strip().translate(_PUNCTUATION).replace(",", "")
        if len(text) > LONGEST:
            raise ValueError(text)
        if text[-1:] in _PARTS:
            return _parsed(text[:-1]) / _PARTS[text[-1]]
        if "/" in text:
            above, below = text.split("/")
            return Fraction(int(above), int(below))
        value = Decimal(text)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not SMALLEST_EXPONENT <= exponent <= LONGEST:
        raise ValueError(value)
    return Fraction(value)


def plain(value: Fraction) -> str:
    """The shortest exact way to write it: a decimal if it ends, else ``n/d``."""
    if value.denominator == 1:
        return str(value.numerator)
    twos, fives, rest = 0, 0, value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    digits = max(twos, fives)
    if rest != 1 or digits > 30:
        return f"{value.numerator}/{value.denominator}"
    scaled = abs(value.numerator) * 10**digits // value.denominator
    text = str(scaled).rjust(digits + 1, "0")
    return f"{'-' if value < 0 else ''}{text[:-digits]}.{text[-digits:]}"
