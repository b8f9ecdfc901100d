"""Meters and their readings: what is billed, what waits for a person, and that nothing is lost on the way."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from saas.core.actors import SYSTEM, Actor, Scope
from saas.core.errors import InvalidInput, NotFound
from saas.fees.models import Reading
from saas.fees.permissions import METERS, READ_METERS
from saas.fees.services.meters import NewMeter, change_meter, create_meter
from saas.fees.services.reading_review import accept_reading, correct_reading, reject_reading
from saas.fees.services.readings import (
    Incoming,
    enter_reading,
    judge_waiting,
    read_photo,
    swap_meter,
    take_in,
)
from tenants import clock
from tenants.unit_of_work import unit_of_work
from tests.integration.fees.meters.conftest import refused

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
OCTOBER, NOVEMBER = date(2026, 10, 25), date(2026, 11, 25)


@contextmanager
def now(town):
    with clock.at(NOW), unit_of_work(town.tenant) as uow:
        yield uow


def meter(town, number="W-1", room="101", initial="100", **facts) -> UUID:
    with now(town) as uow:
        values = {"total": Decimal(initial)} if initial is not None else {}
        new = NewMeter(number, "water", room_id=town.ids[room], initial_values=values, **facts)
        return create_meter(uow, actor=SYSTEM, meter=new).id


def read(town, meter_id, value, on=OCTOBER, **options) -> Reading:
    exact = None if value is None else Decimal(value)
    with now(town) as uow:
        return enter_reading(uow, actor=SYSTEM, meter_id=meter_id, value=exact, read_on=on, **options)


def usages(town, meter_id) -> list[Decimal | None]:
    with now(town) as uow:
        rows = select(Reading.usage).where(Reading.meter_id == meter_id, Reading.state == "accepted")
        return list(uow.session.scalars(rows.order_by(Reading.read_on)))


def test_usage_is_the_difference_times_the_multiplier(small) -> None:
    one = meter(small, multiplier=Decimal(20))

    first, second = read(small, one, "110"), read(small, one, "115.5", NOVEMBER)

    assert (first.state, first.usage, first.previous) == ("accepted", 200, 100)
    assert (second.usage, second.period) == (Decimal("110"), date(2026, 11, 1))


def test_a_register_of_five_digits_rolls_over(small) -> None:
    one = meter(small, initial="99987")

    reading = read(small, one, "12")

    assert (reading.usage, reading.is_rolled_over) == (25, True)


@pytest.mark.parametrize(
    ("value", "on", "reason"),
    [
        (None, NOVEMBER, "missing"),
        ("109", NOVEMBER, "negative"),
        ("141", NOVEMBER, "implausible"),
        ("111", OCTOBER, "duplicate"),
        ("111", date(2026, 12, 1), "future"),
        ("111", date(2026, 8, 31), "before_installation"),
        ("123456", NOVEMBER, "out_of_register"),
    ],
)
def test_what_is_doubtful_is_held_and_counts_nothing(small, value, on, reason) -> None:
    one = meter(small, installed_on=date(2026, 9, 1))
    read(small, one, "110")

    held = read(small, one, value, on)

    assert (held.state, held.held_because, held.usage) == ("held", reason, None)
    assert usages(small, one) == [10]


def test_three_times_the_usual_is_still_believed(small) -> None:
    one = meter(small)
    read(small, one, "110")

    assert read(small, one, "140", NOVEMBER).usage == 30


def test_the_same_reading_again_is_the_same_reading(small) -> None:
    one = meter(small)

    first, again = read(small, one, "110"), read(small, one, "110")

    assert first.id == again.id and usages(small, one) == [10]


def test_a_reading_between_two_others_divides_the_use(small) -> None:
    one = meter(small)
    read(small, one, "130", NOVEMBER)

    read(small, one, "112", OCTOBER)

    assert usages(small, one) == [12, 18]
    assert read(small, one, "140", date(2026, 11, 1)).held_because == "negative"


def test_a_swap_loses_and_doubles_nothing(small) -> None:
    one = meter(small, initial="368")

    with now(small) as uow:
        new = swap_meter(
            uow, actor=SYSTEM, meter_id=one, new_number="W-2", on=date(2026, 10, 12),
            final_values={"total": Decimal(375)},
        ).id  # fmt: skip
    read(small, new, "6")

    assert usages(small, one) + usages(small, new) == [7, 6]
    with refused("meter_removed"), now(small) as uow:
        swap_meter(uow, actor=SYSTEM, meter_id=one, new_number="W-3", on=OCTOBER, final_values={})
    assert read(small, one, "380", NOVEMBER).held_because == "after_removal"


def test_a_person_believes_corrects_or_rejects(small) -> None:
    one = meter(small)
    read(small, one, "110")
    huge = read(small, one, "1800", NOVEMBER)

    with now(small) as uow:
        corrected = correct_reading(
            uow, actor=SYSTEM, reading_id=huge.id, value=Decimal(118), note="看错了一位"
        )
    assert (corrected.state, corrected.usage, corrected.corrects_id) == ("accepted", 8, huge.id)

    with now(small) as uow:
        accepted = accept_reading(uow, actor=SYSTEM, reading_id=read_again(uow, one).id, note="水管爆裂")
    assert accepted.usage == 382

    with now(small) as uow:
        reject_reading(uow, actor=SYSTEM, reading_id=accepted.id, note="邻居的表")
    assert usages(small, one) == [10, 8]
    with refused("reading_not_now"), now(small) as uow:
        accept_reading(uow, actor=SYSTEM, reading_id=accepted.id)


def read_again(uow, meter_id) -> Reading:
    day = date(2026, 11, 26)
    held = enter_reading(uow, actor=SYSTEM, meter_id=meter_id, value=Decimal(500), read_on=day)
    assert held.state == "held"
    return held


def test_a_large_use_over_the_top_needs_a_persons_word(small) -> None:
    one = meter(small, initial="90000")
    held = read(small, one, "5000")
    assert held.held_because == "negative"

    with pytest.raises(InvalidInput), now(small) as uow:
        accept_reading(uow, actor=SYSTEM, reading_id=held.id)
    with now(small) as uow:
        taken = accept_reading(uow, actor=SYSTEM, reading_id=held.id, is_roll_over=True)

    assert (taken.usage, taken.is_rolled_over) == (15000, True)


def test_of_two_readings_of_one_day_a_person_chooses(small) -> None:
    one = meter(small)
    read(small, one, "110")
    other = read(small, one, "112")
    read(small, one, "120", NOVEMBER)

    with now(small) as uow:
        accept_reading(uow, actor=SYSTEM, reading_id=other.id)

    assert usages(small, one) == [12, 8]


def test_without_a_first_value_the_first_reading_counts_nothing(small) -> None:
    one = meter(small, initial=None)

    assert read(small, one, "500").usage == 0
    assert read(small, one, "507", NOVEMBER).usage == 7


def test_intake_is_idempotent_and_knows_its_meters(small) -> None:
    meter(small)
    batch = [Incoming("W-1", OCTOBER, Decimal(104)), Incoming("W-1", NOVEMBER, Decimal(109)),
             Incoming("nobody", OCTOBER, Decimal(1))]  # fmt: skip

    with now(small) as uow:
        first = take_in(uow, batch, source="device")
        again = take_in(uow, batch, source="device")
        judged = judge_waiting(uow)

    assert (first.new, first.known, first.unknown) == (2, 0, ("nobody",))
    assert (again.new, again.known) == (0, 2)
    assert judged == 2


def test_a_photo_comes_with_the_reading(small) -> None:
    one = meter(small)
    picture = BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "JPEG")

    reading = read(small, one, "110", photo=picture.getvalue())

    assert reading.source == "photo"
    with now(small) as uow:
        content = read_photo(uow, actor=SYSTEM, reading_id=reading.id)
    assert content is not None and content.startswith(b"\xff\xd8")


def test_each_keeps_to_the_own_community(small) -> None:
    one = meter(small)
    scope = Scope(communities=frozenset({uuid4()}))
    stranger = Actor("staff", uuid4(), grants={METERS.code: scope, READ_METERS.code: scope})

    with pytest.raises(NotFound), now(small) as uow:
        enter_reading(uow, actor=stranger, meter_id=one, value=Decimal(1))
    with pytest.raises(NotFound), now(small) as uow:
        change_meter(uow, actor=stranger, meter_id=one, values={"note": "x"})
    with refused("forbidden"), now(small) as uow:
        create_meter(uow, actor=stranger, meter=NewMeter("W-9", "water", room_id=small.ids["101"]))


def test_a_number_is_given_once(small) -> None:
    meter(small)

    with refused("meter_number_taken"):
        meter(small, room="102")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.integers(0, 30), min_size=2, max_size=8),
    start=st.integers(0, 99_999),
    order=st.randoms(use_true_random=False),
    swap_at=st.integers(0, 8),
)
def test_use_is_conserved_over_roll_over_swap_and_any_order(small, steps, start, order, swap_at) -> None:
    """What was used in all equals what went through the meter, whenever and in whatever order it was read."""
    one = meter(small, number=f"H-{uuid4().hex}", initial=str(start))
    with now(small) as uow:
        change_meter(uow, actor=SYSTEM, meter_id=one, values={"note": "x"})
        shown, pairs = start, []
        for month, step in enumerate(steps[:swap_at], 1):
            shown = (shown + step) % 100_000
            pairs.append((date(2026, month, 20), shown))
        order.shuffle(pairs)
        for day, value in pairs:
            held = enter_reading(uow, actor=SYSTEM, meter_id=one, value=Decimal(value), read_on=day)
            if held.state == "held":
                accept_reading(uow, actor=SYSTEM, reading_id=held.id, is_roll_over=True)
        rest, new = steps[swap_at:], None
        if rest:
            last = date(2026, len(pairs) + 1, 1)
            final = (shown + rest[0]) % 100_000
            entered = enter_reading(uow, actor=SYSTEM, meter_id=one, value=Decimal(final), read_on=last)
            if entered.state == "held":
                accept_reading(uow, actor=SYSTEM, reading_id=entered.id, is_roll_over=True)
            new = swap_meter(
                uow, actor=SYSTEM, meter_id=one, new_number=f"H-{uuid4().hex}", on=last,
                final_values={"total": Decimal(final)},
            ).id  # fmt: skip
            shown = 0
            for month, step in enumerate(rest[1:], len(pairs) + 2):
                shown += step
                held = enter_reading(
                    uow, actor=SYSTEM, meter_id=new, value=Decimal(shown), read_on=date(2026, month, 20)
                )
                if held.state == "held":
                    accept_reading(uow, actor=SYSTEM, reading_id=held.id)
    total = sum(usages(small, one)) + (sum(usages(small, new)) if new else 0)
    assert total == sum(steps)
