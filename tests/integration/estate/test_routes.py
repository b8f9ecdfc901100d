"""Pages and API of estate over HTTP: an import from upload to undo, rooms, people, labels, scanned codes, scopes."""

import io
import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from saas.core.actors import SYSTEM
from saas.estate.models import ImportBatch, Room
from saas.estate.services.imports import apply_list, take_in
from saas.estate.services.links import community_label, room_labels
from saas.people.services.accounts import Contact, set_password
from saas.people.services.roles import RoleScope, seed_roles
from saas.people.services.staff import StaffDraft, add_staff
from tenants.unit_of_work import unit_of_work
from tests.conftest import make_tenant
from tests.integration.estate.conftest import BOOK

PASSWORD = "ludan-shanshui-42"
ADMIN, DESK = "13900001234", "13900001235"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


def seed(uow):
    seed_roles(uow)
    member = add_staff(uow, StaffDraft(name="李婷", contact=Contact(phone=ADMIN), roles=("administrator",)))
    set_password(uow, member.account, PASSWORD)


@pytest.fixture
def firm(app, kernel):
    return make_tenant("安和物业", seed)


def bearer(client, phone=ADMIN):
    answer = client.post("/api/v1/auth/login", json={"identifier": phone, "password": PASSWORD})
    assert answer.status_code == 200, answer.json
    return {"Authorization": f"Bearer {answer.json['token']}"}


@pytest.fixture
def browser(client_of, firm):
    client = client_of(firm)
    token = CSRF.search(client.get("/login").text).group(1)
    sent = {"csrf_token": token, "identifier": ADMIN, "password": PASSWORD}
    assert client.post("/login", data=sent).status_code == 302
    return client


def send(client, path, page=None, **form):
    """Post a form as a browser does; the token comes from the page it stands on."""
    files = {name: value for name, value in form.items() if isinstance(value, tuple)}
    token = CSRF.search(client.get(page or path).text).group(1)
    data = {"csrf_token": token, **form}
    kind = {"content_type": "multipart/form-data"} if files else {}
    return client.post(path, data=data, **kind)


def run_jobs(firm, batch_id):
    """What the worker does."""
    with unit_of_work(firm) as uow:
        take_in(uow, batch_id)
    with unit_of_work(firm) as uow:
        apply_list(uow, batch_id)


@pytest.fixture
def estate(client_of, firm, book):
    """The API of a firm with 锦绣花园 imported, and its room 1-1-101."""
    client = client_of(firm)
    headers = bearer(client)
    answer = client.post("/api/v1/imports", headers=headers, data={"file": (io.BytesIO(book), BOOK)})
    assert (answer.status_code, answer.json["state"]) == (202, "uploaded")
    import_id = answer.json["id"]
    run_jobs(firm, import_id)
    shown = client.get(f"/api/v1/imports/{import_id}", headers=headers).json
    assert (shown["state"], len(shown["issues"]), shown["totals"]["new"]) == ("preview", 16, 471)
    assert client.post(f"/api/v1/imports/{import_id}/apply", headers=headers, json={}).status_code == 202
    run_jobs(firm, import_id)
    return client, headers, import_id


def test_import_over_the_api(estate, firm, book):
    client, headers, import_id = estate
    assert client.get(f"/api/v1/imports/{import_id}", headers=headers).json["state"] == "applied"
    again = client.post("/api/v1/imports", headers=headers, data={"file": (io.BytesIO(book), BOOK)})
    assert (again.status_code, again.json["code"]) == (409, "already_imported")
    rooms = client.get("/api/v1/rooms?limit=200", headers=headers).json
    assert len(rooms["items"]) == 200 and rooms["next_cursor"]
    keys, cursor = [room["key"] for room in rooms["items"]], rooms["next_cursor"]
    while cursor:
        page = client.get(f"/api/v1/rooms?limit=200&cursor={cursor}", headers=headers).json
        keys += [room["key"] for room in page["items"]]
        cursor = page["next_cursor"]
    assert len(keys) == len(set(keys)) == 457
    assert keys[:2] == ["1-1-B101", "1-1-101"]
    assert client.post(f"/api/v1/imports/{import_id}/undo", headers=headers).json["state"] == "undone"
    assert client.get("/api/v1/rooms", headers=headers).json["items"] == []


@pytest.mark.parametrize(
    ("q", "keys"),
    [
        ("1-1-101", ["1-1-101"]),
        ("1栋1单元101室", ["1-1-101"]),
        ("孔宁平", ["1-1-101"]),
        ("knp", ["1-1-101"]),
        ("kongningping", ["1-1-101"]),
        ("199 0000 9271", ["1-1-101"]),
        ("9271", ["1-1-101"]),
        ("S103", ["S1-S103"]),
        ("%", []),
    ],
)
def test_search(estate, q, keys):
    client, headers, _id = estate
    found = client.get("/api/v1/rooms", headers=headers, query_string={"q": q}).json["items"]
    assert [room["key"] for room in found] == keys


def test_rooms_and_versions(estate):
    client, headers, _id = estate
    (room,) = client.get("/api/v1/rooms?q=1-1-101", headers=headers).json["items"]
    assert (room["built_area"], room["status"], room["people"]) == ("128.56", "rented", ["孔宁平", "江梓佳"])
    path, version = f"/api/v1/rooms/{room['id']}", {"If-Match": f'"{room["version"]}"'}
    changed = client.patch(path, headers={**headers, **version}, json={"status": "vacant"})
    assert (changed.status_code, changed.json["status"]) == (200, "vacant")
    late = client.patch(path, headers={**headers, **version}, json={"status": "rented"})
    assert (late.status_code, late.json["code"]) == (409, "version_conflict")
    wrong = client.patch(path, headers=headers, json={"inner_area": "500.00"})
    assert (wrong.status_code, list(wrong.json["fields"])) == (422, ["inner_area"])


def test_people_of_a_room(estate):
    client, headers, _id = estate
    (room,) = client.get("/api/v1/rooms?q=1-1-102", headers=headers).json["items"]
    new = {
        "room_id": room["id"],
        "role": "owner",
        "name": "新业主",
        "phones": ["19900001111"],
        "share": "1/2",
    }
    made = client.post("/api/v1/occupancies", headers=headers, json=new)
    assert (made.status_code, made.json["phones"], made.json["share"]) == (201, ["199****1111"], "1/2")
    twice = client.post("/api/v1/occupancies", headers=headers, json=new)
    assert (twice.status_code, twice.json["code"]) == (409, "occupancy_exists")
    path = f"/api/v1/occupancies/{made.json['id']}"
    assert client.patch(path, headers=headers, json={"ends_on": "2026-11-01"}).json["ends_on"] == "2026-11-01"
    assert client.get("/api/v1/rooms?q=1-1-102", headers=headers).json["items"][0]["people"] == []
    history = client.get(f"/api/v1/occupancies?room_id={room['id']}&current=false", headers=headers).json
    assert [each["name"] for each in history["items"]] == ["新业主"]


def test_places_by_hand(client_of, firm):
    client = client_of(firm)
    headers = bearer(client)
    community = client.post("/api/v1/communities", headers=headers, json={"name": "碧水湾"})
    assert community.status_code == 201
    taken = client.post("/api/v1/communities", headers=headers, json={"name": "碧水湾"})
    assert (taken.status_code, taken.json["code"]) == (409, "name_taken")
    sent = {"community_id": community.json["id"], "key": "10号楼"}
    building = client.post("/api/v1/buildings", headers=headers, json=sent).json
    assert (building["key"], building["name"]) == ("10", "10号楼")
    new = {"building_id": building["id"], "unit": "2单元", "number": "1203", "built_area": "98.67"}
    room = client.post("/api/v1/rooms", headers=headers, json=new)
    assert (room.status_code, room.json["key"], room.json["floor"]) == (201, "10-2-1203", 12)
    assert client.get("/api/v1/rooms/" + str(uuid4()), headers=headers).status_code == 404


def test_a_clerk_of_one_building_sees_no_other(estate, firm):
    client, headers, import_id = estate
    buildings = client.get("/api/v1/buildings", headers=headers).json["items"]
    assert [building["key"] for building in buildings] == ["1", "2", "3", "S1"]
    with unit_of_work(firm) as uow:
        scope = RoleScope(everywhere=False, buildings=(UUID(buildings[0]["id"]),))
        member = add_staff(
            uow, StaffDraft(name="韩福佳", contact=Contact(phone=DESK), roles=("front_desk",), scope=scope)
        )
        set_password(uow, member.account, PASSWORD)
        other = str(uow.session.scalar(select(Room.id).where(Room.key == "2-1-101")))
    desk = bearer(client, DESK)
    assert [each["key"] for each in client.get("/api/v1/buildings", headers=desk).json["items"]] == ["1"]
    rooms = client.get("/api/v1/rooms?limit=200", headers=desk).json["items"]
    assert {room["building_id"] for room in rooms} == {buildings[0]["id"]}
    assert client.get(f"/api/v1/rooms/{other}", headers=desk).status_code == 404
    assert client.patch(f"/api/v1/rooms/{other}", headers=desk, json={"note": "x"}).status_code == 404
    assert client.get(f"/api/v1/imports/{import_id}", headers=desk).status_code == 404
    upload = {"file": (io.BytesIO(b"x"), "x.xlsx")}
    assert client.post("/api/v1/imports", headers=desk, data=upload).status_code == 403


def test_pages_of_an_import(browser, firm, book):
    uploaded = send(browser, "/imports/new", file=(io.BytesIO(book), BOOK))
    assert uploaded.status_code == 302, uploaded.text
    page = uploaded.headers["Location"]
    assert "hx-trigger" in browser.get(page).text
    import_id = page.rsplit("/", 1)[1]
    run_jobs(firm, import_id)
    preview = browser.get(page).text
    assert "1-1-203" in preview and "199****50" in preview and "1990000050" not in preview
    assert browser.get(page + "/columns").status_code == 200
    fixed = send(browser, page + "/cells", page, row="11", field="owner_phone", value="19900000501")
    assert fixed.status_code == 302
    with unit_of_work(firm) as uow:
        assert uow.session.get(ImportBatch, import_id).totals["with_issues"] == 15
    assert browser.get(page + "?row=91").status_code == 200
    report = browser.get(page + "/issues.xlsx")
    assert report.data[:2] == b"PK"
    assert send(browser, page + "/apply", page, community_name="锦绣花园").status_code == 302
    run_jobs(firm, import_id)
    for path in ("/rooms", "/rooms?q=knp", "/communities", "/imports/new", page, page + "?show=all"):
        assert browser.get(path).status_code == 200, path
    assert "孔宁平" in browser.get("/rooms?q=knp").text
    again = send(browser, "/imports/new", file=(io.BytesIO(book), BOOK))
    assert again.status_code == 409 and import_id in again.text


def test_pages_of_rooms_and_labels(browser, estate, firm, client_of):
    with unit_of_work(firm) as uow:
        room = uow.session.scalar(select(Room).where(Room.key == "1-1-101"))
        page, building = f"/rooms/{room.id}", f"/buildings/{room.building_id}"
        community = f"/communities/{room.community_id}"
    text = browser.get(page).text
    assert "孔宁平" in text and "199****9271" in text and "19900009271" not in text
    assert send(browser, page + "/notes", page, text="钥匙在前台").status_code == 302
    assert "钥匙在前台" in browser.get(page).text
    added = send(
        browser, page + "/people/new", name="林小雨", role="family", phones="", share="", starts_on=""
    )
    assert added.status_code == 302
    assert "林小雨" in browser.get(page).text
    wrong = send(
        browser, page + "/people/new", name="林", role="family", phones="123", share="", starts_on=""
    )
    assert wrong.status_code == 422
    for path in (
        building,
        page + "/edit",
        building + "/rooms/new",
        community + "/edit",
        community + "/buildings/new",
    ):
        assert browser.get(path).status_code == 200, path
    labels = browser.get(f"/labels?building={building.rsplit('/', 1)[1]}").text
    assert labels.count("aj-paper-label") == 145
    assert (
        browser.get(f"/labels?room={room.id}&size=70x50").text
        == browser.get(f"/labels?room={room.id}&size=70x50").text
    )
    assert browser.get(page + "/letter").status_code == 200
    assert browser.get(f"/labels?community={community.rsplit('/', 1)[1]}").status_code == 200


def test_a_scanned_code_activates_the_home(estate, firm, client_of):
    with unit_of_work(firm) as uow:
        room = uow.session.scalar(select(Room).where(Room.key == "1-1-101"))
        path = room_labels(uow, actor=SYSTEM, room_ids=[room.id])[0].path
        gate = community_label(uow, actor=SYSTEM, community_id=room.community_id).path
    phone = client_of(firm)
    shown = phone.get(path)
    assert shown.status_code == 200 and "1号楼1单元 101" in shown.text and "孔宁平" not in shown.text
    assert phone.get("/q/" + "x" * 16).status_code == 404
    foreign = send(phone, path, phone="19900008407", password=PASSWORD)
    assert foreign.status_code == 409
    for guess in ("", "8456", "455"):
        refused = send(phone, path, phone="19900009862", password=PASSWORD, id_tail=guess)
        assert refused.status_code == 409
    done = send(phone, path, phone="19900009862", password=PASSWORD, id_tail=" ８455")
    assert (done.status_code, done.headers["Location"]) == (302, f"/report?place=room:{room.id}")
    assert phone.get(path).headers["Location"] == f"/report?place=room:{room.id}"
    assert phone.get(gate).headers["Location"] == f"/report?place=community:{room.community_id}"
    headers = bearer(phone, "19900009862")
    own = phone.get("/api/v1/rooms", headers=headers).json["items"]
    assert [each["key"] for each in own] == ["1-1-101"]
    assert phone.get("/rooms").status_code == 403


def test_the_list_of_rooms_asks_a_fixed_number_of_times(estate, firm, kernel):
    client, headers, _id = estate
    seen: list[str] = []

    def note(connection, cursor, statement, *rest):
        seen.append(statement)

    engine = kernel.tenant_engine(firm)
    numbers = []
    event.listen(engine, "before_cursor_execute", note)
    try:
        for limit in (2, 200):
            client.get(f"/api/v1/rooms?limit={limit}", headers=headers)
            seen.clear()
            assert client.get(f"/api/v1/rooms?limit={limit}", headers=headers).status_code == 200
            numbers.append(len(seen))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert numbers[0] == numbers[1] <= 4
