"""Names of people and firms: the kept form, and the pinyin keys by which a clerk finds them."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, product

from pypinyin import Style, pinyin

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_READINGS_KEPT = 24

_FIRM_TAILS = (
    "有限责任公司", "股份有限公司", "集团有限公司", "有限公司", "分公司", "集团", "公司",
    "物业管理", "物业服务", "物业",
)  # fmt: skip


# Surnames whose usual reading is not the commonest of the character: 曾 is zeng, so it sorts under z.
_SURNAMES = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "朴": "piao", "翟": "zhai",
    "乐": "yue", "缪": "miao", "盖": "ge", "冼": "xian", "员": "yun", "召": "shao", "那": "na", "覃": "qin",
}  # fmt: skip


def normalise_name(value: object) -> str:
    """NFKC; blanks inside a Chinese name go (冯  轩 -> 冯轩), a Latin name keeps single blanks."""
    text = " ".join(unicodedata.normalize("NFKC", str(value or "")).split())
    return re.sub(r"\s+", "", text) if _HAN.search(text) else text


def _combinations(readings: Iterable[list[str]]) -> list[str]:
    return ["".join(parts) for parts in islice(product(*readings), _READINGS_KEPT)]


@lru_cache(maxsize=8_000)
def _readings_of_sign(sign: str) -> list[str]:
    return list(dict.fromkeys(pinyin(sign, style=Style.NORMAL, heteronym=True)[0]))


def _readings(text: str) -> list[list[str]]:
    """All readings of each sign; signs are looked up one by one, so that a list of thousands of names is quick."""
    if all(_HAN.match(sign) for sign in text):
        return [_readings_of_sign(sign) for sign in text]
    return pinyin(text, style=Style.NORMAL, heteronym=True)


def pinyin_keys(name: str) -> str:
    """Search keys of a name, blank-separated: every reading in full, the usual one first, and its initials."""
    kept = normalise_name(name).lower()
    if not kept:
        return ""
    full = [list(dict.fromkeys(each)) for each in _readings(kept)]
    surname = _SURNAMES.get(kept[0])
    if surname is not None:
        full[0] = [surname, *(sound for sound in full[0] if sound != surname)]
    first = [list(dict.fromkeys(sound[:1] for sound in each if sound)) or [""] for each in full]
    if not _HAN.search(kept):
        return " ".join(dict.fromkeys([kept.replace(" ", ""), *kept.split()]))
    keys = _combinations(full) + _combinations(first)
    return " ".join(dict.fromkeys(key.replace(" ", "") for key in keys))


def plain_pinyin(text: str, *, initials: bool = False) -> str:
    """One reading of a text in lower-case ASCII letters and digits (the commonest readings)."""
    style = Style.FIRST_LETTER if initials else Style.NORMAL
    joined = "".join(part[0] for part in pinyin(normalise_name(text).lower(), style=style))
    return re.sub(r"[^a-z0-9]+", "", joined)


def firm_core(name: str) -> str:
    """What is particular in a firm's name: 北京安和物业管理有限公司 -> 北京安和."""
    core = re.sub(r"[()].*?[)]", "", normalise_name(name))
    changed = True
    while changed:
        changed = False
        for tail in _FIRM_TAILS:
            if core.endswith(tail) and len(core) > len(tail):
                core, changed = core[: -len(tail)], True
    return core
