"""What the front desk corrected before: a text nearly the same as a corrected one takes its labels."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from plugins.api import Correction
from plugins.bundled.ai.ngram.features import fold

ALIKE = 0.8  # shared part of the two texts' 2-grams (Jaccard)


@lru_cache(maxsize=4096)  # the same corrections are compared with every new text
def _pairs(text: str) -> frozenset[str]:
    folded = f" {fold(text).text.replace(' ', '')} "
    return frozenset(folded[at : at + 2] for at in range(len(folded) - 1))


def corrected_before(text: str, corrections: Iterable[Correction]) -> Correction | None:
    """The most alike correction from ALIKE up; of equals the first, which is the newest."""
    wanted = _pairs(text)
    best: Correction | None = None
    best_alike = 0.0
    for correction in corrections:
        other = _pairs(correction.text)
        alike = len(wanted & other) / len(wanted | other)
        if alike >= ALIKE and alike > best_alike:
            best, best_alike = correction, alike
    return best
