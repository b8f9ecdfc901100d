"""What stands in the database after the list of 锦绣花园 was imported is what expected.json tells."""

import json
from collections import Counter
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from saas.core.actors import SYSTEM
from saas.core.errors import NotFound
from saas.estate.errors import AlreadyImported, ImportInUse, NotNow
from saas.estate.models import Building, Community, ImportBatch, ImportRow, Occupancy, Room, Unit
from saas.estate.queries.rooms import get_room, occupants
from saas.estate.services.import_undo import undo_list
from saas.estate.services.imports import apply_list, repair, request_apply
from saas.estate.services.places import add_note, update_room
from saas.people.models import Person, PersonPhone
from tenants.kernel_models import AuditEntry
from tenants.unit_of_work import unit_of_work
from tests.integration.estate.conftest import BOOK, PACK, apply, upload

EXPECTED = json.loads((PACK / "expected.json").read_text(encoding="utf-8"))
STATUS = {"occupied": "已入住", "rented": "出租", "vacant": "空置", "unsold": "未售", "decorating": "装修中"}
OWNING = Occupancy.role.in_(("owner", "co_owner"))


def counts(tenant) -> dict[str, int]:
    with unit_of_work(tenant) as uow:
        models = (Community, Building, Unit, Room, Occupancy, Person, PersonPhone)
        return {m.__tablename__: uow.session.scalar(select(func.count()).select_from(m)) for m in models}


def test_rooms_and_owners(tenant, imported):
    told = EXPECTED["rooms"]
    with unit_of_work(tenant) as uow:
        rooms = uow.session.scalars(select(Room)).all()
        assert uow.session.scalar(select(Community.name)) == EXPECTED["community"]
        keys = uow.session.scalars(select(Building.key).order_by(Building.sort_key)).all()
        assert list(keys) == EXPECTED["buildings"]["keys"]
        links = uow.session.execute(select(Occupancy.room_id, Occupancy.person_id).where(OWNING)).all()
        owners = uow.session.scalars(
            select(Person).where(Person.id.in_({link.person_id for link in links}))
        ).all()
        phones = Counter(uow.session.scalars(select(PersonPhone.person_id)).all())
        tenants_of = select(func.count(Occupancy.room_id.distinct())).where(Occupancy.role == "tenant")
        assert uow.session.scalar(tenants_of) == told["with_tenant"]
        kinds = Counter("passport" if owner.id_kind == "passport" else owner.kind for owner in owners)
    by_kind = Counter(room.kind for room in rooms)
    assert by_kind == {"residential": told["residential"], "shop": told["shops"], "storage": told["storage"]}
    assert Counter(STATUS.get(room.status, "unknown") for room in rooms) == told["by_status"]
    areas: Counter[str] = Counter()
    for room in rooms:
        areas[room.kind] += room.built_area or Decimal(0)
    assert str(areas["residential"]) == told["gross_area"]["residential"]
    assert str(areas["shop"]) == told["gross_area"]["shops"]
    assert str(areas["storage"]) == told["gross_area"]["storage"]
    told = EXPECTED["owners"]
    assert (len(owners), len(links)) == (told["distinct"], told["ownership_links"])
    assert kinds == told["by_kind"]
    assert sum(phones[owner.id] == 2 for owner in owners) == told["with_two_phones"]
    per_owner = Counter(Counter(link.person_id for link in links).values())
    assert {str(n): count for n, count in per_owner.items()} == told["owners_by_number_of_rooms"]


def test_invalid_rows_are_listed(tenant, imported):
    told = [
        (r["row"], r["column"], r["code"], r["action"], r.get("first_row"))
        for r in EXPECTED["invalid_rows"]
        if r["file"] == BOOK
    ]
    with unit_of_work(tenant) as uow:
        rows = uow.session.execute(
            select(ImportRow.number, ImportRow.issues).order_by(ImportRow.number)
        ).all()
        batch = uow.session.get(ImportBatch, imported)
        assert batch.totals["rows"] == EXPECTED["files"][BOOK]["data_rows"]
        assert (batch.totals["reject"], batch.totals["skip"]) == (1, 1)
    found = [
        (number, i["column"], i["code"], i["action"], i["first_row"])
        for number, issues in rows
        for i in issues
    ]
    assert found == told
    raw = json.dumps([issues for _number, issues in rows], ensure_ascii=False)
    assert "990000196806268803" not in raw and "199000082271" not in raw


def test_the_same_file_again_is_offered_and_makes_nothing(tenant, imported, book):
    before = counts(tenant)
    with pytest.raises(AlreadyImported) as refused:
        upload(tenant, book)
    assert refused.value.params["batch_id"] == str(imported)
    again = upload(tenant, book, again=True)
    totals = apply(tenant, again)
    assert totals is not None
    assert (
        totals["rooms_new"],
        totals["people_new"],
        totals["occupancies_new"],
        totals["rooms_changed"],
    ) == (
        0,
        0,
        0,
        0,
    )
    assert counts(tenant) == before


def test_personal_data_is_not_in_clear(tenant, imported):
    with unit_of_work(tenant) as uow:
        for row in uow.session.execute(select(ImportRow.cells_enc, ImportRow.shown)).all():
            assert "1990000" not in str(row.shown)
            assert b"1990000" not in row.cells_enc
        assert uow.session.scalar(select(ImportBatch.file_enc)) is None


def test_a_cell_is_repaired_in_place(tenant, book):
    batch_id = upload(tenant, book)
    with unit_of_work(tenant) as uow:
        before = dict(uow.session.get(ImportBatch, batch_id).totals)
        batch = repair(
            uow, actor=SYSTEM, batch_id=batch_id, number=11, field="owner_phone", value="19900000501"
        )
        assert batch.totals["with_issues"] == before["with_issues"] - 1
        repair(uow, actor=SYSTEM, batch_id=batch_id, number=91, field="room", value="305")
    with unit_of_work(tenant) as uow:
        row = uow.session.scalar(
            select(ImportRow).where(ImportRow.batch_id == batch_id, ImportRow.number == 91)
        )
        assert (row.outcome, row.issues, row.fixed, row.shown["room"]) == ("new", [], ["room"], "1-2-305")
    apply(tenant, batch_id)
    with unit_of_work(tenant) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Room)) == EXPECTED["rooms"]["total"] + 1
        room_id = uow.session.scalar(select(Room.id).where(Room.key == "1-1-203"))
        assert occupants(uow, room_id)[0].phones == ("199****0501",)


def test_undo_leaves_nothing(tenant, book):
    before = counts(tenant)
    batch_id = upload(tenant, book)
    apply(tenant, batch_id)
    with unit_of_work(tenant) as uow:
        undo_list(uow, actor=SYSTEM, batch_id=batch_id)
    assert counts(tenant) == before
    with unit_of_work(tenant) as uow:
        assert undo_list(uow, actor=SYSTEM, batch_id=batch_id).state == "undone"
        assert uow.session.scalar(select(func.count()).where(ImportRow.cells_enc.is_not(None))) == 0


def test_undo_restores_changed_rooms(tenant, imported, book):
    with unit_of_work(tenant) as uow:
        room_id = uow.session.scalar(select(Room.id).where(Room.key == "1-1-101"))
        version = get_room(uow, actor=SYSTEM, room_id=room_id).version
        changed = {"built_area": Decimal("130.00"), "status": "vacant"}
        update_room(uow, actor=SYSTEM, room_id=room_id, version=version, values=changed)
    again = upload(tenant, book, again=True)
    assert apply(tenant, again)["rooms_changed"] == 1
    with unit_of_work(tenant) as uow:
        assert str(get_room(uow, actor=SYSTEM, room_id=room_id).built_area) == "128.56"
        undo_list(uow, actor=SYSTEM, batch_id=again)
    with unit_of_work(tenant) as uow:
        room = get_room(uow, actor=SYSTEM, room_id=room_id)
        assert (str(room.built_area), room.status) == ("130.00", "vacant")


@pytest.mark.parametrize("touch", ["change", "note"])
def test_undo_is_refused_while_something_depends_on_it(tenant, imported, touch):
    with unit_of_work(tenant) as uow:
        room_id = uow.session.scalar(select(Room.id).where(Room.key == "3-2-202"))
        if touch == "change":
            update_room(uow, actor=SYSTEM, room_id=room_id, version=None, values={"status": "vacant"})
        else:
            add_note(uow, actor=SYSTEM, room_id=room_id, text="钥匙在前台")
    before = counts(tenant)
    with unit_of_work(tenant) as uow, pytest.raises(ImportInUse):
        undo_list(uow, actor=SYSTEM, batch_id=imported)
    assert counts(tenant) == before


def test_a_dead_worker_leaves_nothing_and_the_next_one_finishes(tenant, book, monkeypatch):
    batch_id = upload(tenant, book)
    with unit_of_work(tenant) as uow:
        request_apply(uow, actor=SYSTEM, batch_id=batch_id)

    def die(*_args: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patched:
        patched.setattr("saas.estate.services.import_apply._write_links", die)
        with pytest.raises(SystemExit), unit_of_work(tenant) as uow:
            apply_list(uow, batch_id)
    assert counts(tenant)["room"] == 0
    with unit_of_work(tenant) as uow:
        assert apply_list(uow, batch_id)["rooms_new"] == EXPECTED["rooms"]["total"]
    with unit_of_work(tenant) as uow:
        assert apply_list(uow, batch_id) is None


def test_another_tenant_sees_nothing(tenant, imported, new_tenant):
    other = new_tenant()
    assert counts(other)["room"] == 0
    with unit_of_work(other) as uow, pytest.raises(NotFound):
        request_apply(uow, actor=SYSTEM, batch_id=imported)


def test_an_applied_list_leaves_one_audit_row(tenant, imported):
    with unit_of_work(tenant) as uow:
        wanted = select(AuditEntry).where(AuditEntry.action == "estate.list_imported")
        (entry,) = uow.session.scalars(wanted).all()
        assert entry.subject_id == imported
        assert entry.details["rooms_new"] == EXPECTED["rooms"]["total"]


def test_a_list_given_up_cannot_be_applied(tenant, book):
    batch_id = upload(tenant, book)
    with unit_of_work(tenant) as uow:
        uow.session.get(ImportBatch, batch_id).state = "abandoned"
    with unit_of_work(tenant) as uow, pytest.raises(NotNow):
        request_apply(uow, actor=SYSTEM, batch_id=UUID(str(batch_id)))
