"""The phones of residents and technicians as a browser sees them: both languages, double taps, strangers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from saas.core import actors
from saas.core.actors import Actor
from saas.people.services.accounts import Contact, make_account
from saas.people.services.roles import actor_of
from saas.repairs.models import RepairFollower, RepairOrder, RepairPhoto, RepairRating
from saas.repairs.queries.mine import technician_today
from tenants.unit_of_work import unit_of_work
from tests.integration.repairs.conftest import Firm

LEAK = "厨房下水管接头漏水，柜底已经泡湿"
Browser = Callable[..., FlaskClient]


@pytest.fixture
def browser(firm: Firm, client_of: Callable, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """A phone of somebody of the firm, in one language."""

    def sign_in(who: str | Actor, language: str = "zh_Hans_CN") -> FlaskClient:
        actor = who if isinstance(who, Actor) else firm.actors[who]
        monkeypatch.setattr(actors, "_resolvers", [lambda request: actor])
        client = client_of(firm.tenant)
        client.set_cookie("anju_locale", language, domain=client.host)
        found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/account").text)
        assert found
        client.environ_base["HTTP_X_CSRFTOKEN"] = found.group(1)
        return client

    yield sign_in


def picture() -> BytesIO:
    """A small photo."""
    out = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG")
    out.seek(0)
    return out


def form(firm: Firm, **more: object) -> dict[str, object]:
    """A filled report."""
    return {
        "text": LEAK,
        "place": f"room:{firm.ids['room']}",
        "when": "now",
        "request_id": str(uuid4()),
    } | more


def orders(firm: Firm) -> int:
    with unit_of_work(firm.tenant) as uow:
        return uow.session.scalar(select(func.count()).select_from(RepairOrder)) or 0


def state(firm: Firm, order_id: UUID) -> str:
    with unit_of_work(firm.tenant) as uow:
        return uow.session.scalars(select(RepairOrder.state).where(RepairOrder.id == order_id)).one()


def offered_order(firm: Firm) -> tuple[UUID, str]:
    """A reported order and who is asked for it."""
    order_id = firm.report().order.id
    for name in ("chen", "wu"):
        with firm.work() as uow:
            if technician_today(uow, actor=firm.actors[name]).offers:
                return order_id, name
    raise AssertionError("nobody was asked")


def to_state(firm: Firm, *states: str) -> tuple[UUID, str]:
    """An order brought along by its technician."""
    order_id, name = offered_order(firm)
    for each in states:
        firm.step(order_id, each, name)
    return order_id, name


@pytest.mark.parametrize(("language", "word"), [("zh_Hans_CN", "报修"), ("en", "Report")])
def test_resident_pages_in_both_languages(firm: Firm, browser: Browser, language: str, word: str) -> None:
    order_id, _name = to_state(firm, "accepted", "en_route")
    client = browser("resident", language)
    for path in ("/home", "/report", "/orders", f"/orders/{order_id}", f"/orders/{order_id}/photos"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert word in answer.text or "photos" in path, path
        if language == "en":
            # The names, the place and what was said stay as they are.
            shown = re.sub(r"<(script|template)[^>]*>.*?</\1>", "", answer.text, flags=re.S)
            for known in (
                LEAK,
                "周慧敏",
                "锦绣花园",
                "3号楼2单元",
                "陈志强",
                "吴敏",
                "试验物业",
                "中文",
                "号楼",
                "单元",
            ):
                shown = shown.replace(known, "").replace(known[:1] + "…", "")
            left = re.findall(r"[\u4e00-\u9fff]{2,}", shown)
            assert not [words for words in left if words not in LEAK], (path, left)


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_technician_pages_in_both_languages(firm: Firm, browser: Browser, language: str) -> None:
    order_id, name = to_state(firm, "accepted", "en_route", "working")
    client = browser(name, language)
    for path in (
        "/tasks",
        f"/tasks/{order_id}",
        f"/tasks/{order_id}/pause",
        f"/tasks/{order_id}/return",
        f"/tasks/{order_id}/finish",
        "/tasks/scan",
        "/tasks/scan?code=https://x/q/nothing",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert ("Scan" in answer.text) is (language == "en"), path


def test_a_double_tap_makes_one_order(firm: Firm, browser: Browser) -> None:
    client, sent = browser("resident"), form(firm)
    first = client.post("/report", data=sent | {"photos": [(picture(), "a.jpg")]})
    again = client.post("/report", data=sent | {"photos": [(picture(), "a.jpg")]})
    assert first.status_code == again.status_code == 302
    assert first.location == again.location
    assert orders(firm) == 1
    with unit_of_work(firm.tenant) as uow:
        assert uow.session.scalar(select(func.count()).select_from(RepairPhoto)) == 1
        photo_id = uow.session.scalars(select(RepairPhoto.id)).one()
    order_id = first.location.rpartition("/")[2]
    shown = client.get(f"/photos/{order_id}/{photo_id}?size=small")
    assert shown.mimetype == "image/jpeg"
    assert "private" in shown.headers["Cache-Control"]
    assert browser("neighbour").get(f"/photos/{order_id}/{photo_id}").status_code == 404


def test_a_photo_that_fails_leaves_the_words_safe(firm: Firm, browser: Browser) -> None:
    client = browser("resident")
    answer = client.post("/report", data=form(firm) | {"photos": [(BytesIO(b"no picture"), "a.jpg")]})
    assert answer.status_code == 302
    assert "文字已保存" in client.get(answer.location).text
    alone = client.post("/report", data=form(firm, text="") | {"photos": [(BytesIO(b"no picture"), "a.jpg")]})
    assert alone.status_code == 422


def test_errors_keep_what_was_typed(firm: Firm, browser: Browser) -> None:
    client = browser("resident")
    place = f"community:{firm.ids['community']}"
    answer = client.post("/report", data=form(firm, place=place, when="time", wished_at="2020-01-01T10:00"))
    assert answer.status_code == 422
    assert LEAK in answer.text
    assert 'value="2020-01-01T10:00"' in answer.text
    nowhere = client.post("/report", data=form(firm, place=place))
    assert nowhere.status_code == 422
    assert "具体位置" in nowhere.text
    assert client.post("/report", data=form(firm, place=f"room:{firm.ids['room_7']}")).status_code == 404
    assert orders(firm) == 0


def test_preview_offers_to_join_what_is_reported_already(firm: Firm, browser: Browser) -> None:
    community = firm.ids["community"]
    text = "小区大门口的路灯不亮了"
    order_id = firm.report(text, community_id=community, place="大门口").order.id
    client = browser("neighbour")
    asked = {"text": text, "place": f"community:{community}"}
    shown = client.get(
        "/report/preview", query_string=asked, headers={"HX-Request": "true", "HX-Target": "preview"}
    )
    assert f"/orders/{order_id}/join" in shown.text
    assert client.get(f"/orders/{order_id}").status_code == 404
    assert client.post(f"/orders/{order_id}/join", data={"text": text}).status_code == 302
    assert client.get(f"/orders/{order_id}").status_code == 200
    with unit_of_work(firm.tenant) as uow:
        assert uow.session.scalar(select(func.count()).select_from(RepairFollower)) == 1


def test_strangers_get_nothing(firm: Firm, browser: Browser) -> None:
    order_id, name = to_state(firm, "accepted")
    client = browser("neighbour")
    for path in ("", "/photos", "/rate"):
        assert client.get(f"/orders/{order_id}{path}").status_code == 404, path
    for path in ("/call", "/cancel", "/join", "/rate"):
        assert (
            client.post(f"/orders/{order_id}{path}", data={"solved": "no", "words": "x"}).status_code == 404
        ), path
    assert client.get("/tasks").status_code == 403
    other = browser("liu")
    assert other.get(f"/tasks/{order_id}").status_code == 404
    assert other.post(f"/tasks/{order_id}/step", data={"to": "en_route"}).status_code == 404
    assert browser(name).get("/home").status_code == 403
    with unit_of_work(firm.tenant) as uow:
        account = make_account(uow, kind="resident", name="无权", contact=Contact())
        uow.session.flush()
        nobody = actor_of(account)
    bare = browser(nobody)
    assert {
        bare.get(path).status_code for path in ("/home", "/report", "/orders", "/tasks", "/tasks/scan")
    } == {403}


def test_technician_carries_an_order_to_the_rating(firm: Firm, browser: Browser) -> None:
    order_id, name = offered_order(firm)
    technician = browser(name)
    assert "接单" in technician.get("/tasks").text
    for to in ("accepted", "en_route", "working"):
        answer = technician.post(
            f"/tasks/{order_id}/step", data={"to": to, "lat": "31.2311", "lng": "121.4737"}
        )
        assert answer.status_code == 302
        assert state(firm, order_id) == to
    page = technician.get(f"/tasks/{order_id}/finish").text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page))
    done = fields | {"note": "换了弯头", "photos": [(picture(), "b.jpg")]}
    assert technician.post(f"/tasks/{order_id}/finish", data=done).status_code == 302
    assert state(firm, order_id) == "finished"
    resident = browser("resident")
    assert f"/orders/{order_id}/rate" in resident.get("/home").text
    assert resident.get(f"/orders/{order_id}/rate").status_code == 200
    assert resident.post(f"/orders/{order_id}/rate", data={"solved": "yes"}).status_code == 422
    marks = {
        "solved": "yes",
        "attitude": "5",
        "speed": "4",
        "quality": "5",
        "praise": ["on_time"],
        "words": "谢谢",
    }
    assert resident.post(f"/orders/{order_id}/rate", data=marks).status_code == 302
    assert state(firm, order_id) == "rated"
    with unit_of_work(firm.tenant) as uow:
        assert uow.session.scalars(select(RepairRating)).one().speed == 4


def test_a_step_that_is_too_late_says_so(firm: Firm, browser: Browser) -> None:
    order_id, name = to_state(firm, "accepted")
    client = browser(name)
    stale = client.post(
        f"/tasks/{order_id}/step", data={"to": "en_route", "version": "1"}, follow_redirects=True
    )
    assert stale.status_code == 200
    assert "刚刚有变化" in stale.text
    refused = client.post(f"/tasks/{order_id}/step", data={"to": "accepted"}, follow_redirects=True)
    assert refused.status_code == 200
    assert state(firm, order_id) == "accepted"
    browser("resident").post(f"/orders/{order_id}/cancel")
    assert state(firm, order_id) == "cancelled"
    gone = browser(name).post(f"/tasks/{order_id}/step", data={"to": "en_route"}, follow_redirects=True)
    assert gone.status_code == 200


def test_not_solved_sends_it_out_again(firm: Firm, browser: Browser) -> None:
    order_id, _name = to_state(firm, "accepted", "en_route", "working", "finished")
    client = browser("resident")
    assert client.post(f"/orders/{order_id}/rate", data={"solved": "no", "words": ""}).status_code == 422
    assert (
        client.post(f"/orders/{order_id}/rate", data={"solved": "no", "words": "还在漏"}).status_code == 302
    )
    assert state(firm, order_id) in ("reopened", "dispatched", "triaged")


def test_an_unchanged_page_costs_a_304(firm: Firm, browser: Browser) -> None:
    order_id, name = to_state(firm, "accepted")
    for client, path in ((browser("resident"), f"/orders/{order_id}"), (browser(name), "/tasks")):
        client = browser("resident") if path.startswith("/orders") else browser(name)
        first = client.get(path)
        same = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert same.status_code == 304
    firm.step(order_id, "en_route", name)
    assert browser(name).get("/tasks", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
