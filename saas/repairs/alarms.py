"""Words that call for help. They decide before any classifier does, and no label takes them back. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOT = r"(?<!没有)(?<!没)(?<!无)(?<!不)(?<!未)"


@dataclass(frozen=True)
class Alarm:
    """An emergency found in the words: the category it points to and the words themselves."""

    category: str
    words: str


def _rule(category: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    return category, re.compile(pattern, re.IGNORECASE)


_RULES = (
    _rule("gas", r"(?:煤气|燃气|天然气|瓦斯|液化气)[^，。,.!?！？]{0,6}?(?:泄[漏露]|漏气|漏了|味)"),
    _rule("gas", r"(?:闻到|一股|有|很大)[^，。,.!?！？]{0,4}(?:煤气|燃气|天然气)"),
    _rule(
        "gas",
        r"\bgas\b[^.,!?]{0,16}\b(?:leak(?:s|ing)?|smell(?:s|ing)?)\b|\bsmell(?:s|ing)?\b[^.,!?]{0,16}\bgas\b",
    ),
    _rule("elevator", r"(?:电梯|轿厢)[^，。,.!?！？]{0,10}(?:困人|被困|困住|关人|困了|夹人|坠)"),
    _rule("elevator", r"(?:困在|被困|关在)[^，。,.!?！？]{0,6}(?:电梯|轿厢)"),
    _rule(
        "elevator", r"\b(?:trapped|stuck)\b[^.,!?]{0,12}\b(?:in|inside)\b[^.,!?]{0,12}\b(?:lift|elevator)\b"
    ),
    _rule("fire_safety", _NOT + r"(?:着火|起火|失火|冒烟|浓烟|冒火|明火)"),
    _rule("fire_safety", r"\b(?:on fire|caught fire|smoke coming|smoking heavily)\b"),
    _rule("electrical", _NOT + r"(?:触电|被电到|电到人|漏电|打火花|冒火花)"),
    _rule("electrical", r"\b(?:electric shock|electrocuted|sparks? flying|sparking)\b"),
    _rule("plumbing", r"(?:爆管|水管爆|管道?爆裂|水管炸|(?:水管|管子)[^，。,.!?！？]{0,4}爆了)"),
    _rule("plumbing", r"\bburst (?:water )?pipe\b|\bpipe (?:has )?burst\b"),
    _rule("security", r"(?:有人晕倒|有人昏倒|持刀|入室抢劫|有小偷进)"),
)


def find_alarm(text: str) -> Alarm | None:
    """The first emergency that the words speak of, or None."""
    for category, pattern in _RULES:
        found = pattern.search(text)
        if found:
            return Alarm(category=category, words=found.group(0).strip())
    return None
