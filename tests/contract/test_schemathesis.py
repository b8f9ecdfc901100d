"""Schemathesis sends what the document allows to the application: it keeps its word, and each operation succeeds."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.test import TestResponse

from saas.people.models import UserAccount
from saas.people.services.sessions import open_session
from saas.web.api import document
from tenants.database import boot
from tenants.provisioning import keep_spares
from tenants.settings import Settings
from tenants.unit_of_work import unit_of_work
from tests.conftest import HostClient
from tests.isolation.fees_world import readings_csv
from tests.isolation.walking import ID_FIELDS, named_by, photo_file, plain_value
from tests.isolation.world import LISTS, PASSWORD, World, make_world

EXAMPLES = 6
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
BASE_HOST = {"POST /api/v1/signup"}
STAFF = {"name": "钱一", "roles": ["technician"], "shift": "office"}
MONEY = {"amount": 100, "currency": "CNY"}
# One request for each writing operation that has to succeed; `{name}` is an id of the world.
GOOD: dict[str, dict[str, Any]] = {
    "POST /api/v1/signup": {
        "request_id": "schemathesis",
        "firm_name": "顺和物业",
        "admin_name": "赵敏",
        "contact": "13900007788",
        "password": "quiet-river-77",
    },
    "POST /api/v1/auth/login": {"identifier": "{phone}", "password": PASSWORD},
    "POST /api/v1/auth/activate": {"secret": "{activation}", "password": "quiet-river-77"},
    "POST /api/v1/me/password": {"old_password": PASSWORD, "new_password": "quiet-river-78"},
    "POST /api/v1/communities": {"name": "新园"},
    "PATCH /api/v1/communities/{community_id}": {"address": "花园路 2 号"},
    "POST /api/v1/buildings": {"community_id": "{community}", "key": "8"},
    "PATCH /api/v1/buildings/{building_id}": {"name": "一号楼"},
    "POST /api/v1/rooms": {"building_id": "{building}", "number": "808", "unit": "1"},
    "PATCH /api/v1/rooms/{room_id}": {"status": "vacant"},
    "POST /api/v1/occupancies": {"room_id": "{room}", "role": "tenant", "name": "钱二"},
    "PATCH /api/v1/occupancies/{occupancy_id}": {"ends_on": "2030-01-01"},
    "POST /api/v1/persons": {"name": "钱三"},
    "POST /api/v1/persons/{person_id}/reveal": {"what": "phone", "reason": "repair"},
    "POST /api/v1/staff": STAFF,
    "PUT /api/v1/staff/{staff_id}": STAFF,
    "POST /api/v1/repairs": {"text": "水管漏水", "room_id": "{room}"},
    "POST /api/v1/repairs/{order_id}/transitions": {"to": "cancelled", "note": "重复了"},
    "POST /api/v1/repairs/{order_id}/dispatch": {"staff_id": "{target_staff}"},
    "POST /api/v1/repairs/{order_id}/classification": {"category": "plumbing", "urgency": "urgent"},
    "POST /api/v1/repairs/{order_id}/join": {"person_id": "{neighbour}"},
    "POST /api/v1/repairs/{order_id}/contact": {"reason": "call"},
    "POST /api/v1/imports/{import_id}/apply": {},
    "POST /api/v1/fee-items": {"code": "else", "name": "停车费", "pricing": "fixed"},
    "PATCH /api/v1/fee-items/{item_id}": {"name": "物业费"},
    "POST /api/v1/tariffs": {"item_id": "{fee_item}", "starts_on": "2027-01-01", "price": "2.50"},
    "POST /api/v1/assignments": {
        "item_id": "{fee_item}",
        "object_kind": "parking",
        "object_id": "{neighbour}",
        "object_key": "B1-01",
        "community_id": "{community}",
        "room_id": "{room}",
        "starts_on": "2026-02-01",
    },
    "POST /api/v1/assignments/{assignment_id}/end": {"ends_on": "2027-06-01"},
    "POST /api/v1/assignment-rules": {"item_id": "{fee_item}", "selector": {}, "starts_on": "2026-02-01"},
    "POST /api/v1/assignment-rules/{rule_id}/end": {"ends_on": "2027-01-01"},
    "POST /api/v1/assignment-rules/preview": {
        "item_id": "{fee_item}",
        "selector": {},
        "starts_on": "2026-02-01",
    },
    "POST /api/v1/tariffs/preview": {"item_id": "{fee_item}", "starts_on": "2027-02-01", "price": "2.60"},
    "POST /api/v1/bill-runs": {"period": "2026-08"},
    "POST /api/v1/bill-lines": {
        "item_id": "{fee_item}",
        "object_id": "{room}",
        "room_id": "{room}",
        "total": MONEY,
        "reason": "补收",
    },
    "POST /api/v1/bill-lines/{line_id}/adjustments": {"total": MONEY, "reason": "补收"},
    "POST /api/v1/bill-lines/{line_id}/void": {"reason": "开错了"},
    "POST /api/v1/discounts": {"kind": "rate", "value": "0.9", "room_id": "{room}", "reason": "老住户"},
    "POST /api/v1/payments": {"channel": "cash", "line_ids": ["{paid_line}"], "amount": MONEY},
    "POST /api/v1/refunds": {
        "payment_id": "{payment}",
        "lines": [{"line_id": "{paid_line}", "amount": MONEY}],
        "reason": "多收了",
    },
    "POST /api/v1/receipts": {"replaces_id": "{old_receipt}", "reason": "抬头写错"},
    "POST /api/v1/receipts/{receipt_id}/void": {"reason": "打印坏了"},
    "POST /api/v1/deposits": {
        "item_id": "{deposit_item}",
        "room_id": "{room}",
        "amount": MONEY,
        "channel": "pos",
    },
    "POST /api/v1/deposits/{deposit_id}/deductions": {
        "amount": MONEY,
        "reason": "墙面损坏",
        "evidence": "photo.jpg",
    },
    "POST /api/v1/deposits/{deposit_id}/returns": {"amount": MONEY, "reason": "验收合格"},
    "POST /api/v1/meters": {"number": "新表-9", "kind": "water", "room_id": "{room}"},
    "POST /api/v1/meters/{meter_id}/swap": {
        "new_number": "新表-8",
        "on": "2026-11-01",
        "final_values": {"total": "130"},
    },
    "POST /api/v1/readings": {"meter_id": "{meter}", "value": "122", "read_on": "2026-10-28"},
    "POST /api/v1/readings/{reading_id}/decision": {"decision": "correct", "value": "120.5", "note": "看错"},
}
GOOD_QUERY = {"GET /api/v1/persons": {"q": "鹡鸰"}}
# These need another person or another moment, and are tested where those are made.
NOT_HERE = {
    "POST /api/v1/discounts/{concession_id}/decision": "whoever asked for the discount may not decide it",
    "POST /api/v1/bill-runs/{run_id}/cancel": "drafting again after redraft is the worker's",
    "POST /api/v1/bill-runs/{run_id}/approve": "drafting again after redraft is the worker's",
    "POST /api/v1/bill-runs/{run_id}/publish": "drafting again after redraft is the worker's",
    "POST /api/v1/payments/{payment_id}/cancel": "payments at the desk succeed at once",
    "POST /api/v1/refunds/{refund_id}/decision": "whoever asked for the refund may not decide it",
    "DELETE /api/v1/tariffs/{tariff_id}": "lines were billed with it",
    "POST /api/v1/imports/{import_id}/undo": "undone right after the import is applied by the worker",
    "POST /api/v1/persons/{person_id}/invitation": "the resident of the world has a password already",
    "POST /api/v1/messages/{message_id}/read": "the message of the world is the technician's",
}  # fmt: skip
# What the good request leaves behind keeps others from succeeding, so these come last, in this order.
LAST = (
    "/receipts",
    "/pay-out",
    "/swap",
    "/redraft",
    "/approve",
    "/publish",
    "/void",
    "classification",
    "dispatch",
    "contact",
    "/photos",
    "join",
    "transitions",
    "deactivate",
    "reactivate",
    "/apply",
)


@pytest.fixture(scope="module")
def world(app: Flask, migrated: Settings) -> World:
    """A firm with something of everything."""
    boot(migrated)
    made = make_world("鹡鸰丁", "136440004")
    keep_spares(1)
    return made


@pytest.fixture(scope="module")
def schema(app: Flask) -> Any:
    """The document as schemathesis reads it."""
    return openapi.from_dict(document(app))


def label_of(operation: Any) -> str:
    """`GET /api/v1/rooms`."""
    return f"{operation.method.upper()} {operation.path}"


def operations(schema: Any) -> list[Any]:
    """All, those that change much at the end."""
    found = [result.ok() for result in schema.get_all_operations()]
    rank = {word: position for position, word in enumerate(LAST, start=1)}

    def late(operation: Any) -> int:
        return max((rank[word] for word in LAST if word in operation.path), default=0)

    return sorted(found, key=lambda operation: (late(operation), operation.path))


def fresh_token(world: World) -> str:
    """A token of the administrator's own, since some operations end it."""
    with unit_of_work(world.tenant) as uow:
        account = uow.session.get_one(UserAccount, world.ids["administrator_user"])
        return open_session(uow, account, "api").secret


def with_values(body: Any, values: dict[str, str]) -> Any:
    """The body with every `{name}` in it filled."""
    if isinstance(body, dict):
        return {name: with_values(value, values) for name, value in body.items()}
    if isinstance(body, list):
        return [with_values(value, values) for value in body]
    return body.format(**values) if isinstance(body, str) else body


class Caller:
    """Sends one operation's requests as the administrator."""

    def __init__(self, app: Flask, world: World, operation: Any) -> None:
        self.world, self.operation, self.label = world, operation, label_of(operation)
        self.client = HostClient(app, app.response_class)
        self.client.host = "localhost" if self.label in BASE_HOST else world.host
        self.headers = {} if self.label in BASE_HOST else {"Authorization": f"Bearer {fresh_token(world)}"}

    def path(self) -> str:
        """The address with our own ids."""
        path = str(self.operation.path)
        return re.sub(r"{(\w+)}", lambda found: self._place(path, found[1]), path)

    def _place(self, path: str, name: str) -> str:
        return plain_value(path, name) or str(self.world.ids[named_by(path, name)])

    def fuzz(self, case: Case) -> TestResponse:
        """What schemathesis made up, with ids of things that exist where it made up ids."""
        body = case.body if isinstance(case.body, dict) else None
        if body is not None and case.media_type == "application/json":
            body = {name: self._own(name, value) for name, value in body.items()}
            return self._send(json=body, query_string=case.query)
        return self._send(data=body, query_string=case.query)

    def good(self) -> TestResponse:
        """The request that has to succeed."""
        if self.label == "POST /api/v1/imports":
            book = (LISTS / "房屋业主台账.xlsx").open("rb")
            return self._send(data={"file": (book, "list.xlsx"), "community_name": "又一苑", "again": "true"})
        if self.label == "POST /api/v1/readings/imports":
            book = io.BytesIO(readings_csv("新表-3"))
            form = {"file": (book, "2026-10.csv"), "community_id": str(self.world.ids["community"])}
            return self._send(data=form)
        if self.label.endswith("/photos"):
            return self._send(data={"photo": photo_file(), "client_id": "p1"})
        values = {**self.world.texts, **{name: str(each) for name, each in self.world.ids.items()}}
        values["phone"] = self.world.number(0)
        body = GOOD.get(self.label)
        if body is not None:
            body = with_values(body, values)
        return self._send(json=body, query_string=GOOD_QUERY.get(self.label))

    def _own(self, name: str, value: Any) -> Any:
        if name not in ID_FIELDS or value in (None, []):
            return value
        own = str(self.world.ids[ID_FIELDS[name]])
        return [own] if isinstance(value, list) else own

    def _send(self, **sent: Any) -> TestResponse:
        headers = self.headers | {"Idempotency-Key": uuid4().hex}
        return self.client.open(self.path(), method=self.operation.method.upper(), headers=headers, **sent)


def test_every_operation_succeeds_once(
    app: Flask, world: World, schema: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run in which everything answers 404 would be green, too."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    failed = []
    for operation in operations(schema):
        caller = Caller(app, world, operation)
        if caller.label not in NOT_HERE:
            answer = caller.good()
            if not 200 <= answer.status_code < 300:
                failed.append(f"{caller.label}: {answer.status_code} {answer.get_data(as_text=True)[:300]}")
    assert not failed, "\n".join(failed)


def fuzz(caller: Caller) -> None:
    """Some requests of the document's making; raises at the first answer that the document does not know."""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=caller.operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def keeps_its_word(case: Case) -> None:
        case.validate_response(caller.fuzz(case), checks=CHECKS)

    keeps_its_word()


def test_the_application_keeps_the_word_of_its_document(
    app: Flask, world: World, schema: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    broken = []
    for operation in operations(schema):
        caller = Caller(app, world, operation)
        try:
            fuzz(caller)
        except (Exception, BaseExceptionGroup) as error:
            broken.append(f"{caller.label}: {str(error)[:500]}")
    assert not broken, "\n".join(broken)
