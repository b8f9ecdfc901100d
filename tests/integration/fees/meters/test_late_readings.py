"""A reading that comes or changes after its month was billed: nothing billed changes, the difference is adjusted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from saas.core.actors import SYSTEM
from saas.fees.models import BillLine, Reading
from saas.fees.services.meters import NewMeter, create_meter
from saas.fees.services.reading_review import correct_reading
from saas.fees.services.readings import enter_reading
from tenants.unit_of_work import unit_of_work

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def test_a_correction_after_the_bill_becomes_an_adjustment(small) -> None:
    small.item("water", "metered", "3.85", meter_kind="water", timing="postpaid", unit="吨")
    small.rule("water", since=OCTOBER, selector={"room_ids": [str(small.ids["101"])]})
    with unit_of_work(small.tenant) as uow:
        new = NewMeter("W-1", "water", room_id=small.ids["101"], initial_values={"total": Decimal(100)})
        meter = create_meter(uow, actor=SYSTEM, meter=new).id
        first = enter_reading(
            uow, actor=SYSTEM, meter_id=meter, value=Decimal(112), read_on=date(2026, 10, 25)
        )
    small.bill(OCTOBER, NOVEMBER)
    with unit_of_work(small.tenant) as uow:
        fixed = correct_reading(uow, actor=SYSTEM, reading_id=first.id, value=Decimal(110), note="看错")
        later = enter_reading(
            uow, actor=SYSTEM, meter_id=meter, value=Decimal(121), read_on=date(2026, 11, 20)
        )

    small.bill(OCTOBER, NOVEMBER, mode="adjust")

    assert (fixed.is_late, fixed.usage) == (True, 10)
    assert (later.is_late, later.usage, later.previous) == (False, 11, 110)
    lines = small.lines(BillLine.item_id == small.ids["water"])
    assert [(line.kind, line.amount_minor) for line in lines] == [("charge", 4620), ("adjustment", -770)]
    with unit_of_work(small.tenant, read_only=True) as uow:
        assert uow.session.scalars(select(Reading.state).where(Reading.id == first.id)).one() == "replaced"
