"""Words that make an emergency whatever the scores say; few, and each hard to say about something harmless."""

from __future__ import annotations

import re

_HARMLESS = re.compile(
    r"没有?(?:味|气味|冒烟|着火|漏电|人困|火)|误报|演练|演习|不是(?:着火|漏气)|建议|真着火|万一|以前|上次|去年|会不会"
)
_EMERGENCIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![打点]不)着火|起火了|失火|烧起来|火苗窜|冒[着黑白浓大]*烟|on fire|\bsparks?(?:ing)?\b|冒火[花星]",
        r"(?:困|关|卡)(?:在)?(?:电梯|𨋢|梯)|(?:电梯|轿厢|lift|elevator|𨋢).{0,8}(?:困[了住着人]|有人在里|出不[来去]|trapped)",
        r"(?:stuck|trapped) in (?:the |an? )?(?:lift|elevator)",
        r"(?:煤气|燃气|天然气|瓦斯|一氧化碳).{0,4}(?:味[道儿]?.{0,3}(?:大|重|浓|刺鼻|冲)|泄漏|泄露|中毒)",
        r"(?:smell (?:of )?gas|gas (?:smell|leak))",
        r"触电|被电[了到]|电麻了|漏电.{0,6}(?:人|手|麻)",
        r"(?:孩子|小孩|娃|宝宝|婴儿|老人).{0,6}(?:反锁|锁在)|走丢|走失|持刀|拿刀|跳楼|喊救命|晕倒|昏倒",
        r"(?:水管|主管|暖气片|管子|pipe).{0,3}(?:爆了|爆裂|炸了|崩了|burst)",
        r"高空.{0,3}(?:砸到|砸中)|砸(?:到|中|伤)(?:了)?(?:人|头|我(?![家雨车])|小孩|老人)",
    )
)


def emergency_span(text: str) -> tuple[int, int] | None:
    """Where the emergency is said, or None; a text that also says it is harmless is left to the scores."""
    if _HARMLESS.search(text):
        return None
    for pattern in _EMERGENCIES:
        match = pattern.search(text)
        if match:
            return match.span()
    return None
