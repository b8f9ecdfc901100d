"""Invented values that show a firm what its words will look like."""

from __future__ import annotations

from collections.abc import Iterable

ZH = {
    "number": "R-202611-0042",
    "place": "1栋1单元101",
    "technician": "陈师傅",
    "name": "王芳",
    "category": "给排水",
    "text": "厨房水龙头一直滴水",
    "reason": "等配件",
    "note": "等配件，明天上午再来",
    "time": "11月23日 10:30",
    "until": "11月23日 11:10",
    "minutes": "15",
    "firm": "锦绣物业",
}
EN = {
    "number": "R-202611-0042",
    "place": "Building 1, unit 1, 101",
    "technician": "Mr Chen",
    "name": "Wang Fang",
    "category": "plumbing",
    "text": "The kitchen tap keeps dripping",
    "reason": "waiting for parts",
    "note": "waiting for parts, back tomorrow morning",
    "time": "23 Nov 10:30",
    "until": "23 Nov 11:10",
    "minutes": "15",
    "firm": "Jinxiu Property",
}


def sample_texts(params: Iterable[str], locale: str) -> dict[str, str]:
    """A sample for each parameter; one that we do not know shows its own name."""
    known = ZH if locale.startswith("zh") else EN
    return {name: known.get(name, f"<{name}>") for name in params}
