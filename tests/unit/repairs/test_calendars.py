"""Working time: adding, subtracting and measuring agree with each other and with a slow reference."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from saas.repairs.calendars import WorkingCalendar, round_the_clock

DAY = ((time(8, 30), time(12, 0)), (time(13, 30), time(18, 0)))
OFFICE = WorkingCalendar(
    zone="Asia/Shanghai",
    week=(DAY, DAY, DAY, DAY, DAY, ((time(9), time(12)),), ()),
    exceptions={date(2026, 10, 1): (), date(2026, 10, 11): DAY},
)
NIGHT = WorkingCalendar(zone="Europe/Berlin", week=(((time(20), time(0)),),) * 7)

instants = st.integers(0, 90 * 24 * 3600).map(
    lambda seconds: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
minutes = st.integers(0, 60 * 30)
calendars = st.sampled_from([OFFICE, NIGHT, round_the_clock()])


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def test_a_lunch_break_does_not_count():
    assert OFFICE.add(local("2026-11-23 11:45"), 30) == local("2026-11-23 13:45")


def test_the_night_and_sunday_do_not_count():
    assert OFFICE.add(local("2026-11-21 11:30"), 60) == local("2026-11-23 09:00")


def test_a_holiday_and_a_working_sunday_count_as_listed():
    assert OFFICE.add(local("2026-09-30 17:59"), 2) == local("2026-10-02 08:31")
    assert OFFICE.between(local("2026-10-11 00:00"), local("2026-10-12 00:00")) == timedelta(hours=8)


def test_an_end_of_midnight_is_the_end_of_the_day():
    assert NIGHT.between(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)) == timedelta(
        hours=4
    )


def test_emergencies_run_round_the_clock():
    start = local("2026-11-22 03:00")
    assert round_the_clock().add(start, 20) == start + timedelta(minutes=20)


def test_a_calendar_without_hours_still_gives_a_due_time():
    shut = WorkingCalendar(zone="Asia/Shanghai", week=((),) * 7)
    start = local("2026-11-23 10:00")
    assert shut.add(start, 90) == start + timedelta(minutes=90)
    assert shut.subtract(start, 90) == start - timedelta(minutes=90)


@settings(max_examples=150, deadline=None)
@given(calendars, instants, minutes)
def test_what_was_added_is_what_lies_between(calendar, start, amount):
    assert calendar.between(start, calendar.add(start, amount)) == timedelta(minutes=amount)


@settings(max_examples=150, deadline=None)
@given(calendars, instants, minutes)
def test_what_was_subtracted_is_what_lies_between(calendar, end, amount):
    assert calendar.between(calendar.subtract(end, amount), end) == timedelta(minutes=amount)


@settings(max_examples=100, deadline=None)
@given(calendars, instants, minutes, minutes)
def test_more_minutes_are_never_earlier(calendar, start, one, other):
    assert calendar.add(start, one) <= calendar.add(start, one + other)


@settings(max_examples=100, deadline=None)
@given(calendars, instants, st.integers(0, 5000), st.integers(0, 5000))
def test_spans_add_up(calendar, start, one, other):
    middle, end = start + timedelta(minutes=one), start + timedelta(minutes=one + other)
    assert calendar.between(start, middle) + calendar.between(middle, end) == calendar.between(start, end)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 15 * 24 * 60), st.integers(1, 600))
def test_minute_by_minute_gives_the_same(later, amount):
    start = local("2026-09-28 00:00") + timedelta(minutes=later)
    now, worked = start, 0
    while worked < amount:
        if any(opens <= now.time() < shuts for opens, shuts in OFFICE.hours_of(now.date())):
            worked += 1
        now += timedelta(minutes=1)
    assert OFFICE.add(start.astimezone(UTC), amount) == now
