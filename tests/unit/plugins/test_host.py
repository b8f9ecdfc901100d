"""The host refuses what is not in the contract and calls only what a tenant's list holds."""

from __future__ import annotations

import pytest

from plugins import api
from plugins.api import Classification, ClassifyRequest, NotEnabled, PluginRefused, Unknown, hookimpl
from plugins.host import Registry, classify_text, registry

REQUEST = ClassifyRequest(text="停电", locale="zh_Hans_CN")


class Failing:
    @hookimpl
    def ai_classify(self, request: ClassifyRequest) -> Classification:
        raise ValueError(request.text)


class Misspelt:
    @hookimpl
    def ai_clasify(self, request: ClassifyRequest) -> None:
        """No such hook."""


class WrongArgument:
    @hookimpl
    def ai_classify(self, words: str) -> None:
        """No such argument."""


class Wrapping:
    @hookimpl(wrapper=True)
    def ai_classify(self, request: ClassifyRequest):  # type: ignore[no-untyped-def]
        return (yield)


@pytest.mark.parametrize("plugin", [Misspelt(), WrongArgument(), Wrapping()])
def test_a_plugin_outside_the_contract_is_refused(plugin: object) -> None:
    made = Registry()
    with pytest.raises(PluginRefused, match="vendor"):
        made.install("vendor", plugin, core=True)
    assert made.allowed(None, "ai_classify") == ()


def test_a_plugin_that_nobody_enabled_is_not_called() -> None:
    made = Registry()
    made.install("vendor", Failing())
    with pytest.raises(NotEnabled):
        made.one(None, "ai_classify", "vendor", request=REQUEST)


def test_any_failure_is_unknown_and_keeps_its_cause() -> None:
    made = Registry()
    made.install("vendor", Failing(), core=True)
    with pytest.raises(Unknown) as failed:
        made.one(None, "ai_classify", "vendor", request=REQUEST)
    assert isinstance(failed.value.__cause__, ValueError)


def test_the_built_in_classifier_comes_from_our_own_entry_points() -> None:
    assert registry().allowed(None, "ai_classify") == ("anju.ai.ngram",)
    assert classify_text("电梯困人了，快来", "zh_Hans_CN").category.label == "elevator"


def test_the_surface_of_the_api_is_as_published() -> None:
    assert api.API_VERSION == 1
    assert sorted(api.__all__) == [
        "API_VERSION",
        "ActionKind",
        "Because",
        "CATEGORIES",
        "Classification",
        "ClassifyRequest",
        "CloseOutcome",
        "CloseResult",
        "Correction",
        "FORWARD",
        "LabelScore",
        "Money",
        "NotEnabled",
        "ParsedNotification",
        "PaymentAction",
        "PaymentCapabilities",
        "PaymentEvent",
        "PaymentRequest",
        "PaymentResult",
        "PaymentStatus",
        "PluginError",
        "PluginRefused",
        "Prediction",
        "Quantity",
        "REPAIR_REQUEST",
        "RawNotification",
        "RefundRequest",
        "RefundResult",
        "RefundStatus",
        "Statement",
        "StatementKind",
        "StatementLine",
        "URGENCIES",
        "Unknown",
        "hookimpl",
        "is_final",
        "may_become",
    ]
