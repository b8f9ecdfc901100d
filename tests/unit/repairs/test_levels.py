"""Due times, warnings, and what a pause does to them."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from saas.repairs.calendars import WorkingCalendar, round_the_clock
from saas.repairs.catalogue import CATEGORIES, URGENCIES
from saas.repairs.levels import default_level, default_levels, due_times, moved_by_pause, warn_at

OFFICE = WorkingCalendar(zone="Asia/Shanghai", week=(((time(8), time(18)),),) * 7)
MORNING = datetime(2026, 11, 23, 2, 31, tzinfo=UTC)  # 10:31 in Shanghai


def test_every_category_has_a_level_for_every_urgency():
    levels = default_levels()
    assert {(level.category, level.urgency) for level in levels} == {
        (c, u) for c in CATEGORIES for u in URGENCIES
    }
    assert all(level.respond <= level.arrive <= level.finish for level in levels)
    assert all(level.round_the_clock == (level.urgency == "emergency") for level in levels)


def test_an_urgent_leak_is_answered_in_fifteen_minutes_reached_in_an_hour_and_repaired_in_four():
    due = due_times(default_level("plumbing", "urgent"), OFFICE, MORNING)
    assert (due.respond, due.arrive, due.finish) == (
        MORNING + timedelta(minutes=15),
        MORNING + timedelta(hours=1),
        MORNING + timedelta(hours=4),
    )


def test_a_warning_comes_while_a_quarter_is_left():
    level = default_level("plumbing", "urgent")
    assert warn_at(level, "arrive", OFFICE, MORNING + timedelta(hours=1)) == MORNING + timedelta(minutes=45)


def test_a_pause_of_an_hour_moves_what_is_due_by_an_hour():
    due, paused = MORNING + timedelta(hours=3), MORNING + timedelta(hours=1)
    assert moved_by_pause(OFFICE, due, paused, paused + timedelta(hours=1)) == due + timedelta(hours=1)


def test_a_pause_over_night_costs_no_working_time():
    due = MORNING + timedelta(hours=3)
    next_morning = MORNING + timedelta(days=1)
    assert moved_by_pause(OFFICE, due, MORNING, next_morning) == next_morning + timedelta(hours=3)


def test_what_was_late_before_the_pause_stays_late():
    assert (
        moved_by_pause(OFFICE, MORNING, MORNING + timedelta(minutes=1), MORNING + timedelta(days=3))
        == MORNING
    )


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 5000),
    st.integers(0, 5000),
    st.integers(0, 5000),
    st.sampled_from([OFFICE, round_the_clock()]),
)
def test_a_pause_never_shortens_what_is_left(till_due, till_pause, length, calendar):
    due = calendar.add(MORNING, till_due)
    paused = MORNING + timedelta(minutes=till_pause)
    resumed = paused + timedelta(minutes=length)
    moved = moved_by_pause(calendar, due, paused, resumed)
    assert moved >= due
    assert calendar.between(resumed, moved) >= (
        calendar.between(paused, due) if due > paused else timedelta(0)
    )
