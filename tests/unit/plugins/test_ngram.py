"""The built-in classifier: what it says, why, how well it was measured, how fast it is."""

from __future__ import annotations

import json
import time

import pytest

from plugins.api import Classification, ClassifyRequest, Correction
from plugins.bundled.ai.ngram import features
from plugins.bundled.ai.ngram.model import bundled
from plugins.bundled.ai.ngram.plugin import NgramClassifier
from plugins.bundled.ai.ngram.rules import emergency_span

DATA = features.CONCEPTS.parent


def classify(text: str, *corrections: Correction) -> Classification:
    return NgramClassifier().ai_classify(ClassifyRequest(text, "zh_Hans_CN", corrections=corrections))


@pytest.mark.parametrize(
    ("text", "category", "urgency"),
    [
        ("厨房水龙头一直滴水，接了半盆了", "plumbing", "normal"),
        ("家里全屋停电，推上去又跳闸 3-2-1502", "electrical", "urgent"),
        ("电梯困人了！里面有老人", "elevator", "emergency"),
        ("厨房好浓的煤气味", "gas", "emergency"),
        ("建议小区多种点桂花树", "greening", "low"),
        ("There is smoke coming out of the socket!!", "electrical", "emergency"),
    ],
)
def test_plain_requests(text: str, category: str, urgency: str) -> None:
    said = classify(text)
    assert (said.category.label, said.urgency.label) == (category, urgency)


def test_because_quotes_the_text_as_typed() -> None:
    text = "３号楼🙏 电梯困人了，卡在11楼，快来！！"
    because = classify(text).because
    assert because
    assert all(text[part.start : part.end] == part.word for part in because)
    assert any("困" in part.word for part in because)


@pytest.mark.parametrize("text", ["", "   ", "😭😭", "123", "？！", "x" * 5000])
def test_texts_that_say_nothing_get_an_unsure_answer(text: str) -> None:
    said = classify(text)
    assert said.urgency.label != "emergency"
    assert said.category.confidence < 0.5


def test_folding_keeps_the_place_of_each_character() -> None:
    folded = features.fold("ＡＣ坏了🙏 3-2-1502！冒烟")
    assert folded.text == "ac坏了 冒烟"
    start = folded.text.index("冒烟")
    assert folded.span(start, start + 2) == (15, 17)


@pytest.mark.parametrize("harmless", ["燃气灶打不着火", "烟感误报，没有着火", "消防演练那天冒白烟是正常的吗"])
def test_a_rule_does_not_fire_on_harmless_words(harmless: str) -> None:
    assert emergency_span(harmless) is None


def test_exported_weights_answer_as_scikit_learn_did() -> None:
    sample = json.loads((DATA / "sample.json").read_text(encoding="utf-8"))
    assert len(sample) == 48
    for row in sample:
        answer = bundled().answer(row["text"])
        assert answer.category == row["category"]
        assert answer.category_scores[row["category"]] == pytest.approx(row["category_score"], abs=0.02)
        assert answer.urgency_scores["emergency"] == pytest.approx(row["emergency_score"], abs=0.02)


def test_measured_quality_does_not_fall() -> None:
    metrics = json.loads((DATA / "metrics.json").read_text(encoding="utf-8"))
    apart = metrics["kept_apart"]
    assert apart["category_accuracy"] >= 0.87
    assert apart["urgency_accuracy"] >= 0.83
    assert apart["emergency_recall"] >= 0.87
    assert apart["emergency_precision"] >= 0.65
    assert metrics["cross_validation"]["category_accuracy"] >= 0.88


def test_a_text_takes_a_few_milliseconds() -> None:
    sample = json.loads((DATA / "sample.json").read_text(encoding="utf-8"))
    bundled().answer(sample[0]["text"])
    begun = time.process_time()
    for row in sample:
        bundled().answer(row["text"])
    assert (time.process_time() - begun) / len(sample) < 0.010


def test_a_corrected_text_is_remembered_for_its_tenant() -> None:
    correction = Correction("门口那盏灯又不亮了 1-2-301", "public_facilities", "low")
    again = classify("门口那盏灯又不亮了！ 2-1-804", correction)
    assert (again.category.label, again.urgency.label, again.source) == (
        "public_facilities",
        "low",
        "corrected_before",
    )
    assert classify("卫生间的灯不亮", correction).source == "model"


def test_an_emergency_outlives_a_correction() -> None:
    correction = Correction("楼道里着火了", "fire_safety", "normal")
    assert classify("楼道里着火了", correction).urgency.label == "emergency"
