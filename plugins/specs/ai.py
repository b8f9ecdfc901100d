"""Hooks of the family ai/1."""

from __future__ import annotations

import pluggy

from plugins.contracts.ai import Classification, ClassifyRequest

hookspec = pluggy.HookspecMarker("anju")


@hookspec
def ai_classify(request: ClassifyRequest) -> Classification | None:
    """Give a short text its category and urgency.

    Called once when a repair request comes in, outside a transaction or inside one: an implementation is pure,
    keeps no state between calls and touches neither network nor disk after its first call.
    Named call, timeout 800 ms, never retried; None or any exception makes the product use the built-in classifier,
    and the order then waits for the front desk if that one is not sure either.

    ``category.label`` is one of contracts.ai.CATEGORIES, ``urgency.label`` one of URGENCIES. ``because`` names
    pieces of the text in code points of the text as given. Since API 1. Shown by plugins/bundled/ai/ngram.
    """
