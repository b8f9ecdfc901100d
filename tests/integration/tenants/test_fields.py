"""Personal data is encrypted per tenant and bound to its place; the master key can be rotated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tenants.database import kernel
from tenants.fields import TamperedField, blind_index, decrypt_field, encrypt_field
from tenants.ids import new_id
from tenants.kernel_models import DataKey
from tenants.keys import UnknownKey, create_key_file, key_ring, new_key_line, reload_keys
from tenants.rotation import rewrap_all
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work

ROW = new_id()
PHONE = "13912345678"


@pytest.fixture
def key_file(tenant: Tenant) -> Iterator[Path]:
    path = kernel().settings.master_key_file
    create_key_file(path)
    original = path.read_text()
    reload_keys()
    yield path
    path.write_text(original)
    reload_keys()


def encrypted(tenant: Tenant) -> bytes:
    with unit_of_work(tenant) as uow:
        return encrypt_field(uow, PHONE, table="person", column="phone", row_id=ROW)


def decrypted(tenant: Tenant, blob: bytes, **place: object) -> str:
    at = {"table": "person", "column": "phone", "row_id": ROW} | place
    with unit_of_work(tenant, read_only=True) as uow:
        return decrypt_field(uow, blob, **at)  # type: ignore[arg-type]


def test_a_value_comes_back_and_never_looks_the_same(tenant: Tenant, key_file: Path) -> None:
    first, second = encrypted(tenant), encrypted(tenant)
    assert first != second
    assert PHONE.encode() not in first
    assert first[:2] == b"\x01\x01"
    assert decrypted(tenant, first) == decrypted(tenant, second) == PHONE


@pytest.mark.parametrize("place", [{"table": "staff"}, {"column": "id_number"}, {"row_id": new_id()}])
def test_a_value_belongs_to_its_place(tenant: Tenant, key_file: Path, place: dict[str, object]) -> None:
    with pytest.raises(TamperedField, match=r"\w+\.\w+"):
        decrypted(tenant, encrypted(tenant), **place)


def test_a_value_belongs_to_its_tenant(tenant_pair: tuple[Tenant, Tenant], key_file: Path) -> None:
    mine, other = tenant_pair
    blob = encrypted(mine)
    encrypted(other)
    with pytest.raises(TamperedField):
        decrypted(other, blob)


def test_a_blind_index_is_equal_per_tenant_and_kind(
    tenant_pair: tuple[Tenant, Tenant], key_file: Path
) -> None:
    found = set()
    for tenant in tenant_pair:
        encrypted(tenant)
        with unit_of_work(tenant, read_only=True) as uow:
            assert blind_index(uow, "phone", PHONE) == blind_index(uow, "phone", PHONE)
            found |= {blind_index(uow, "phone", PHONE), blind_index(uow, "phone4", PHONE)}
    assert len(found) == 4
    assert {len(value) for value in found} == {32}


def test_a_lookup_before_the_first_key_finds_nothing_and_writes_nothing(
    tenant: Tenant, key_file: Path
) -> None:
    with unit_of_work(tenant, read_only=True) as uow:
        assert len(blind_index(uow, "phone", PHONE)) == 32
    with unit_of_work(tenant, read_only=True) as uow:
        assert uow.session.scalars(select(DataKey.version)).all() == []


def test_a_key_made_in_a_transaction_that_fails_is_not_used(tenant: Tenant, key_file: Path) -> None:
    with pytest.raises(RuntimeError), unit_of_work(tenant) as uow:
        encrypt_field(uow, PHONE, table="person", column="phone", row_id=ROW)
        raise RuntimeError
    assert decrypted(tenant, encrypted(tenant)) == PHONE


def test_rotation_wraps_anew_and_the_old_key_can_go(tenant: Tenant, key_file: Path) -> None:
    blob = encrypted(tenant)
    old = key_file.read_text()
    key_file.write_text(new_key_line() + "\n" + old)
    reload_keys()
    assert rewrap_all() >= 1
    assert rewrap_all() == 0
    newest = key_file.read_text().splitlines()[0]
    key_file.write_text(newest + "\n")
    reload_keys()
    assert decrypted(tenant, blob) == PHONE
    key_file.write_text(old + newest + "\n")
    reload_keys()
    rewrap_all()
    key_file.write_text(new_key_line() + "\n")
    reload_keys()
    with pytest.raises(UnknownKey, match="master key"):
        decrypted(tenant, blob)
    assert key_ring().current_id not in old
