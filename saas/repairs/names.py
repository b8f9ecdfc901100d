"""How a resident is told of a technician: 陈师傅 in Chinese, the name as it is in English. Pure."""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u4e00-\u9fff]")
_TWO_CHARACTER_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "司徒",
        "东方",
        "独孤",
        "南宫",
        "夏侯",
        "尉迟",
        "皇甫",
        "公孙",
        "慕容",
        "令狐",
        "宇文",
        "长孙",
        "端木",
        "百里",
        "呼延",
    ]
)


def called_zh(name: str) -> str:
    """陈志强 -> 陈师傅, 欧阳锋 -> 欧阳师傅; a name in other letters stays, with 师傅 behind it."""
    if not name:
        return "师傅"
    if not _HAN.match(name):
        return f"{name.split()[0]}师傅"
    surname = name[:2] if name[:2] in _TWO_CHARACTER_SURNAMES and len(name) > 2 else name[:1]
    return f"{surname}师傅"


def called(name: str) -> dict[str, str]:
    """Both languages, as message parameters take it."""
    return {"zh": called_zh(name), "en": name or "our technician"}
