"""Audit rows are sealed soon after their commit, in any order of commits, and tampering is named."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tenants.database import kernel, open_transaction, owner_scope
from tenants.ids import new_id
from tenants.kernel_models import AuditEntry
from tenants.sealer import seal_tenant, verify_tenant
from tenants.tenant import Tenant
from tenants.unit_of_work import ActorRef, UnitOfWork, unit_of_work

ACTOR = ActorRef("staff", new_id(), "front desk")


def act(uow: UnitOfWork, action: str = "room.changed") -> None:
    uow.audit(action, actor=ACTOR, subject=("room", new_id()), fields=("built_area",), details={"n": 1})


def acts(tenant: Tenant, times: int) -> None:
    for _ in range(times):
        with unit_of_work(tenant) as uow:
            act(uow)


def as_owner(tenant: Tenant, statement: str, **values: Any) -> None:
    """What only the owner of the tables can do: the tenant's own role may neither change nor delete."""
    connection = open_transaction(kernel().admin_engine(), owner_scope(tenant.schema))
    try:
        connection.execute(text(statement), values)
        connection.commit()
    finally:
        connection.close()


def entry_ids(tenant: Tenant) -> list[UUID]:
    with unit_of_work(tenant, read_only=True) as uow:
        return list(uow.session.scalars(text("SELECT id FROM audit_entry ORDER BY id")))


def test_a_row_says_who_did_what_to_which_thing(tenant: Tenant) -> None:
    subject = new_id()
    with unit_of_work(tenant) as uow:
        uow.audit("room.changed", actor=ACTOR, subject=("room", subject), fields=("built_area",))
    with unit_of_work(tenant, read_only=True) as uow:
        row = uow.session.query(AuditEntry).one()
        assert (row.action, row.actor_kind, row.actor_id) == ("room.changed", "staff", ACTOR.id)
        assert (row.subject_type, row.subject_id, row.fields) == ("room", subject, ["built_area"])


def test_committed_rows_are_sealed_once(tenant: Tenant) -> None:
    acts(tenant, 3)
    assert len(verify_tenant(tenant).unsealed) == 3
    assert seal_tenant(tenant) == 3
    assert seal_tenant(tenant) == 0
    acts(tenant, 2)
    seal_tenant(tenant)
    verdict = verify_tenant(tenant)
    assert (verdict.intact, verdict.sealed, verdict.unsealed, verdict.head_sequence) == (True, 5, (), 2)


def test_a_row_that_commits_late_is_sealed_later(tenant: Tenant) -> None:
    written, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with unit_of_work(tenant) as uow:
            act(uow, "slow")
            written.set()
            finish.wait(10)

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    acts(tenant, 2)
    assert seal_tenant(tenant) == 2
    finish.set()
    thread.join()
    assert seal_tenant(tenant) == 1
    verdict = verify_tenant(tenant)
    assert (verdict.intact, verdict.sealed, verdict.unsealed) == (True, 3, ())


def test_two_sealers_make_one_chain(tenant: Tenant) -> None:
    acts(tenant, 20)
    threads = [threading.Thread(target=seal_tenant, args=(tenant,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_tenant(tenant)
    verdict = verify_tenant(tenant)
    assert (verdict.intact, verdict.sealed, verdict.unsealed) == (True, 20, ())


def _change(tenant: Tenant, entry: UUID) -> str:
    as_owner(tenant, "UPDATE audit_entry SET action = 'harmless' WHERE id = :id", id=entry)
    return f"entry {entry} of seal 1 was altered"


def _remove(tenant: Tenant, entry: UUID) -> str:
    as_owner(tenant, "DELETE FROM audit_entry WHERE id = :id", id=entry)
    return f"entry {entry} of seal 1 is missing"


def _rewrite_seal(tenant: Tenant, entry: UUID) -> str:
    as_owner(tenant, "UPDATE audit_seal SET entry_hashes[1] = entry_hashes[2] WHERE sequence = 1")
    return "seal 1 was altered"


def _drop_first(tenant: Tenant, entry: UUID) -> str:
    as_owner(tenant, "DELETE FROM audit_seal WHERE sequence = 1")
    return "seal 1 is missing"


def _drop_last(tenant: Tenant, entry: UUID) -> str:
    as_owner(tenant, "DELETE FROM audit_seal WHERE sequence = 2")
    return "seal 2 is missing: seal 2 was anchored"


@pytest.mark.parametrize("tamper", [_change, _remove, _rewrite_seal, _drop_first, _drop_last])
def test_the_verifier_names_what_was_tampered_with(
    tenant: Tenant, tamper: Callable[[Tenant, UUID], str]
) -> None:
    acts(tenant, 3)
    seal_tenant(tenant)
    acts(tenant, 1)
    seal_tenant(tenant)
    expected = tamper(tenant, entry_ids(tenant)[1])
    assert verify_tenant(tenant).first_bad == expected


def test_a_chain_built_anew_differs_from_its_anchor(tenant: Tenant) -> None:
    acts(tenant, 2)
    seal_tenant(tenant)
    forged = entry_ids(tenant)[0]
    as_owner(tenant, "UPDATE audit_entry SET action = 'harmless' WHERE id = :id", id=forged)
    as_owner(tenant, "DELETE FROM audit_seal")
    as_owner(tenant, "INSERT INTO audit_pending SELECT id FROM audit_entry")
    seal_tenant(tenant)
    assert verify_tenant(tenant).first_bad == "seal 1 differs from its anchor"
