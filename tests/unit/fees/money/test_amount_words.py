"""Amounts in capital numerals."""

from __future__ import annotations

import pytest

from saas.fees.amount_words import rmb_words


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "零元整"), (1, "壹分"), (10, "壹角整"), (100, "壹元整"), (105, "壹元零伍分"), (23_187, "贰佰叁拾壹元捌角柒分"),
        (100_000, "壹仟元整"), (100_500, "壹仟零伍元整"), (1_000_000, "壹万元整"), (1_001_000, "壹万零壹拾元整"),
        (9_364_500, "玖万叁仟陆佰肆拾伍元整"), (10_000_500_000, "壹亿零伍仟元整"), (-6_050, "负陆拾元伍角整"),
        (1_000_000_000_00, "壹拾亿元整"), (20_030_040_00, "贰仟零叁万零肆拾元整"),
    ],
)  # fmt: skip
def test_words(minor, words):
    assert rmb_words(minor) == words
