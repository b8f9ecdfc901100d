"""Skills of staff: the repair categories, and how the words in firms' lists map to them."""

import re
from typing import Any

from flask_babel import lazy_gettext as _l

from saas.people.phones import cell_text

SKILL_TITLES: dict[str, Any] = {
    "plumbing": _l("Plumbing"),
    "electrical": _l("Electrical"),
    "doors_windows": _l("Doors and windows"),
    "elevator": _l("Lift"),
    "hvac": _l("Heating and cooling"),
    "gas": _l("Gas"),
    "leak_structure": _l("Leaks and structure"),
    "intercom_network": _l("Intercom and network"),
    "fire_safety": _l("Fire safety"),
    "public_facilities": _l("Public facilities"),
    "parking": _l("Parking"),
    "cleaning": _l("Cleaning"),
    "greening": _l("Greening"),
    "security": _l("Security"),
    "other": _l("Other"),
}

_BY_JOB = {
    "维修-水电": ("plumbing", "electrical", "hvac", "gas"),
    "维修-综合": (
        "doors_windows", "leak_structure", "elevator", "intercom_network", "public_facilities", "fire_safety",
        "parking", "other",
    ),
    "维修": ("plumbing", "electrical", "doors_windows", "public_facilities", "other"),
    "保洁": ("cleaning",),
    "绿化": ("greening",),
    "保安": ("security", "parking"),
}  # fmt: skip
_BY_WORD = {
    "水泵": ("plumbing",), "水暖": ("plumbing", "hvac"), "管道": ("plumbing",), "水工": ("plumbing",),
    "电工": ("electrical",), "低压": ("electrical",), "高压": ("electrical",), "弱电": ("intercom_network",),
    "门锁": ("doors_windows",), "木工": ("doors_windows",), "门窗": ("doors_windows",), "泥瓦": ("leak_structure",),
    "防水": ("leak_structure",), "电梯": ("elevator",), "空调": ("hvac",), "暖通": ("hvac",), "燃气": ("gas",),
    "消控": ("fire_safety",), "消防": ("fire_safety",), "监控": ("intercom_network",), "绿化": ("greening",),
    "园艺": ("greening",), "外墙清洗": ("cleaning",), "石材": ("cleaning",), "保洁": ("cleaning",),
    "保安": ("security",), "道闸": ("parking",),
}  # fmt: skip


def normalise_job_title(value: object) -> str:
    """维修（水电）, 维修－水电 and `维修-水电 ` are one job: 维修-水电."""
    text = re.sub(r"\s+", "", cell_text(value))
    return re.sub(r"\A([^()]+)\(([^()]+)\)\Z", r"\1-\2", re.sub(r"[‐‑–—－]", "-", text))


def split_words(value: object) -> list[str]:
    """水暖;低压电工证 -> both words; separators are slashes, commas, enumeration commas and semicolons."""
    parts = re.split(r"[/;,、;,|]+", cell_text(value))
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def skills_from(job_title: str, words: list[str]) -> list[str]:
    """The repair categories that a job title and the words of the list stand for, in the declared order."""
    found = set(_BY_JOB.get(job_title, _BY_JOB.get(job_title.partition("-")[0], ())))
    for word in words:
        for key, skills in _BY_WORD.items():
            if key in word:
                found.update(skills)
    if job_title.partition("-")[0] not in _BY_JOB:
        return []
    return [skill for skill in SKILL_TITLES if skill in found]
