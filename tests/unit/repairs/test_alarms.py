"""Calls for help are heard by their words; everyday faults are not."""

import pytest

from saas.repairs.alarms import find_alarm


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("厨房闻到一股煤气味", "gas"),
        ("天然气管好像泄漏了", "gas"),
        ("I smell gas in the hall", "gas"),
        ("有人困在电梯里", "elevator"),
        ("2号电梯关人了", "elevator"),
        ("电梯里被困两个人", "elevator"),
        ("my son is trapped in the lift", "elevator"),
        ("配电箱冒烟了", "fire_safety"),
        ("阳台着火了", "fire_safety"),
        ("洗澡的时候被电到了", "electrical"),
        ("热水器漏电", "electrical"),
        ("水管爆了，水往外喷", "plumbing"),
        ("a burst pipe in the kitchen", "plumbing"),
    ],
)
def test_calls_for_help(words, category):
    alarm = find_alarm(words)
    assert alarm is not None
    assert alarm.category == category
    assert alarm.words in words


@pytest.mark.parametrize(
    "words",
    [
        "燃气灶打不着",
        "电梯有异响",
        "楼道灯不亮",
        "水龙头滴水",
        "没有冒烟，就是跳闸",
        "gate 1 never recognizes me",
        "插座没电",
    ],
)
def test_everyday_faults(words):
    assert find_alarm(words) is None
