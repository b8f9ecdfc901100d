"""The built-in classifier as a plugin: corrections of the front desk first, then the model with its rules."""

from __future__ import annotations

from collections.abc import Mapping

from plugins.api import Because, Classification, ClassifyRequest, Correction, LabelScore, Prediction, hookimpl
from plugins.bundled.ai.ngram.adapt import corrected_before
from plugins.bundled.ai.ngram.model import Answer, bundled

CORRECTED_CONFIDENCE = 0.99


class NgramClassifier:
    """Enabled for every tenant; a tenant's own classifier falls back to it."""

    core = True

    @hookimpl
    def ai_classify(self, request: ClassifyRequest) -> Classification:
        answer = bundled().answer(request.text)
        because = tuple(
            Because(request.text[part.start : part.end], part.start, part.end, part.weight, part.head)
            for part in answer.deciding
        )
        corrected = corrected_before(request.text, request.corrections)
        if corrected is not None:
            return _as_corrected(corrected, answer, because)
        return Classification(
            category=Prediction(
                answer.category, answer.category_scores[answer.category], _ranked(answer.category_scores)
            ),
            urgency=Prediction(answer.urgency, answer.urgency_confidence, _ranked(answer.urgency_scores)),
            because=because,
            model=bundled().version,
            source="rule" if answer.by_rule else "model",
        )


def _as_corrected(corrected: Correction, answer: Answer, because: tuple[Because, ...]) -> Classification:
    """The tenant's own labels; but what reads as an emergency now stays one, whatever was corrected before."""
    still_emergency = answer.by_rule and corrected.urgency != "emergency"
    urgency = "emergency" if still_emergency else corrected.urgency
    return Classification(
        category=Prediction(corrected.category, CORRECTED_CONFIDENCE, _ranked(answer.category_scores)),
        urgency=Prediction(urgency, CORRECTED_CONFIDENCE, _ranked(answer.urgency_scores)),
        because=because,
        model=bundled().version,
        source="corrected_before",
    )


def _ranked(scores: Mapping[str, float]) -> tuple[LabelScore, ...]:
    ordered = sorted(scores.items(), key=lambda item: -item[1])
    return tuple(LabelScore(label, round(score, 4)) for label, score in ordered)
