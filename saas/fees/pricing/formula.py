"""A tenant's own arithmetic, read by our own parser and worked out in fractions. Nothing is ever evaluated as code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from saas.fees.pricing.errors import FormulaError
from saas.fees.pricing.formula_tokens import Token, tokens
from saas.fees.pricing.money import round_minor

Type = Literal["number", "text", "boolean"]
Value = Fraction | bool | str
DEEPEST = 40
MOST_NODES = 200
MOST_BITS = 4096
MOST_DECIMALS = 6
VARIABLES: Mapping[str, Type] = dict.fromkeys(("built_area", "inner_area", "floor", "household_size", "coefficient", "usage", "price"), "number")  # fmt: skip
FUNCTIONS: Mapping[str, tuple[int, int]] = {  # how many arguments, at least and at most
    "min": (1, 20),
    "max": (1, 20),
    "round": (1, 2),
    "ceil": (1, 1),
    "floor": (1, 1),
    "if": (3, 3),
}
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
Values = Mapping[str, Value]


@dataclass(frozen=True)
class Node:
    """A part of a formula: its type, its place, and how its value is found."""

    type: Type
    position: int
    value: Callable[[Values], Value]
    literal: Fraction | None = None


@dataclass(frozen=True)
class Formula:
    """A formula that can be worked out. `names` are the variables it reads."""

    text: str
    names: frozenset[str]
    root: Node

    def evaluate(self, values: Values) -> Fraction:
        """The exact result; FormulaError when a variable has no value or a divisor is 0."""
        result = self.root.value(values)
        return Fraction(result)


def parse(text: str, variables: Mapping[str, Type] = VARIABLES) -> Formula:
    """Read and check a formula; every FormulaError names the place and what to do."""
    reader = _Reader(tokens(text), variables)
    root = reader.comparison()
    rest = reader.token
    if rest.kind != "end":
        raise FormulaError(
            "formula_rest",
            f"“{rest.text}” does not fit here; put an operator or a comma before it",
            rest.position,
        )
    if root.type != "number":
        raise FormulaError(
            "formula_not_a_number",
            "the result is not a number; choose between two with if(…, a, b)",
            root.position,
        )
    return Formula(text, frozenset(reader.names), root)


class _Reader:
    """Recursive descent over the tokens: comparison < sum < product < sign < atom."""

    def __init__(self, words: list[Token], variables: Mapping[str, Type]) -> None:
        self.words = words
        self.variables = variables
        self.names: set[str] = set()
        self.place = 0
        self.depth = 0
        self.nodes = 0

    @property
    def token(self) -> Token:
        return self.words[self.place]

    def take(self) -> Token:
        token = self.token
        self.place += 1
        return token

    def at(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def node(
        self, type_: Type, position: int, value: Callable[[Values], Value], literal: Fraction | None = None
    ) -> Node:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise FormulaError(
                "formula_too_large", f"a formula has at most {MOST_NODES} terms; split the fee item", position
            )
        return Node(type_, position, value, literal)

    def comparison(self) -> Node:
        left = self.sum()
        if not self.at(*COMPARISONS):
            return left
        sign = self.take()
        right = self.sum()
        if self.at(*COMPARISONS):
            raise FormulaError(
                "formula_chain", "comparisons do not chain; use if inside if", self.token.position
            )
        if left.type != right.type or (left.type != "number" and sign.text not in ("==", "!=")):
            raise FormulaError(
                "formula_types", f"a {left.type} and a {right.type} cannot be compared so", sign.position
            )
        return self.node("boolean", sign.position, _compare(sign.text, left, right))

    def sum(self) -> Node:
        left = self.product()
        while self.at("+", "-"):
            left = self.arithmetic(left, self.take(), self.product())
        return left

    def product(self) -> Node:
        left = self.signed()
        while self.at("*", "/"):
            left = self.arithmetic(left, self.take(), self.signed())
        return left

    def arithmetic(self, left: Node, sign: Token, right: Node) -> Node:
        _need_number(left)
        _need_number(right)
        return self.node("number", sign.position, _calculate(sign, left, right))

    def signed(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError(
                "formula_too_deep", f"parentheses and signs go at most {DEEPEST} deep", self.token.position
            )
        try:
            if not self.at("-", "+"):
                return self.atom()
            sign = self.take()
            inner = _need_number(self.signed())
            if sign.text == "+":
                return inner
            return self.node("number", sign.position, lambda values: -_number(inner, values))
        finally:
            self.depth -= 1

    def atom(self) -> Node:
        token = self.take()
        if token.kind == "number":
            number = token.number
            return self.node("number", token.position, lambda values: number, number)
        if token.kind == "text":
            return self.node("text", token.position, lambda values: token.text)
        if token.kind == "name":
            return self.call(token) if self.at("(") else self.variable(token)
        if token.text == "(":
            inner = self.comparison()
            self.close(token)
            return inner
        what = f"“{token.text}” cannot stand here" if token.text else "the formula ends too early"
        raise FormulaError("formula_operand", f"{what}; write a number, a variable or “(”", token.position)

    def close(self, opened: Token) -> None:
        if not self.at(")"):
            raise FormulaError(
                "formula_parenthesis",
                f"the parenthesis opened at character {opened.position} is not closed; write “)”",
                self.token.position,
            )
        self.take()

    def variable(self, token: Token) -> Node:
        name, kind = token.text, self.variables.get(token.text)
        if kind is None:
            known = ", ".join(sorted(self.variables))
            raise FormulaError(
                "formula_variable", f"there is no variable “{name}”; known are {known}", token.position
            )
        self.names.add(name)
        return self.node(kind, token.position, lambda values: _variable(values, name, kind, token.position))

    def call(self, name: Token) -> Node:
        if name.text not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            raise FormulaError(
                "formula_function", f"there is no function “{name.text}”; known are {known}", name.position
            )
        opened = self.take()
        arguments = [] if self.at(")") else [self.comparison()]
        while arguments and self.at(","):
            self.take()
            arguments.append(self.comparison())
        self.close(opened)
        least, most = FUNCTIONS[name.text]
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise FormulaError(
                "formula_arguments",
                f"{name.text}() takes {wanted} values, not {len(arguments)}",
                name.position,
            )
        return self.choice(name, arguments) if name.text == "if" else self.function(name, arguments)

    def choice(self, name: Token, arguments: list[Node]) -> Node:
        condition, then, otherwise = arguments
        if condition.type != "boolean":
            raise FormulaError(
                "formula_condition",
                "the first value of if() is a comparison such as floor > 1",
                condition.position,
            )
        if then.type != otherwise.type:
            raise FormulaError("formula_types", "if() chooses between values of one type", otherwise.position)
        return self.node(
            then.type,
            name.position,
            lambda values: (then if condition.value(values) else otherwise).value(values),
        )

    def function(self, name: Token, arguments: list[Node]) -> Node:
        for argument in arguments:
            _need_number(argument)
        decimals = 0
        if name.text == "round" and len(arguments) == 2:
            literal = arguments.pop().literal
            if literal is None or literal.denominator != 1 or not 0 <= literal <= MOST_DECIMALS:
                raise FormulaError(
                    "formula_decimals",
                    f"decimals are a whole number from 0 to {MOST_DECIMALS}",
                    name.position,
                )
            decimals = int(literal)
        work = _FUNCTIONS[name.text]
        return self.node(
            "number",
            name.position,
            lambda values: work([_number(argument, values) for argument in arguments], decimals),
        )


def _need_number(node: Node) -> Node:
    if node.type != "number":
        raise FormulaError("formula_types", f"a number is needed here, this is a {node.type}", node.position)
    return node


def _number(node: Node, values: Values) -> Fraction:
    value = node.value(values)
    return value if isinstance(value, Fraction) else Fraction(value)


def _variable(values: Values, name: str, kind: Type, position: int) -> Value:
    value = values.get(name)
    if value is None:
        raise FormulaError(
            "missing_value", f"“{name}” has no value here; enter it first", position, name=name
        )
    wanted = {"number": Fraction, "text": str, "boolean": bool}[kind]
    if not isinstance(value, wanted):
        raise FormulaError("formula_types", f"“{name}” is not a {kind} here", position, name=name)
    return value


def _compare(sign: str, left: Node, right: Node) -> Callable[[Values], bool]:
    def work(values: Values) -> bool:
        one, other = left.value(values), right.value(values)
        if sign in ("==", "!="):
            return (one == other) == (sign == "==")
        less, more = Fraction(one) < Fraction(other), Fraction(one) > Fraction(other)
        return {"<": less, "<=": not more, ">": more, ">=": not less}[sign]

    return work


def _calculate(sign: Token, left: Node, right: Node) -> Callable[[Values], Fraction]:
    def work(values: Values) -> Fraction:
        one, other = _number(left, values), _number(right, values)
        if sign.text == "/" and other == 0:
            raise FormulaError("division_by_zero", "a division by 0; guard it with if(…)", sign.position)
        result = _OPERATORS[sign.text](one, other)
        if max(result.numerator.bit_length(), result.denominator.bit_length()) > MOST_BITS:
            raise FormulaError(
                "formula_overflow", "the result grows too long; round() in between", sign.position
            )
        return result

    return work


def _rounded(arguments: list[Fraction], decimals: int) -> Fraction:
    scale = 10**decimals
    return Fraction(round_minor(arguments[0] * scale), scale)


_OPERATORS: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
}
_FUNCTIONS: Mapping[str, Callable[[list[Fraction], int], Fraction]] = {
    "min": lambda arguments, _: min(arguments),
    "max": lambda arguments, _: max(arguments),
    "round": _rounded,
    "ceil": lambda arguments, _: Fraction(-(-arguments[0] // 1)),
    "floor": lambda arguments, _: Fraction(arguments[0] // 1),
}
