"""Two reports of the same fault are recognised, two different ones are not."""

import pytest

from saas.repairs.likeness import ALIKE, likeness


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("地下车库 B1-118 旁的灯管一直闪", "车库B1-118旁边灯管闪个不停"),
        ("3号楼电梯不动了", "电梯不动了，3号楼"),
        ("the lamp in the hall flickers", "Lamp in hall is flickering"),
    ],
)
def test_the_same_fault_in_other_words(one, other):
    assert likeness(one, other) >= ALIKE


@pytest.mark.parametrize(
    ("one", "other"),
    [("楼道灯不亮", "电梯按钮失灵"), ("厨房水管漏水", "卫生间马桶堵了"), ("", "漏水")],
)
def test_another_fault(one, other):
    assert likeness(one, other) < ALIKE


def test_width_case_and_punctuation_do_not_matter():
    assert likeness("Ｂ１灯坏了！", "b1 灯坏了") == 1.0
