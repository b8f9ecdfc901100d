"""Identifiers sort by time; the clock can be set for a block; dates follow the tenant's zone."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from tenants import clock
from tenants.context import NoTenant, bound, current_tenant
from tenants.ids import InvalidId, new_id, parse_id, tenant_schema
from tenants.tenant import Tenant

INSTANT = datetime(2026, 11, 2, 16, 30, tzinfo=UTC)


def test_ids_are_version_7_and_rise() -> None:
    made = [new_id() for _ in range(100)]
    assert {made_id.version for made_id in made} == {7}
    assert made == sorted(made)


def test_ids_follow_the_clock() -> None:
    with clock.at(INSTANT):
        early = new_id()
    with clock.at(INSTANT + timedelta(days=1)):
        late = new_id()
    assert early < late
    assert early.int >> 80 == int(INSTANT.timestamp() * 1000)
    assert early.version == late.version == 7


@pytest.mark.parametrize(
    "text", ["", "x", "{01a2068b-2544-7307-8ff3-d7c8ec894109}", "01a2068b254473078ff3d7c8ec894109"]
)
def test_only_the_canonical_form_is_an_id(text: str) -> None:
    with pytest.raises(InvalidId):
        parse_id(text)


def test_parse_id() -> None:
    assert parse_id("01A2068B-2544-7307-8ff3-d7c8ec894109") == UUID("01a2068b254473078ff3d7c8ec894109")


def test_the_schema_follows_from_the_id() -> None:
    assert tenant_schema(UUID(int=0)) == "t_" + "a" * 26
    assert len({tenant_schema(new_id()) for _ in range(50)}) == 50


def test_the_clock_is_set_for_the_block_only() -> None:
    with clock.at(INSTANT):
        assert clock.utcnow() == INSTANT
    assert clock.utcnow() > INSTANT
    with pytest.raises(ValueError, match="time zone"), clock.at(INSTANT.replace(tzinfo=None)):
        pass


def test_business_date_is_the_zones() -> None:
    assert clock.business_date("Asia/Shanghai", INSTANT) == date(2026, 11, 3)
    assert clock.business_date("UTC", INSTANT) == date(2026, 11, 2)


def test_no_tenant_is_an_error_never_a_default() -> None:
    with pytest.raises(NoTenant):
        current_tenant()
    firm = Tenant(UUID(int=1), "firm", "Firm")
    with bound(firm):
        assert current_tenant() == firm
    with pytest.raises(NoTenant):
        current_tenant()
