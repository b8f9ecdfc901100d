"""What single cells mean."""

from datetime import date
from decimal import Decimal

import pytest

from saas.estate.importing import cells
from saas.estate.importing.headers import guess_field
from saas.estate.importing.names import building_name, natural, room_sort_key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("1栋", "1"),
        ("1号楼", "1"),
        ("01", "1"),
        ("１号楼", "1"),
        ("十二栋", "12"),
        ("S1商业街", "S1"),
        ("A座", "A"),
    ],
)
def test_building(written, key):
    assert cells.building_key(cells.fold(written)) == key


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("101", ("101", None, None)),
        ("101室", ("101", None, None)),
        ("1-1-101", ("101", "1", "1")),
        ("1栋1单元101室", ("101", "1", "1")),
        ("3号楼2单元1203", ("1203", "3", "2")),
        ("S1-S101", ("S101", "S1", None)),
        ("商铺S101", ("S101", None, None)),
    ],
)
def test_room(written, meant):
    assert cells.room_number(written) == meant


@pytest.mark.parametrize(
    ("written", "floor"),
    [("7层", 7), ("-1", -1), ("B1", -1), ("负一层", -1), ("地下2层", -2), ("十二层", 12)],
)
def test_floor(written, floor):
    assert cells.floor_number(written) == floor


def test_area():
    assert cells.as_area("８９.４７㎡") == (Decimal("89.47"), False)
    assert cells.as_area("98.67平") == (Decimal("98.67"), False)
    assert cells.as_area(88.49999999999999) == (Decimal("88.50"), False)
    assert cells.as_area("89.475") == (Decimal("89.48"), True)
    assert cells.as_area(" / ") == (None, False)
    with pytest.raises(ValueError, match="约90"):
        cells.as_area("约90")


def test_date():
    assert cells.as_date("2019年7月28日") == date(2019, 7, 28)
    assert cells.as_date("2021.7.7") == date(2021, 7, 7)
    assert cells.as_date(43674.0) == date(2019, 7, 28)
    with pytest.raises(ValueError, match="day"):
        cells.as_date("2021年2月30日")


def test_order_of_people():
    assert sorted(["10", "2", "S1", "1"], key=natural) == ["1", "2", "10", "S1"]
    assert room_sort_key("1", "1", -1, "B101") < room_sort_key("1", "1", 1, "101")
    assert (building_name("3"), building_name("S1", "S1商业街"), building_name("A")) == (
        "3号楼",
        "S1商业街",
        "A座",
    )


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("建筑面积\n(㎡)", "built_area"),
        ("套内面积(㎡)", "inner_area"),
        ("房间号", "room"),
        ("业主手机", "owner_phone"),
        ("租客联系方式", "tenant_phone"),
        ("身份证号", "id_number"),
        ("序号", None),
    ],
)
def test_header(header, field):
    assert guess_field(header.replace("\n", "")) == field
