"""锦绣花园 with its rooms, and a small town with one metered room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from saas.core.actors import SYSTEM
from saas.core.errors import DomainError
from saas.estate.models import Community
from saas.estate.services.imports import apply_list, request_apply, take_in, upload_list
from saas.fees.preferences import declare_preferences
from tenants.database import Kernel
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work
from tests.conftest import make_tenant
from tests.integration.fees.bills.conftest import Town, fill_town

PACK = Path(__file__).parents[4] / "ops" / "demo" / "jinxiu"
declare_preferences()


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The block ends in a refusal with this code."""
    with pytest.raises(DomainError) as caught:
        yield
    assert caught.value.code == code


@pytest.fixture
def jinxiu(kernel: Kernel) -> tuple[Tenant, UUID]:
    """The tenant and the community, rooms and owners imported."""
    tenant = make_tenant()
    content = (PACK / "房屋业主台账.xlsx").read_bytes()
    with unit_of_work(tenant) as uow:
        batch_id = upload_list(uow, actor=SYSTEM, file_name="房屋业主台账.xlsx", content=content).id
    with unit_of_work(tenant) as uow:
        take_in(uow, batch_id)
    with unit_of_work(tenant) as uow:
        request_apply(uow, actor=SYSTEM, batch_id=batch_id)
    with unit_of_work(tenant) as uow:
        apply_list(uow, batch_id)
    with unit_of_work(tenant, read_only=True) as uow:
        return tenant, uow.session.scalars(select(Community.id)).one()


@pytest.fixture
def small(kernel: Kernel) -> Town:
    """Two rooms: 101 of 王芳, 102 of 李强."""
    tenant = make_tenant()
    with unit_of_work(tenant) as uow:
        return fill_town(uow, [("101", "98.67", 1), ("102", "88.50", 1)], [("王芳",), ("李强",)])
