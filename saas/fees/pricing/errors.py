"""What cannot be priced, as a code, an English sentence and the field to look at."""

from __future__ import annotations


class PricingError(ValueError):
    """A case that has no right answer. `code` is stable; `field` is a path such as ``object.built_area``."""

    def __init__(self, code: str, message: str, field: str = "", **params: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.params = params


class FormulaError(PricingError):
    """A formula that cannot be read or worked out; `position` counts characters from 1."""

    def __init__(self, code: str, message: str, position: int, **params: object) -> None:
        super().__init__(code, f"At character {position}: {message}", "formula", position=position, **params)
        self.position = position
