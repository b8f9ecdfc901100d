"""Inference from exported weights in pure Python: a few hundred multiplications per text."""

from __future__ import annotations

import base64
import gzip
import json
import math
from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from plugins.bundled.ai.ngram.features import BLOCKS, Feature, extract
from plugins.bundled.ai.ngram.rules import emergency_span

WEIGHTS = Path(__file__).parent / "data" / "weights.json.gz"
EMERGENCY_FROM = 0.25  # well under one half: a call too many costs a visit, a call missed may cost a life
RULE_CONFIDENCE = 0.9
SHOWN = 4


@dataclass(frozen=True)
class Deciding:
    start: int
    end: int
    weight: float
    head: str


@dataclass(frozen=True)
class Answer:
    category: str
    category_scores: Mapping[str, float]
    urgency: str
    urgency_confidence: float
    urgency_scores: Mapping[str, float]
    deciding: tuple[Deciding, ...]
    by_rule: bool


@dataclass(frozen=True)
class Weighed:
    """A feature known to the model with its value in this text and the places it was read from."""

    row: int
    value: float
    places: tuple[Feature, ...]


class Head:
    """One linear layer: int8 weights by feature row, one scale and one intercept per label."""

    def __init__(self, packed: Mapping[str, Any]) -> None:
        self.labels: list[str] = packed["labels"]
        self.intercepts: list[float] = packed["intercepts"]
        self.scales: list[float] = packed["scales"]
        self.weights = array("b", base64.b64decode(packed["weights"]))

    def sums(self, weighed: Sequence[Weighed]) -> list[float]:
        width = len(self.labels)
        totals = [0.0] * width
        for feature in weighed:
            at = feature.row * width
            for column, weight in enumerate(self.weights[at : at + width]):
                totals[column] += weight * feature.value
        return [
            total * scale + intercept
            for total, scale, intercept in zip(totals, self.scales, self.intercepts, strict=True)
        ]

    def share(self, feature: Weighed, label: str) -> float:
        """How much a feature spoke for the label, beyond what it said for the labels on average."""
        width = len(self.labels)
        at = feature.row * width
        scaled = [self.weights[at + column] * self.scales[column] for column in range(width)]
        own = scaled[self.labels.index(label)]
        return feature.value * (own - sum(scaled) / width if width > 1 else own)


class Model:
    def __init__(self, packed: Mapping[str, Any]) -> None:
        self.version: str = packed["version"]
        self.heads = {name: Head(head) for name, head in packed["heads"].items()}
        self.known: dict[str, dict[str, tuple[int, float]]] = {}
        row = 0
        for block in BLOCKS:
            content = packed["blocks"][block.name]
            self.known[block.name] = {
                name: (row + at, idf)
                for at, (name, idf) in enumerate(zip(content["names"], content["idf"], strict=True))
            }
            row += len(content["names"])

    def answer(self, text: str) -> Answer:
        weighed = self._weigh(text)
        category_scores = _softmax(self.heads["category"], weighed)
        category = max(category_scores, key=category_scores.__getitem__)
        emergency = 1 / (1 + math.exp(-self.heads["emergency"].sums(weighed)[0]))
        ruled = emergency_span(text)
        urgency_scores = _urgency_scores(_softmax(self.heads["urgency"], weighed), emergency)
        if ruled or emergency >= EMERGENCY_FROM:
            urgency = "emergency"
            confidence = max(_emergency_confidence(emergency), RULE_CONFIDENCE if ruled else 0.0)
        else:
            urgency = max(
                (label for label in urgency_scores if label != "emergency"), key=urgency_scores.__getitem__
            )
            confidence = urgency_scores[urgency]
        deciding = self._deciding(text, weighed, category, urgency, ruled)
        return Answer(
            category, category_scores, urgency, confidence, urgency_scores, deciding, ruled is not None
        )

    def _weigh(self, text: str) -> list[Weighed]:
        weighed: list[Weighed] = []
        found = extract(text)
        for block in BLOCKS:
            known = self.known[block.name]
            places: dict[str, list[Feature]] = {}
            for feature in found[block.name]:
                if feature.name in known:
                    places.setdefault(feature.name, []).append(feature)
            values = {
                name: (1.0 if block.binary else 1 + math.log(len(at))) * known[name][1]
                for name, at in places.items()
            }
            length = math.sqrt(sum(value * value for value in values.values())) or 1.0
            weighed += [
                Weighed(known[name][0], value / length * block.weight, tuple(places[name]))
                for name, value in values.items()
            ]
        return weighed

    def _deciding(
        self,
        text: str,
        weighed: Sequence[Weighed],
        category: str,
        urgency: str,
        ruled: tuple[int, int] | None,
    ) -> tuple[Deciding, ...]:
        by_category = self._strongest(text, weighed, "category", category, SHOWN - 1)
        if ruled:
            return (*by_category, Deciding(*ruled, 1.0, "urgency"))
        if urgency == "normal":
            return by_category
        head, label = ("emergency", "yes") if urgency == "emergency" else ("urgency", urgency)
        taken = {(part.start, part.end) for part in by_category}
        by_urgency = self._strongest(text, weighed, head, label, 2)
        return by_category + tuple(part for part in by_urgency if (part.start, part.end) not in taken)

    def _strongest(
        self, text: str, weighed: Sequence[Weighed], head: str, label: str, most: int
    ) -> tuple[Deciding, ...]:
        """The spans whose features spoke loudest, without overlaps; the weight is the share of all that spoke for."""
        spoken: defaultdict[tuple[int, int], float] = defaultdict(float)
        for feature in weighed:
            share = self.heads[head].share(feature, label)
            for place in feature.places:
                spoken[place.start, place.end] += share / len(feature.places)
        total = sum(share for share in spoken.values() if share > 0) or 1.0
        chosen: list[Deciding] = []
        shown = "urgency" if head == "emergency" else head
        for (start, end), share in sorted(spoken.items(), key=lambda item: -item[1]):
            if len(chosen) == most or share / total < 0.04:
                break
            if end - start > 1 and not any(start < part.end and part.start < end for part in chosen):
                chosen.append(Deciding(start, end, round(share / total, 3), shown))
        return tuple(chosen)


def _softmax(head: Head, weighed: Sequence[Weighed]) -> dict[str, float]:
    sums = head.sums(weighed)
    highest = max(sums)
    grown = [math.exp(value - highest) for value in sums]
    total = sum(grown)
    return {label: value / total for label, value in zip(head.labels, grown, strict=True)}


def _urgency_scores(four: Mapping[str, float], emergency: float) -> dict[str, float]:
    """The emergency head decides about emergency; the other three share the rest as the urgency head says."""
    rest = sum(score for label, score in four.items() if label != "emergency") or 1.0
    scores = {label: score / rest * (1 - emergency) for label, score in four.items() if label != "emergency"}
    return {"emergency": emergency, **scores}


def _emergency_confidence(score: float) -> float:
    """One half at the threshold: what is taken for an emergency is one more often than not."""
    return 0.5 + 0.5 * max(score - EMERGENCY_FROM, 0.0) / (1 - EMERGENCY_FROM)


@cache
def bundled() -> Model:
    """The shipped model, read once per process."""
    return Model(json.loads(gzip.decompress(WEIGHTS.read_bytes())))
