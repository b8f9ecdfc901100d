"""Who is asked first, by which score, and why others are not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.repairs.scoring import Need, Point, Technician, metres_between, rank

HERE = Point(31.2304, 121.4737)
BUILDING = UUID(int=3)
NEED = Need(category="plumbing", point=HERE, building_id=BUILDING)
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def technician(number: int, **changes) -> Technician:
    facts = {
        "staff_id": UUID(int=number),
        "name": f"T{number}",
        "skills": frozenset({"plumbing"}),
        "on_shift": True,
        "covers": True,
        "open_orders": 0,
        "max_open": 5,
        "done_today": 0,
        "point": HERE,
        "idle_since": NOON,
    }
    return Technician(**{**facts, **changes})


def north(metres: int) -> Point:
    return Point(HERE.lat + metres / 111_195, HERE.lng)


def test_a_degree_of_latitude_is_111_kilometres():
    assert metres_between(Point(31, 121), Point(32, 121)) == 111_195


def test_the_nearer_one_is_asked_first():
    ranking = rank([technician(1, point=north(900)), technician(2, point=north(100))], NEED)
    assert [scored.technician.name for scored in ranking.candidates] == ["T2", "T1"]
    assert [(scored.metres, scored.near) for scored in ranking.candidates] == [(100, 38), (900, 22)]


def test_fewer_open_orders_are_better():
    ranking = rank([technician(1, open_orders=3), technician(2, open_orders=1)], NEED)
    assert [(s.technician.name, s.load) for s in ranking.candidates] == [("T2", 20), ("T1", 10)]


def test_somebody_in_the_same_building_is_on_the_way():
    ranking = rank([technician(1), technician(2, buildings_now=frozenset({BUILDING}))], NEED)
    assert [(s.technician.name, s.on_the_way, s.travel) for s in ranking.candidates] == [
        ("T2", True, 15),
        ("T1", False, 0),
    ]


def test_whoever_did_more_today_steps_back():
    ranking = rank([technician(1, done_today=4), technician(2, done_today=1)], NEED)
    assert [(s.technician.name, s.fairness) for s in ranking.candidates] == [("T2", 15), ("T1", 0)]


def test_equal_scores_go_to_the_longest_idle_and_then_by_id():
    ranking = rank([technician(3), technician(2), technician(1, idle_since=NOON - timedelta(hours=1))], NEED)
    assert [s.technician.name for s in ranking.candidates] == ["T1", "T2", "T3"]


def test_an_unknown_place_neither_helps_nor_hurts():
    assert rank([technician(1, point=None)], NEED).candidates[0].near == 20


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"refused": True}, "refused"),
        ({"on_shift": False}, "off_shift"),
        ({"skills": frozenset({"greening"})}, "skill"),
        ({"covers": False}, "scope"),
        ({"open_orders": 5}, "load"),
    ],
)
def test_who_is_left_out_and_why(changes, reason):
    ranking = rank([technician(1, **changes)], NEED)
    assert ranking.candidates == ()
    assert [left.reason for left in ranking.left_out] == [reason]


def test_full_hands_do_not_count_in_an_emergency():
    need = Need(category="plumbing", point=HERE, building_id=None, emergency=True)
    assert len(rank([technician(1, open_orders=9)], need).candidates) == 1


def test_a_generalist_suits_every_category():
    assert rank([technician(1, skills=frozenset({"general"}))], NEED).candidates[0].score == 85


technicians = st.lists(
    st.builds(
        technician,
        st.integers(1, 30),
        open_orders=st.integers(0, 6),
        done_today=st.integers(0, 9),
        point=st.one_of(st.none(), st.builds(north, st.integers(0, 5000))),
        on_shift=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda item: item.staff_id,
)


@given(technicians)
def test_everybody_stands_once_and_scores_stay_in_bounds(people):
    ranking = rank(people, NEED)
    seen = [s.technician for s in ranking.candidates] + [left.technician for left in ranking.left_out]
    assert sorted(seen, key=lambda t: t.staff_id.int) == sorted(people, key=lambda t: t.staff_id.int)
    assert all(0 <= s.score <= 100 for s in ranking.candidates)
    assert all(s.score == s.near + s.load + s.travel + s.fairness for s in ranking.candidates)


@given(technicians, st.randoms())
def test_the_order_of_asking_does_not_depend_on_the_order_of_rows(people, random):
    shuffled = list(people)
    random.shuffle(shuffled)
    assert rank(people, NEED).candidates == rank(shuffled, NEED).candidates
