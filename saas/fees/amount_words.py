"""Amounts as Chinese receipts write them: 231.87 → 贰佰叁拾壹元捌角柒分."""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def rmb_words(minor: int) -> str:
    """The amount in capital numerals; minor units are fen."""
    sign, minor = ("负" if minor < 0 else ""), abs(minor)
    yuan, cents = divmod(minor, 100)
    jiao, fen = divmod(cents, 10)
    whole = f"{_whole(yuan)}元" if yuan else ""
    if not cents:
        return f"{sign}{whole or '零元'}整"
    tail = f"{_DIGITS[jiao]}角" if jiao else ("零" if whole and fen else "")
    return f"{sign}{whole}{tail}{f'{_DIGITS[fen]}分' if fen else '整'}"


def _whole(number: int) -> str:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    words = ""
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            continue
        if words and (group < 1_000 or not groups[place + 1]):
            words += "零"
        words += _thousands(group) + _GROUPS[place]
    return words


def _thousands(group: int) -> str:
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if not digit:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return words
