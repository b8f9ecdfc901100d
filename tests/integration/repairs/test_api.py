"""REST: the road by curl's eyes, foreign ids, versions, idempotency, photos."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import event, func, select

from saas.repairs.models import RepairOrder
from saas.repairs.queries.board import load_board
from saas.repairs.queries.mine import technician_today
from saas.repairs.queries.orders import list_orders
from tenants.kernel_models import AuditEntry

from .conftest import PASSWORD, Firm

TEXT = "厨房下水管接头漏水，柜底已经泡湿"


class Caller:
    """Somebody with an API token at the firm's host."""

    def __init__(self, client, name: str) -> None:
        self.client = client
        answer = client.post("/api/v1/auth/login", json={"identifier": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        self.headers = {"Authorization": f"Bearer {answer.get_json()['token']}"}

    def get(self, path: str, **more):
        return self.client.get(f"/api/v1/repairs{path}", headers=self.headers, **more)

    def post(self, path: str = "", json=None, headers=None, **more):
        sent = {**self.headers, **(headers or {})}
        return self.client.post(f"/api/v1/repairs{path}", json=json, headers=sent, **more)


@pytest.fixture
def callers(firm: Firm, client_of):
    """A token for each name, at the firm's host."""
    return lambda *names: [Caller(client_of(firm.tenant), name) for name in names]


def picture() -> BytesIO:
    """A small photo with metadata in it."""
    out = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(out, "JPEG", exif=Image.Exif())
    return BytesIO(out.getvalue())


def test_the_whole_road(firm, callers):
    resident, chen, desk = callers("resident", "chen", "desk")
    made = resident.post(json={"text": TEXT, "room_id": str(firm.ids["room"])})
    assert made.status_code == 201
    order = made.get_json()
    assert (order["number"], order["state"], order["category"]) == ("R-202611-0001", "dispatched", "plumbing")
    path = f"/{order['id']}"
    assert [item["id"] for item in chen.get("").get_json()["items"]] == [order["id"]]
    for to, given in (
        ("accepted", {}),
        ("en_route", {"eta_minutes": 10}),
        ("working", {"arrival": {"by": "word"}}),
        ("finished", {"note": "换了弯头"}),
    ):
        answer = chen.post(f"{path}/transitions", {"to": to, **given})
        assert (answer.status_code, answer.get_json()["state"]) == (200, to)
    rated = resident.post(f"{path}/transitions", {"to": "rated", "attitude": 5, "speed": 4, "quality": 5})
    assert rated.get_json()["rating"]["speed"] == 4
    assert desk.post(f"{path}/transitions", {"to": "closed"}).get_json()["state"] == "closed"
    events = desk.get(f"{path}/events").get_json()["items"]
    assert [line["to_state"] for line in events if line["kind"] == "transition"] == [
        "submitted",
        "triaged",
        "dispatched",
        "accepted",
        "en_route",
        "working",
        "finished",
        "rated",
        "closed",
    ]


def test_actions_say_what_the_caller_may_do(firm, callers):
    resident, chen = callers("resident", "chen")
    order = resident.post(json={"text": TEXT, "room_id": str(firm.ids["room"])}).get_json()
    assert [action["to"] for action in order["actions"]] == ["cancelled"]
    assert {a["to"] for a in chen.get(f"/{order['id']}").get_json()["actions"]} == {"accepted", "returned"}


def test_foreign_and_unknown_ids_answer_alike(firm, other_firm, callers, client_of):
    stranger = Caller(client_of(other_firm.tenant), "admin")
    (neighbour,) = callers("neighbour")
    order = firm.report().order.id
    for who in (stranger, neighbour):
        for path, body in (
            ("", None),
            ("/events", None),
            ("/similar", None),
            ("/transitions", {"to": "cancelled"}),
            ("/join", {}),
            ("/contact", {}),
        ):
            mine = who.get(f"/{order}{path}") if body is None else who.post(f"/{order}{path}", body)
            nobody = "0192f0c1-0000-7000-8000-000000000000"
            unknown = who.get(f"/{nobody}{path}") if body is None else who.post(f"/{nobody}{path}", body)
            assert (mine.status_code, mine.get_json()) == (unknown.status_code, unknown.get_json())
            assert mine.status_code == 404


def test_a_room_of_somebody_else_is_unknown(firm, callers):
    (resident,) = callers("resident")
    assert resident.post(json={"text": TEXT, "room_id": str(firm.ids["room_7"])}).status_code == 404


def test_what_is_missing_is_said_at_its_field(firm, callers):
    (resident,) = callers("resident")
    assert set(resident.post(json={"text": TEXT}).get_json()["fields"]) == {"place"}
    assert resident.post(json={"text": "", "room_id": str(firm.ids["room"])}).status_code == 422


def test_an_idempotency_key_gives_the_same_answer_once(firm, callers):
    (resident,) = callers("resident")
    body, key = {"text": TEXT, "room_id": str(firm.ids["room"])}, {"Idempotency-Key": "k-1"}
    first, second = resident.post(json=body, headers=key), resident.post(json=body, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.get_json() == second.get_json()
    assert resident.post(json={**body, "text": "别的"}, headers=key).status_code == 422
    with firm.work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(RepairOrder)) == 1


def test_a_step_on_an_old_version_is_refused(firm, callers):
    chen, desk = callers("chen", "desk")
    order_id = firm.report().order.id
    seen = desk.get(f"/{order_id}").headers["ETag"]
    assert chen.post(f"/{order_id}/transitions", {"to": "accepted"}).status_code == 200
    late = desk.post(f"/{order_id}/classification", {"urgency": "low"}, headers={"If-Match": seen})
    assert (late.status_code, late.get_json()["code"]) == (409, "version_conflict")


def test_a_photo_sent_twice_is_kept_once_without_its_metadata(firm, callers):
    resident, chen, neighbour = callers("resident", "chen", "neighbour")
    order_id = firm.report().order.id
    sent = [
        resident.client.post(
            f"/api/v1/repairs/{order_id}/photos",
            headers=resident.headers,
            data={"client_id": "p-1", "photo": (picture(), "x.jpg")},
            content_type="multipart/form-data",
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].get_json() == sent[1].get_json()
    url = sent[0].get_json()["thumbnail_url"].removeprefix("/api/v1/repairs")
    seen = chen.get(url)
    assert (seen.mimetype, Image.open(BytesIO(seen.data)).size) == ("image/jpeg", (400, 300))
    assert neighbour.get(url).status_code == 404


def test_candidates_are_for_the_front_desk(firm, callers):
    desk, chen = callers("desk", "chen")
    order_id = firm.report().order.id
    rows = desk.get(f"/{order_id}/candidates").get_json()["items"]
    assert [(row["name"], row["state"], row["left_out_because"]) for row in rows] == [
        ("陈志强", "offered", None),
        ("吴敏", "listed", None),
        ("刘建国", "left_out", "skill"),
    ]
    assert rows[0]["score"] > rows[1]["score"] > 0
    assert chen.get(f"/{order_id}/candidates").status_code == 403


def test_a_technician_who_declines_loses_sight_of_the_order(firm, callers):
    (chen,) = callers("chen")
    order_id = firm.report().order.id
    assert chen.post(f"/{order_id}/transitions", {"to": "returned"}).status_code == 422
    assert chen.post(f"/{order_id}/transitions", {"to": "returned", "note": "在高空"}).status_code == 204
    assert chen.get(f"/{order_id}").status_code == 404


def test_the_number_behind_the_call_button_leaves_a_record(firm, callers):
    (chen,) = callers("chen")
    order_id = firm.report().order.id
    assert chen.post(f"/{order_id}/contact", {}).status_code == 403
    chen.post(f"/{order_id}/transitions", {"to": "accepted"})
    assert chen.post(f"/{order_id}/contact", {}).get_json() == {"phone": "13800000617"}
    with firm.work() as uow:
        entry = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "repairs.reveal_contact")
        ).one()
    assert (entry.subject_id, entry.details) == (order_id, {"whose": "reporter", "reason": "call"})


def test_a_list_is_paged_by_cursor(firm, callers):
    (desk,) = callers("desk")
    made = [str(firm.report("卧室插座没电").order.id) for _ in range(4)]
    page = desk.get("?limit=3").get_json()
    rest = desk.get(f"?limit=3&cursor={page['next_cursor']}").get_json()
    assert [item["id"] for item in page["items"] + rest["items"]] == sorted(made, reverse=True)
    assert rest["next_cursor"] is None


def test_lists_and_board_cost_the_same_number_of_statements_for_one_or_many(firm):
    firm.report("卧室插座没电")
    few = statements(firm)
    for _ in range(6):
        firm.report("卧室插座没电")
    assert statements(firm) == few
    assert few <= 18


def statements(firm: Firm) -> int:
    """How many statements a list, the board and a technician's day take together."""
    seen: list[str] = []
    with firm.work() as uow:
        engine = uow.session.connection().engine
        note = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", note)
        list_orders(uow, actor=firm.actors["desk"])
        load_board(uow, actor=firm.actors["desk"])
        technician_today(uow, actor=firm.actors["chen"])
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)
