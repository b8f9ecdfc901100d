"""How alike two reports of a fault are: Jaccard over character n-grams. Pure."""

from __future__ import annotations

import re
import unicodedata

_NOISE = re.compile(r"[\W_]+", re.UNICODE)

# Below this two texts about the same place and category are taken for two different faults.
ALIKE = 0.22


def grams(text: str, size: int = 2) -> frozenset[str]:
    """Character n-grams of a text without case, width, blanks and punctuation."""
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())
    if len(plain) < size:
        return frozenset({plain}) if plain else frozenset()
    return frozenset(plain[at : at + size] for at in range(len(plain) - size + 1))


def likeness(one: str, other: str) -> float:
    """Between 0.0 (nothing shared) and 1.0 (the same n-grams); two empty texts share nothing."""
    left, right = grams(one), grams(other)
    if not left or not right:
        return 0.0
    return len(left & right) / len(left | right)
