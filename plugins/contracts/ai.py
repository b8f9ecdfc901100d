"""ai/1: classification of short texts. Only the dataclasses here cross the line."""

from __future__ import annotations

from dataclasses import dataclass

CATEGORIES = (
    "plumbing",
    "electrical",
    "doors_windows",
    "elevator",
    "hvac",
    "gas",
    "leak_structure",
    "intercom_network",
    "fire_safety",
    "public_facilities",
    "parking",
    "cleaning",
    "greening",
    "security",
    "other",
)
URGENCIES = ("emergency", "urgent", "normal", "low")
REPAIR_REQUEST = "repair_request"


@dataclass(frozen=True)
class Correction:
    """A text that this tenant's front desk labelled by hand."""

    text: str
    category: str
    urgency: str


@dataclass(frozen=True)
class ClassifyRequest:
    """``text`` as typed (any language, at most 2,000 characters are read); ``locale`` such as zh_Hans_CN.

    ``corrections`` are the tenant's own, newest first; an implementation may use or ignore them.
    """

    text: str
    locale: str
    task: str = REPAIR_REQUEST
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class LabelScore:
    label: str
    score: float  # 0..1; the scores of one prediction sum to 1


@dataclass(frozen=True)
class Prediction:
    """The label to use, how sure (0..1), and all labels with their scores, best first."""

    label: str
    confidence: float
    scores: tuple[LabelScore, ...] = ()


@dataclass(frozen=True)
class Because:
    """A piece of the text that decided: ``text[start:end] == word``; ``weight`` is its share, 0..1."""

    word: str
    start: int
    end: int
    weight: float
    decided: str  # "category" or "urgency"


@dataclass(frozen=True)
class Classification:
    category: Prediction
    urgency: Prediction
    because: tuple[Because, ...]
    model: str  # name and version of the model that answered
    source: str = "model"  # "model", "rule" (an emergency word outranked the scores) or "corrected_before"
