"""The list of 锦绣花园 is read exactly as expected.json tells."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from saas.estate.importing.headers import guess_community, guess_layout
from saas.estate.importing.roster import Roster, data_rows, read_roster
from saas.estate.importing.workbook import read_workbook

PACK = Path(__file__).parents[3] / "ops" / "demo" / "jinxiu"
BOOK = "房屋业主台账.xlsx"
EXPECTED = json.loads((PACK / "expected.json").read_text(encoding="utf-8"))
KINDS = {"passport": "passport", "company_code": "company"}
STATUS = {"occupied": "已入住", "rented": "出租", "vacant": "空置", "unsold": "未售", "decorating": "装修中"}


@pytest.fixture(scope="module")
def roster() -> Roster:
    sheet, layout = guess_layout(read_workbook((PACK / BOOK).read_bytes()))
    return read_roster(list(data_rows(sheet.rows, layout)), layout)


def test_finds_the_list_in_the_book():
    told = EXPECTED["files"][BOOK]
    sheet, layout = guess_layout(read_workbook((PACK / BOOK).read_bytes()))
    numbers = [number for number, _ in data_rows(sheet.rows, layout)]
    assert (layout.sheet, layout.header_row) == (told["sheet"], told["header_row"])
    assert (len(numbers), numbers[0], numbers[-1]) == (
        told["data_rows"],
        told["first_data_row"],
        told["last_data_row"],
    )
    assert guess_community(sheet, layout.header_row) == EXPECTED["community"]


def test_rooms(roster: Roster):
    told = EXPECTED["rooms"]
    kinds = Counter(room.kind for room in roster.rooms.values())
    assert kinds == {"residential": told["residential"], "shop": told["shops"], "storage": told["storage"]}
    assert Counter(STATUS.get(room.status, "unknown") for room in roster.rooms.values()) == told["by_status"]
    areas: Counter[str] = Counter()
    for room in roster.rooms.values():
        areas[room.kind] += room.built_area or Decimal(0)
    assert {kind: str(area) for kind, area in areas.items()} == {
        "residential": told["gross_area"]["residential"],
        "shop": told["gross_area"]["shops"],
        "storage": told["gross_area"]["storage"],
    }
    by_building = Counter(room.building for room in roster.rooms.values() if room.kind == "residential")
    assert by_building == told["residential_by_building"]
    assert sorted({room.building for room in roster.rooms.values()}) == EXPECTED["buildings"]["keys"]
    units = {(room.building, room.unit) for room in roster.rooms.values() if room.unit}
    assert len(units) == EXPECTED["units"]["total"]


def test_owners(roster: Roster):
    told = EXPECTED["owners"]
    owning = [link for link in roster.links if link.role in ("owner", "co_owner")]
    owners = {link.person for link in owning}
    people = [roster.people[index] for index in owners]
    assert (len(owners), len(owning)) == (told["distinct"], told["ownership_links"])
    kinds = Counter(KINDS.get(p.id_kind or "", "person") for p in people)
    assert kinds == told["by_kind"]
    assert sum(len(person.phones) == 2 for person in people) == told["with_two_phones"]
    per_owner = Counter(Counter(link.person for link in owning).values())
    assert {str(n): count for n, count in per_owner.items()} == told["owners_by_number_of_rooms"]
    per_room = Counter(link.room for link in owning)
    assert sum(count == 2 for count in per_room.values()) == EXPECTED["rooms"]["with_two_owners"]
    assert len(roster.rooms) - len(per_room) == EXPECTED["rooms"]["without_owner"]
    tenants = {link.room for link in roster.links if link.role == "tenant"}
    assert len(tenants) == EXPECTED["rooms"]["with_tenant"]


def test_invalid_rows(roster: Roster):
    told = [
        (r["row"], r["column"], r["code"], r["action"], r["raw"], r.get("first_row"))
        for r in EXPECTED["invalid_rows"]
        if r["file"] == BOOK
    ]
    found = [(i.row, i.column, i.code, i.action, i.raw, i.first_row) for i in roster.issues]
    assert found == told
    assert Counter(issue.code for issue in roster.issues) == EXPECTED["invalid_rows_by_code"][BOOK]
    rooms = {row.number: row.room for row in roster.rows}
    for bad in EXPECTED["invalid_rows"]:
        if bad["file"] == BOOK and "room" in bad:
            assert rooms[bad["row"]] == bad["room"]


def test_spot_values(roster: Roster):
    told = {spot["what"]: (spot["key"], spot["value"]) for spot in EXPECTED["spot_values"]}

    def owners_of(key: str) -> list:
        return [
            roster.people[link.person] for link in roster.links if link.room == key and link.role != "tenant"
        ]

    key, value = told["gross area of the room whose cell has full-width digits"]
    assert str(roster.rooms[key].built_area) == value
    key, value = told["handover date of a room whose cell is text"]
    assert str(roster.rooms[key].handover_on) == value
    key, value = told["phones of the owner, two in one cell"]
    assert [list(person.phones) for person in owners_of(key)] == [value]
    key, value = told["owners of a room with two rows"]
    assert [person.name for person in owners_of(key)] == value
    for what in (
        "rooms of the owner with three rooms (one of the rows has a damaged ID)",
        "shops of the company, by 统一社会信用代码",
    ):
        key, value = told[what]
        (owner,) = [index for index, person in enumerate(roster.people) if person.id_number == key]
        assert sorted(link.room for link in roster.links if link.person == owner) == value
