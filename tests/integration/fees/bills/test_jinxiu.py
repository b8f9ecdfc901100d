"""October 2026 of 锦绣花园: its own price list, its rooms, charges as expected.json tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import func, select

from saas.core.actors import SYSTEM
from saas.estate.models import Room
from saas.fees.models import BillLine, FeeItem, LedgerTransfer
from saas.fees.services.price_lists import apply_proposals, propose
from tests.integration.fees.bills.conftest import PACK, Town

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


@pytest.fixture(scope="module")
def jinxiu(make_jinxiu: Callable[[], Town]) -> Town:
    town = make_jinxiu()
    proposals = propose(actor=SYSTEM, content=(PACK / "收费标准.xlsx").read_bytes())
    with town.work() as uow:
        made = apply_proposals(
            uow, actor=SYSTEM, proposals=proposals, community_id=town.community, assign_from=date(2026, 4, 1)
        )
        town.ids |= {item.code: item.id for item in made}
    town.bill(OCTOBER, NOVEMBER)
    return town


def charged(town: Town, code: str, period: date = OCTOBER) -> dict[str, int]:
    return {
        line.object_key: line.amount_minor
        for line in town.lines(BillLine.item_id == town.ids[code], BillLine.period_from == period)
    }


def worked(what: str) -> dict:
    charges = json.loads((PACK / "expected.json").read_text(encoding="utf-8"))["worked_charges"]
    return next(each for each in charges if each["what"].startswith(what))


def test_lift_of_all_residential_rooms_from_the_second_floor(jinxiu: Town) -> None:
    truth, lift = worked("电梯维护费"), charged(jinxiu, "lift")
    assert (len(lift), sum(lift.values())) == (truth["rooms"], truth["fen"]) == (408, 612000)


def test_property_fee_of_one_flat_and_of_all(jinxiu: Town) -> None:
    found = charged(jinxiu, "property_high_rise")
    assert found["1-1-101"] == worked("物业费 2026-10")["fen"] == 30212
    with jinxiu.work(read_only=True) as uow:
        areas = dict(
            uow.session.execute(select(Room.key, Room.built_area).where(Room.kind == "residential")).all()
        )
    # Independent of the engine: area × 2.35, half up to the cent.
    assert found == {key: int(Fraction(area) * 235 + Fraction(1, 2)) for key, area in areas.items()}
    assert len(found) == 432


def test_shops_pay_the_quarter_in_advance(jinxiu: Town) -> None:
    found = charged(jinxiu, "property_shop")
    with jinxiu.work(read_only=True) as uow:
        areas = dict(uow.session.execute(select(Room.key, Room.built_area).where(Room.kind == "shop")).all())
    assert found == {key: int(Fraction(area) * 480 * 3 + Fraction(1, 2)) for key, area in areas.items()}
    assert len(found) == 24


def test_water_without_readings_is_told_and_not_billed(jinxiu: Town) -> None:
    assert charged(jinxiu, "water") == {}
    with jinxiu.work(read_only=True) as uow:
        lines, posted = (
            uow.session.scalar(select(func.sum(column)))
            for column in (BillLine.amount_minor, LedgerTransfer.minor)
        )
        assert lines == posted
        due = (
            select(BillLine.due_on)
            .join(FeeItem, FeeItem.id == BillLine.item_id)
            .where(FeeItem.code == "lift")
        )
        assert set(uow.session.scalars(due)) == {date(2026, 10, 10)}


def test_the_month_in_which_the_price_changed(jinxiu: Town) -> None:
    april = date(2026, 4, 1)
    jinxiu.bill(april, date(2026, 5, 1), item_ids=[jinxiu.ids["property_high_rise"]])
    found = charged(jinxiu, "property_high_rise", april)
    assert found["1-1-101"] == worked("物业费 2026-04")["fen"] == 29247


def test_rooms_without_an_owner_are_the_developers(jinxiu: Town) -> None:
    lines = jinxiu.lines(BillLine.item_id == jinxiu.ids["lift"], BillLine.person_id.is_(None))
    assert lines and {line.debtor_name for line in lines} == {"开发商"}
