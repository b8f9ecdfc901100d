"""What holds for all amounts, periods, prices and readings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from saas.fees.pricing.engine import price_line
from saas.fees.pricing.figures import exact, plain
from saas.fees.pricing.money import Rounding, apportion, largest_remainder, round_minor
from saas.fees.pricing.monthly import prepare
from saas.fees.pricing.periods import Period, add_months, months_of, pieces
from saas.fees.pricing.pools import price_pool
from saas.fees.pricing.types import Consumption, Item, Line, Member, Pool, Subject, Tariff, Tier

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
LENGTHS = st.integers(1, 900)
PRICES = st.decimals("-99999", "99999", places=4).map(Fraction)
POSITIVE = st.decimals("0", "9999", places=3).map(Fraction)
AREAS = st.decimals("0", "100000", places=2).map(Fraction)
ROUNDINGS = st.builds(Rounding, st.sampled_from([1, 10, 100]), st.sampled_from(["half_up", "up", "down"]))
ALIGNS = st.sampled_from(["calendar", "anniversary"])
PERIODS = st.builds(lambda start, days: Period(start, start + timedelta(days=days)), DAYS, LENGTHS)


@st.composite
def tariff_lists(draw: st.DrawFn, prices: st.SearchStrategy[Fraction] = PRICES) -> list[Tariff]:
    days = draw(st.lists(DAYS, max_size=4, unique=True))
    return [Tariff(draw(prices), draw(prices))] + [
        Tariff(draw(prices), draw(prices), effective_from=day) for day in days
    ]


@st.composite
def monthly_lines(draw: st.DrawFn) -> Line:
    item = Item(
        draw(st.sampled_from(["area_built", "fixed", "rent"])),
        align=draw(ALIGNS),
        rounding=draw(ROUNDINGS),
        anchor=draw(st.none() | DAYS),
    )
    return price_line(item, draw(tariff_lists()), Subject(built_area=draw(AREAS)), draw(PERIODS))


@given(monthly_lines())
def test_parts_sum_to_the_line_and_stay_near_their_exact_amount(line: Line) -> None:
    unit = line.rounding.unit_minor
    assert sum(part.minor for part in line.parts) == line.total_minor
    assert sum(part.exact for part in line.parts) == line.exact
    assert abs(line.total_minor - line.exact * 100) < unit
    assert all(abs(part.minor - part.exact * 100) <= unit for part in line.parts)
    assert line.total_minor % unit == 0


@given(tariff_lists(), AREAS, PERIODS, ALIGNS, ROUNDINGS)
def test_a_credit_is_the_mirror_of_its_bill(
    tariffs: list[Tariff], area: Fraction, period: Period, align: str, rounding: Rounding
) -> None:
    item = Item("area_built", align=align, rounding=rounding)  # type: ignore[arg-type]
    mirrored = [
        replace(tariff, price=-(tariff.price or Fraction(0)), fixed=-tariff.fixed) for tariff in tariffs
    ]
    line = price_line(item, tariffs, Subject(built_area=area), period)
    credit = price_line(item, mirrored, Subject(built_area=area), period)
    assert credit.total_minor == -line.total_minor
    if line.total_minor:
        assert [part.minor for part in credit.parts] == [-part.minor for part in line.parts]


@given(tariff_lists(), AREAS, PERIODS, st.lists(st.integers(1, 899), max_size=5))
def test_a_period_cut_anywhere_costs_the_same_but_for_rounding(
    tariffs: list[Tariff], area: Fraction, period: Period, cuts: list[int]
) -> None:
    inside = {period.start + timedelta(days=cut) for cut in cuts if cut < period.days}
    edges = sorted({period.start, period.end} | inside)
    subject, item = Subject(built_area=area), Item("area_built")
    whole = price_line(item, tariffs, subject, period)
    pieces_of_it = [
        price_line(item, tariffs, subject, Period(edges[index], edges[index + 1]))
        for index in range(len(edges) - 1)
    ]
    assert sum(line.exact for line in pieces_of_it) == whole.exact
    off = abs(sum(line.total_minor for line in pieces_of_it) - whole.total_minor)
    assert off <= Fraction(len(pieces_of_it) + 1, 2)


@given(DAYS, st.integers(1, 40), st.integers(1, 39), st.integers(0, 27))
def test_anniversary_months_add_up_at_every_step(anchor: date, months: int, cut: int, extra: int) -> None:
    end = add_months(anchor, months) + timedelta(days=extra)
    whole = months_of(Period(anchor, end), "anniversary", anchor)
    assert whole == months + Fraction(
        extra, (add_months(anchor, months + 1) - add_months(anchor, months)).days
    )
    middle = add_months(anchor, min(cut, months))
    if middle < end:
        first = months_of(Period(anchor, middle), "anniversary", anchor)
        assert first + months_of(Period(middle, end), "anniversary", anchor) == whole


@given(PERIODS, ALIGNS, st.none() | DAYS, st.lists(DAYS, max_size=4))
def test_pieces_cover_every_day_once(
    period: Period, align: str, anchor: date | None, cuts: list[date]
) -> None:
    found = pieces(period, align, anchor, cuts)  # type: ignore[arg-type]
    assert found[0].start == period.start
    assert found[-1].end == period.end
    assert all(left.end == right.start for left, right in pairwise(found))
    assert sum((piece.months for piece in found), start=Fraction(0)) == months_of(period, align, anchor)  # type: ignore[arg-type]


@given(st.integers(-(10**9), 10**9), st.lists(POSITIVE, min_size=1, max_size=40))
def test_dividing_loses_and_makes_nothing(total: int, weights: list[Fraction]) -> None:
    if not sum(weights):
        weights = [Fraction(1), *weights]
    shares = largest_remainder(total, weights)
    assert sum(shares) == total
    whole = sum(weights, start=Fraction(0))
    assert all(abs(share - total * weight / whole) < 1 for share, weight in zip(shares, weights, strict=True))
    assert largest_remainder(-total, weights) == [-share for share in shares]


@given(st.lists(PRICES, min_size=1, max_size=20), ROUNDINGS)
def test_parts_of_either_sign_sum_to_their_rounded_sum(quotas: list[Fraction], rounding: Rounding) -> None:
    total = round_minor(sum(quotas, start=Fraction(0)), rounding.unit_minor, rounding.mode)
    assert sum(apportion(total, quotas, rounding.unit_minor)) == total


@given(
    POSITIVE, st.lists(st.tuples(AREAS, st.booleans()), min_size=1, max_size=30), ROUNDINGS, tariff_lists()
)
def test_a_pool_is_given_away_whole(
    quantity: Fraction, rooms: list[tuple[Fraction, bool]], rounding: Rounding, tariffs: list[Tariff]
) -> None:
    members = [Member(f"1-{number}", area + 1, vacant=vacant) for number, (area, vacant) in enumerate(rooms)]
    october = Period(date(2026, 10, 1), date(2026, 11, 1))
    line = price_pool(Item("shared", rounding=rounding), tariffs, Pool(quantity=quantity), members, october)
    assert sum(member.total_minor for member in line.members) == line.total_minor
    assert sum(part.minor for part in line.parts) == line.total_minor
    assert [member.key for member in line.members] == [member.key for member in members]


LADDER = Tariff(
    tiers=(
        Tier(Fraction(12), Fraction("3.85")),
        Tier(Fraction(20), Fraction("5.1")),
        Tier(None, Fraction("8.2")),
    )
)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


def water(used: Fraction, before: Fraction = Fraction(0)) -> Line:
    return price_line(
        Item("metered", ladder="yearly"), [LADDER], Subject(), OCTOBER, [Consumption(used)], before
    )


@given(POSITIVE, POSITIVE)
def test_more_usage_never_costs_less(one: Fraction, more: Fraction) -> None:
    assert water(one).total_minor <= water(one + more).total_minor


@given(POSITIVE, POSITIVE)
def test_a_ladder_climbed_in_two_goes_costs_the_same(one: Fraction, two: Fraction) -> None:
    assert water(one).exact + water(two, one).exact == water(one + two).exact


@given(POSITIVE, POSITIVE, AREAS, PERIODS)
def test_a_higher_price_never_costs_less(
    price: Fraction, more: Fraction, area: Fraction, period: Period
) -> None:
    def cost(amount: Fraction) -> int:
        return price_line(Item("area_built"), [Tariff(amount)], Subject(built_area=area), period).total_minor

    assert cost(price) <= cost(price + more)


@given(tariff_lists(), AREAS, PERIODS, ROUNDINGS)
def test_the_fast_way_of_bill_runs_is_the_slow_one(
    tariffs: list[Tariff], area: Fraction, period: Period, rounding: Rounding
) -> None:
    plan = prepare(Item("area_built", rounding=rounding), tariffs, period)
    total, minors = plan.minor(area)
    amounts = [
        charge.price * charge.months * (area if charge.by_quantity else 1) * 100 for charge in plan.charges
    ]
    assert total == round_minor(sum(amounts, start=Fraction(0)), rounding.unit_minor, rounding.mode)
    assert minors == apportion(total, amounts, rounding.unit_minor)


@given(st.decimals("-999999999", "999999999", places=6))
def test_numbers_come_back_as_they_went(value: object) -> None:
    assert exact(plain(exact(value))) == exact(value)
