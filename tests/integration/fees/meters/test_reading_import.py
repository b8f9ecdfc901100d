"""抄表_2026-10.csv, row by row as expected.json says."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from saas.core.actors import SYSTEM
from saas.core.errors import InvalidInput
from saas.fees.models import Meter, Reading
from saas.fees.services.reading_import import abandon_readings, apply_readings, upload_readings
from tenants import clock
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work
from tests.integration.fees.meters.conftest import PACK, refused

NAME = "抄表_2026-10.csv"
NOW = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
EXPECTED = json.loads((PACK / "expected.json").read_text())


def upload(tenant: Tenant, community: UUID, content: bytes | None = None, name: str = NAME, at=NOW):
    body = content if content is not None else (PACK / NAME).read_bytes()
    with clock.at(at), unit_of_work(tenant) as uow:
        return upload_readings(uow, actor=SYSTEM, community_id=community, file_name=name, content=body)


def apply(tenant: Tenant, import_id: UUID, at=NOW):
    with clock.at(at), unit_of_work(tenant) as uow:
        return apply_readings(uow, actor=SYSTEM, import_id=import_id)


def expected_issues() -> list[tuple]:
    rows = [row for row in EXPECTED["invalid_rows"] if row["file"] == NAME]
    return [(row["row"], row["code"], row["action"]) for row in rows]


def test_the_preview_names_each_row_of_the_pack(jinxiu) -> None:
    batch = upload(*jinxiu)

    assert [(issue["row"], issue["code"], issue["action"]) for issue in batch.issues] == expected_issues()
    by_row = {issue["row"]: issue for issue in batch.issues}
    assert by_row[215]["rows"] == [215, 216] and by_row[215]["consumption"] == "13"
    assert by_row[400]["consumption"] == "25"
    assert by_row[246]["likely"] == "878"
    assert by_row[471]["first_row"] == 237
    meters = EXPECTED["meters"]
    assert batch.totals["held"] == meters["held"]
    assert batch.totals["swaps"] == meters["swaps"]
    assert batch.totals["new_meters"] == meters["meters_before_swaps"] + meters["swaps"]
    assert batch.totals["usage"] == {
        "water": str(meters["water_consumption_accepted"]),
        "power": str(meters["power_consumption_accepted"]),
    }
    assert batch.totals["rejected"] == 0 and batch.totals["period"] == "2026-10-01"


def test_applying_twice_stores_every_reading_once(jinxiu) -> None:
    tenant, community = jinxiu
    batch = upload(tenant, community)

    apply(tenant, batch.id)
    again = apply(tenant, batch.id)
    second = upload(tenant, community)
    applied = apply(tenant, second.id)

    assert again.state == "applied"
    assert applied.totals["skipped"] == 470 - 3 and applied.totals["new_meters"] == 0
    with unit_of_work(tenant, read_only=True) as uow:
        states = dict(uow.session.execute(select(Reading.state, func.count()).group_by(Reading.state)).all())
        used = dict(
            uow.session.execute(
                select(Meter.kind, func.sum(Reading.usage))
                .join(Reading, Reading.meter_id == Meter.id)
                .where(Reading.state == "accepted")
                .group_by(Meter.kind)
            ).all()
        )
        old, new = uow.session.scalars(
            select(Meter).where(Meter.number.in_(["00260214", "00265214"])).order_by(Meter.number)
        )
        power = uow.session.scalars(select(Meter).where(Meter.kind == "power")).all()
        periods = set(uow.session.scalars(select(Reading.period)))
    assert states == {"accepted": 466, "held": 3}
    assert used == {"water": Decimal(5266), "power": Decimal(21070)}
    assert (old.state, old.removed_on, new.replaces_id) == ("removed", date(2026, 10, 25), old.id)
    assert {meter.room_id for meter in power} == {None}
    assert {meter.pool_key for meter in power} == {"1-1", "1-2", "2-1", "2-2", "3-1", "3-2"}
    assert periods == {date(2026, 10, 1)}


def test_the_next_month_goes_on_from_what_was_believed(jinxiu) -> None:
    tenant, community = jinxiu
    apply(tenant, upload(tenant, community).id)
    lines = [
        "表号,房号,表类型,上期读数,本期读数,倍率,抄表日期",
        "00260001,1-1-101,冷水表,1119,1130,1,2026-11-25",
        "00260041,1-1-1101,冷水表,856,880,1,2026-11-25",  # 865 was believed, 856 held
        "00265214,2-1-1802,冷水表,6,19,1,2026-11-25",
        "00260001,1-1-101,冷水表,1119,1131,1,2026-11-25",
        "00269999,9-9-999,冷水表,0,1,1,2026-11-25",
        "00260002,1-1-102,冷水表,1392,一二,1,2026-11-25",
        "00260003,1-1-103,冷水表,355,370,1,2027-01-25",
    ]
    later = datetime(2026, 11, 26, tzinfo=UTC)

    batch = upload(tenant, community, "\r\n".join(lines).encode(), "抄表2026年11月.csv", at=later)

    assert [(issue["row"], issue["code"], issue["action"]) for issue in batch.issues] == [
        (3, "previous_differs", "warn"),
        (5, "reading_duplicate", "hold"),
        (6, "room_unknown", "reject"),
        (7, "current_invalid", "reject"),
        (8, "reading_future", "hold"),
    ]
    assert batch.totals["usage"] == {"water": str(11 + 15 + 13)}


def test_an_upload_can_be_given_up(jinxiu) -> None:
    tenant, community = jinxiu
    batch = upload(tenant, community)
    with unit_of_work(tenant) as uow:
        abandon_readings(uow, actor=SYSTEM, import_id=batch.id)

    with refused("import_not_now"):
        apply(tenant, batch.id)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x00\x01\x02"])
def test_what_is_no_list_of_readings_is_refused(small, content: bytes) -> None:
    with pytest.raises(InvalidInput):
        upload(small.tenant, small.community, content)


def test_the_pack_is_the_one_of_the_demo() -> None:
    assert Path(PACK / NAME).read_bytes().decode("gbk").startswith("表号,房号")
