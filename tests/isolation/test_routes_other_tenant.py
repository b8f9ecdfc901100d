"""Every route and method, asked by everybody of one firm with what belongs to another: as if it did not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from saas.web.api import document
from saas.web.routes import DeclaredRoute, declared_routes
from tenants.database import boot
from tenants.settings import Settings
from tests.isolation.walking import (
    ID_FIELDS,
    ID_PARAMETERS,
    PLAIN_PARAMETERS,
    SECRET_PARAMETERS,
    Browser,
    browsers,
    comparable,
    difference,
    filled,
    form_of,
    from_nowhere,
    from_world,
    holds_firm_values,
    photo_file,
    queries_of,
    strangers_words,
    untouched,
)
from tests.isolation.world import PASSWORD, World, make_world

# A body that would do, where an empty one is refused before anything is looked up.
STAFF = {"name": "钱一", "roles": ["technician"], "shift": "office"}
MONEY = {"amount": 100}
YUAN = {"amount": 100, "currency": "CNY"}
JSON: dict[str, dict[str, Any]] = {
    "estate_api.buildings_change": {"name": "二号楼"},
    "estate_api.buildings_create": {"key": "9"},
    "estate_api.communities_change": {"address": "花园路 2 号"},
    "estate_api.communities_create": {"name": "花园"},
    "estate_api.occupancies_create": {"role": "tenant", "name": "钱二"},
    "estate_api.occupancies_end": {"ends_on": "2026-12-01"},
    "estate_api.rooms_change": {"status": "vacant"},
    "estate_api.rooms_create": {"number": "909"},
    "estate_imports_api.imports_apply": {},
    "fees_bills_api.bill_lines_adjust": {"total": MONEY, "reason": "补"},
    "fees_bills_api.bill_lines_create": {"total": MONEY, "reason": "补"},
    "fees_bills_api.bill_lines_void": {"reason": "错"},
    "fees_bills_api.bill_runs_create": {"period": "2026-08"},
    "fees_meters_api.meters_create": {"number": "新表", "kind": "water"},
    "fees_meters_api.meters_swap": {
        "new_number": "新表",
        "on": "2026-11-01",
        "final_values": {"total": "901"},
    },
    "fees_meters_api.readings_create": {"value": "111", "read_on": "2026-11-20"},
    "fees_meters_api.readings_decide": {"decision": "correct", "value": "120"},
    "fees_payments_api.deposits_create": {"item_id": "{deposit_item}", "amount": YUAN, "channel": "cash"},
    "fees_payments_api.deposits_deduct": {"amount": YUAN, "reason": "坏", "evidence": "photo.jpg"},
    "fees_payments_api.deposits_return": {"amount": YUAN, "reason": "退"},
    "fees_payments_api.payments_cancel": {"reason": "错"},
    "fees_payments_api.payments_create": {
        "amount": YUAN,
        "channel": "cash",
        "only_prepaid": True,
        "rest_to": {"room_id": "{room}", "debtor_name": "钱四"},
    },
    "fees_payments_api.receipts_create": {"reason": "错"},
    "fees_payments_api.receipts_void": {"reason": "错"},
    "fees_payments_api.refunds_create": {"prepaid": YUAN, "reason": "退"},
    "fees_payments_api.refunds_decide": {"approve": True},
    "fees_setup_api.assignments_create": {"starts_on": "2026-02-01"},
    "fees_setup_api.assignments_end": {"ends_on": "2027-01-01"},
    "fees_setup_api.discounts_decide": {"approve": True},
    "fees_setup_api.discounts_request": {"kind": "rate", "value": "0.9", "reason": "好"},
    "fees_setup_api.fee_items_change": {"name": "费"},
    "fees_setup_api.fee_items_create": {"code": "else", "name": "费", "pricing": "fixed"},
    "fees_setup_api.rules_create": {"selector": {}, "starts_on": "2026-02-01"},
    "fees_setup_api.rules_end": {"ends_on": "2027-01-01"},
    "fees_setup_api.tariffs_set": {"starts_on": "2026-02-01", "price": "1"},
    "people_persons_api.persons_create": {"name": "钱三"},
    "people_persons_api.persons_reveal": {"what": "phone", "reason": "repair"},
    "people_staff_api.staff_change": STAFF,
    "people_staff_api.staff_create": STAFF,
    "repairs_api.order_classify": {"category": "plumbing", "urgency": "normal"},
    "repairs_api.order_contact": {},
    "repairs_api.order_create": {"text": "水管漏水", "place": "大堂"},
    "repairs_api.order_dispatch": {},
    "repairs_api.order_join": {},
    "repairs_api.order_step": {"to": "triaged", "note": "好"},
}
FORMS: dict[str, dict[str, Any]] = {
    "people.activation_send": {"password": PASSWORD, "password_again": PASSWORD},
    "people.staff_change": {"name": "钱一", "roles": "technician", "shift": "office"},
    "people.person_reveal_send": {"reason": "repair"},
    "notices.save_wording": {"title": "好", "body": "好"},
}
# A ticket that is not known leads to the sign-in.
ELSE_THAN_404 = {
    "people.enter_with_ticket": {302},
}
LISTS = ("communities", "buildings", "item_ids", "line_ids", "room_ids")
# These end the very session that asks.
LEAVES_THE_FIRM = {
    "people.logout", "people.account_logout_everywhere", "people_access_api.end_token", "people_access_api.end_all_tokens",
}  # fmt: skip
# For a room, the room itself says where it is.
NOT_READ = {("fees_bills_api.bill_lines_create", field) for field in ("community_id", "room_id")}
EVER_CHANGING = {"/metrics"}
# Asking opens the session of somebody else, so the next one would not be the same role any more.
SPENT = {"/enter/<ticket>"}


@pytest.fixture(scope="module")
def worlds(app: Flask, migrated: Settings) -> tuple[World, World]:
    """Our firm, and the other one."""
    boot(migrated)
    return make_world("鸩羽甲", "139770001"), make_world("鸾鹊乙", "138660002")


@pytest.fixture(autouse=True)
def _answers_instead_of_exceptions(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)


@pytest.fixture(scope="module")
def routes(app: Flask) -> list[DeclaredRoute]:
    """All that can be asked for."""
    return declared_routes(app)


def body_of(route: DeclaredRoute, value_of: Callable[[str], str] | None = None) -> dict[str, Any]:
    """Keyword arguments of the request; with `value_of` a form carries ids in all fields that could hold one."""
    if route.method == "GET":
        return {}
    if route.rule.endswith("/photos"):
        form = {"photo": photo_file(), "photos": photo_file(), "client_id": "p1"}
        return {"data": form, "content_type": "multipart/form-data"}
    if route.rule.startswith("/api/"):
        return {"json": JSON.get(route.endpoint, {})}
    base = FORMS.get(route.endpoint, {})
    return {"data": form_of(value_of, base) if value_of else base}


def test_every_path_parameter_is_known(routes: list[DeclaredRoute]) -> None:
    known = set(ID_PARAMETERS) | set(PLAIN_PARAMETERS) | {name for _, name in SECRET_PARAMETERS}
    strange = {(route.rule, name) for route in routes for name in route.arguments if name not in known}
    loose = {route.rule for route in routes if "token" in route.arguments} - {
        rule for rule, _ in SECRET_PARAMETERS
    }
    assert (strange, loose) == (set(), set()), "say in tests/isolation/walking.py what these name"


def test_what_is_our_own_is_there(
    app: Flask, worlds: tuple[World, World], routes: list[DeclaredRoute]
) -> None:
    """The other walks would prove nothing if our own ids were not found either."""
    ours, _ = worlds
    shut = {route.rule for route in routes if holds_firm_values(route) and route.method == "GET"} - SPENT
    for order in ("order", "working_order", "finished_order"):
        for browser in browsers(app, ours):
            for rule in sorted(shut):
                route = next(each for each in routes if each.rule == rule and each.method == "GET")
                path, _asked = filled(app, route, with_order(ours, order))
                if browser.ask("GET", path).status_code < 400:
                    shut.remove(rule)
    assert shut == set()


def with_order(world: World, order: str) -> Callable[[str], str]:
    """Our own values, with the order in one state or another."""
    return lambda name: from_world(world)(order if name == "order" else name)


def test_what_belongs_to_another_firm_does_not_exist(
    app: Flask, worlds: tuple[World, World], routes: list[DeclaredRoute]
) -> None:
    ours, theirs = worlds
    wrong: list[Any] = []
    with untouched(theirs, ours):
        for browser in browsers(app, ours):
            for route in filter(holds_firm_values, routes):
                wrong += differences(app, browser, route, theirs)
    assert not wrong, "\n".join(map(str, wrong))


def differences(app: Flask, browser: Browser, route: DeclaredRoute, theirs: World) -> list[Any]:
    """Where asking for theirs is not like asking for nothing."""
    path, asked = filled(app, route, from_world(theirs))
    empty_path, nothing = filled(app, route, from_nowhere(theirs))
    answer = browser.ask(route.method, path, **body_of(route))
    empty = browser.ask(route.method, empty_path, **body_of(route))
    where = (browser.role, route.method, route.rule)
    found: list[Any] = []
    unlike = difference(comparable(answer, list(asked.values())), comparable(empty, list(nothing.values())))
    if unlike:
        found.append((*where, "differs", unlike))
    told = strangers_words(answer, theirs, list(asked.values()))
    if told:
        found.append((*where, "tells", told))
    expected = ELSE_THAN_404.get(route.endpoint, {404}) | (
        {403} if route.access and route.access.permission else set()
    )
    if answer.status_code not in expected or (browser.role == "administrator" and answer.status_code == 403):
        found.append((*where, "answers", answer.status_code, answer.get_data(as_text=True)[:300]))
    return found


def test_ids_in_bodies_and_queries_of_another_firm_are_unknown(
    app: Flask, worlds: tuple[World, World], routes: list[DeclaredRoute]
) -> None:
    ours, theirs = worlds
    wrong: list[Any] = []
    with untouched(theirs, ours):
        for browser in browsers(app, ours):
            for route in routes:
                if route.method == "GET" and route.rule not in EVER_CHANGING:
                    wrong += query_differences(app, browser, route, theirs)
                elif (
                    route.method != "GET"
                    and route.endpoint not in LEAVES_THE_FIRM
                    and "token" not in route.arguments
                ):
                    wrong += body_differences(app, browser, route, theirs)
    assert not wrong, "\n".join(map(str, wrong))


def query_differences(app: Flask, browser: Browser, route: DeclaredRoute, theirs: World) -> list[Any]:
    """Every filter of every list and form with their ids, against ids of nothing."""
    path, _own = filled(app, route, from_world(browser.world))
    told = []
    for value_of in (from_world(theirs), from_nowhere(theirs)):
        query = queries_of(value_of)
        answer = browser.ask("GET", path, query_string=query)
        told.append(comparable(answer, list(query.values())))
        leaks = strangers_words(answer, theirs, list(query.values()))
        if leaks or answer.status_code >= 500:
            return [(browser.role, route.rule, "tells", answer.status_code, leaks)]
    unlike = difference(*told)
    return [(browser.role, route.rule, "differs", unlike)] if unlike else []


def body_differences(app: Flask, browser: Browser, route: DeclaredRoute, theirs: World) -> list[Any]:
    """Our own place in the path, their ids in the body: nothing is taken, told or broken."""
    path, _ = filled(app, route, from_world(browser.world))
    value_of, found = from_world(theirs), []
    for field, sent in bodies(app, browser, route, value_of):
        answer = browser.ask(route.method, path, **sent)
        taken = field != "" and answer.status_code < 400 and (route.endpoint, field) not in NOT_READ
        told = strangers_words(
            answer, theirs, list(theirs.texts.values()) + [str(each) for each in theirs.ids.values()]
        )
        if taken or told or answer.status_code >= 500:
            found.append((browser.role, route.method, route.rule, field, answer.status_code, told))
    return found


def bodies(
    app: Flask, browser: Browser, route: DeclaredRoute, value_of: Callable[[str], str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Forms carry ids in all fields at once; documents of the API one after the other, by their schema."""
    if not route.rule.startswith("/api/"):
        yield "", {"data": form_of(value_of, FORMS.get(route.endpoint, {}))}
        return
    own = from_world(browser.world)
    fields = id_fields(document(app), route)
    base = {name: own(ID_FIELDS[name]) for name, needed in fields.items() if needed}
    base |= with_ids(JSON.get(route.endpoint, {}), browser.world)
    for name in fields:
        value = value_of(ID_FIELDS[name])
        yield name, {"json": base | {name: [value] if name in LISTS else value}}


def with_ids(body: dict[str, Any], world: World) -> dict[str, Any]:
    """The body with `{name}` filled by that world's id of the name."""
    return {
        name: with_ids(value, world) if isinstance(value, dict)
        else value.format(**world.ids) if isinstance(value, str)
        else value
        for name, value in body.items()
    }  # fmt: skip


def id_fields(spec: dict[str, Any], route: DeclaredRoute) -> dict[str, bool]:
    """Names of the body's fields that hold ids, and whether they must be there."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule)
    content = spec["paths"][path][route.method.lower()].get("requestBody", {}).get("content", {})
    schema = next((each["schema"] for each in content.values()), {})
    while "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    properties = schema.get("properties", {})
    holds_id = {name for name, each in properties.items() if "uuid" in str(each)}
    return {name: name in schema.get("required", ()) for name in sorted(holds_id)}


def test_a_session_or_token_of_one_firm_opens_nothing_of_another(
    app: Flask, worlds: tuple[World, World], routes: list[DeclaredRoute]
) -> None:
    ours, theirs = worlds
    wrong: list[Any] = []
    with untouched(theirs, ours):
        for browser in browsers(app, ours, host=theirs.host):
            for route in routes:
                if route.access and route.access.kind != "public":
                    path, _asked = filled(app, route, from_world(theirs))
                    answer = browser.ask(route.method, path, **body_of(route, from_world(theirs)))
                    told = [
                        word for word in (theirs.mark, theirs.phone) if word in answer.get_data(as_text=True)
                    ]
                    if not is_shut(route, answer) or (told and answer.status_code != 302):
                        wrong.append((browser.role, route.method, route.rule, answer.status_code, told))
    assert not wrong, "\n".join(map(str, wrong))


def is_shut(route: DeclaredRoute, answer: TestResponse) -> bool:
    """The API says 401, a page sends to the sign-in."""
    if route.rule.startswith("/api/"):
        return answer.status_code == 401
    return answer.status_code == 302 and answer.headers["Location"].startswith("/login")
