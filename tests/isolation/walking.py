"""How the route walkers ask: every rule's parameters filled from a world, answers made comparable."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from saas.web.routes import DeclaredRoute
from tenants.orm import TenantBase
from tenants.unit_of_work import unit_of_work
from tests.conftest import HostClient
from tests.isolation.world import ROLES, World, picture

# What a path parameter names in a world; a new name has to be told here, or the walk fails.
ID_PARAMETERS = {
    "assignment_id": "assignment",
    "concession_id": "concession",
    "item_id": "fee_item",
    "line_id": "bill_line",
    "rule_id": "rule",
    "run_id": "bill_run",
    "tariff_id": "tariff",
    "building_id": "building",
    "community_id": "community",
    "deposit_id": "deposit",
    "import_id": "import",
    "message_id": "message",
    "meter_id": "meter",
    "occupancy_id": "occupancy",
    "order_id": "order",
    "other_id": "finished_order",
    "payment_id": "payment",
    "person_id": "person",
    "photo_id": "photo",
    "reading_id": "reading",
    "receipt_id": "receipt",
    "refund_id": "refund",
    "room_id": "room",
    "session_id": "session",
    "staff_id": "staff",
}
SECRET_PARAMETERS = {
    ("/q/<token>", "token"): "place_token",
    ("/activate/<token>", "token"): "activation",
    ("/enter/<ticket>", "ticket"): "ticket",
}
# Names that mean something else in some place.
ELSEWHERE = {
    ("/readings/imports/", "import_id"): "reading_list",
}
PLAIN_ELSEWHERE = {
    ("/reports/", "name"): "receivable",
}
PLAIN_PARAMETERS = {
    "category": "plumbing",
    "code": "repairs.accepted_resident",
    "language": "en",
    "what": "phone",
    "version": "0",
    "path": "css/base.css",
    "name": "unknown.eml",
}
# What a form or a document of the API may carry besides, by the name of its field.
ID_FIELDS = {
    "assignment_id": "assignment",
    "item_id": "fee_item",
    "item_ids": "fee_item",
    "line_id": "bill_line",
    "line_ids": "bill_line",
    "meter_id": "meter",
    "object_id": "room",
    "payer_id": "person",
    "payment_id": "payment",
    "replaces_id": "receipt",
    "room_ids": "room",
    "building_id": "building",
    "buildings": "building",
    "communities": "community",
    "community_id": "community",
    "person_id": "person",
    "room_id": "room",
    "staff_id": "target_staff",
    "technician_id": "target_staff",
}
FORM_IDS = ID_FIELDS | {
    "building": "building",
    "community": "community",
    "into": "order",
    "occupancy_id": "occupancy",
    "order_id": "order",
    "order_ids": "order",
    "person": "person",
    "photo_id": "photo",
    "room": "room",
    "staff": "target_staff",
    "technician": "target_staff",
    "who": "target_staff",
}

Asked = dict[str, str]
TOKENS = re.compile(
    r"[\w-]{30,}\.[\w-]{5,}\.[\w-]{20,}|(?<=value=\")[0-9a-f-]{36}(?=\")|https?://[\w.-]+localhost"
)
# A word from the request before, shown once by whichever page comes next.
TOASTS = re.compile(r'id="toasts".*')
WAY_BACK = re.compile(r'name="next" value="[^"]*"')
MOMENTS = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)?|\?v=\w+")


def unknown_id() -> str:
    """An id of nothing, formed like ours."""
    return str(UUID(int=uuid4().int >> 8 | (0x01A206 << 104)))


@dataclass
class Browser:
    """One role of a firm at some host: pages with its cookie and a form token, the API with its bearer token."""

    app: Flask
    world: World
    role: str
    host: str
    _client: FlaskClient | None = field(default=None)
    _csrf: str = ""

    def _pages(self) -> FlaskClient:
        if self._client is None:
            self._client = HostClient(self.app, self.app.response_class)
            self._client.host = self.host
            self._client.set_cookie("anju_session", self.world.cookies[self.role], domain=self.host)
            self._csrf = self._client.get("/csrf").json["token"]
        return self._client

    def ask(self, method: str, path: str, **sent: Any) -> TestResponse:
        """Send as this role: `json`, `data` (a form) or nothing, `query_string`."""
        if path.startswith("/api/"):
            client = HostClient(self.app, self.app.response_class)
            client.host = self.host
            headers = {
                "Authorization": f"Bearer {self.world.tokens[self.role]}",
                "Idempotency-Key": uuid4().hex,
            }
            return client.open(path, method=method, headers=headers, **sent)
        client = self._pages()
        headers = {"Accept": "text/html"}
        if method not in ("GET", "HEAD", "OPTIONS"):
            headers["X-CSRFToken"] = self._csrf
        return client.open(path, method=method, headers=headers, **sent)


def browsers(app: Flask, world: World, host: str | None = None) -> list[Browser]:
    """One browser for each role."""
    return [Browser(app, world, role, host or world.host) for role in ROLES]


def filled(app: Flask, route: DeclaredRoute, value_of: Callable[[str], str]) -> tuple[str, Asked]:
    """The path with its parameters filled, and which values of a firm went into it."""
    asked: Asked = {}
    path = route.rule
    for name in sorted(route.arguments):
        value = plain_value(route.rule, name)
        if value is None or (route.rule, name) in SECRET_PARAMETERS:
            value = asked[name] = value_of(
                SECRET_PARAMETERS.get((route.rule, name), named_by(route.rule, name))
            )
        path = re.sub(rf"<(?:\w+:)?{name}>", value, path)
    return path, asked


def named_by(path: str, name: str) -> str:
    """What a path parameter names in a world."""
    other = (kind for (part, each), kind in ELSEWHERE.items() if each == name and part in path)
    return next(other, ID_PARAMETERS.get(name, ""))


def plain_value(path: str, name: str) -> str | None:
    """What stands for a path parameter that is no id."""
    other = (value for (part, each), value in PLAIN_ELSEWHERE.items() if each == name and part in path)
    return next(other, PLAIN_PARAMETERS.get(name))


def from_world(world: World) -> Callable[[str], str]:
    """Values of that firm."""
    return lambda name: world.texts[name] if name in world.texts else str(world.ids[name])


def from_nowhere(world: World) -> Callable[[str], str]:
    """Values of nothing, formed like those of that firm."""
    return lambda name: "x" * len(world.texts[name]) if name in world.texts else unknown_id()


def holds_firm_values(route: DeclaredRoute) -> bool:
    """Whether the path names something that belongs to a firm."""
    return any(name in ID_PARAMETERS or (route.rule, name) in SECRET_PARAMETERS for name in route.arguments)


def words_of(answer: TestResponse) -> str:
    """The body; of a picture what can be read in it."""
    return answer.get_data().decode("utf-8", "replace")


def comparable(answer: TestResponse, values: list[str]) -> tuple[int, str, str, tuple[str, ...]]:
    """Status, body and place to go without the asked values and what differs each time; names of the headers."""
    body = words_of(answer)
    location = answer.headers.get("Location", "")
    for value in sorted(values, key=len, reverse=True):
        body, location = body.replace(value, "<asked>"), location.replace(value, "<asked>")
    body = TOASTS.sub("<toasts>", body)
    body = MOMENTS.sub("<moment>", TOKENS.sub("<token>", WAY_BACK.sub("<next>", body)))
    return answer.status_code, body, location, tuple(sorted(set(answer.headers.keys()) - {"Set-Cookie"}))


def difference(one: tuple[Any, ...], other: tuple[Any, ...]) -> str:
    """The first place in which two comparable answers differ; empty when they are alike."""
    left, right = str(one), str(other)
    if left == right:
        return ""
    at = next(
        (place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    return f"{left[max(0, at - 60) : at + 60]!r} against {right[max(0, at - 60) : at + 60]!r}"


def strangers_words(answer: TestResponse, world: World, values: list[str]) -> list[str]:
    """What of that firm stands in body or headers, except the values that the asker named."""
    text = words_of(answer) + "\n" + str(answer.headers)
    for value in values:
        text = text.replace(value, "")
    return [canary for canary in world.canaries if canary in text]


def rows_of(world: World) -> dict[str, list[str]]:
    """Everything in the firm's tables, as text."""
    with unit_of_work(world.tenant, read_only=True) as uow:
        return {
            table.name: sorted(str(tuple(row)) for row in uow.session.execute(select(table)))
            for table in TenantBase.metadata.sorted_tables
        }


@contextmanager
def untouched(theirs: World, ours: World) -> Iterator[None]:
    """Nothing of theirs changes, and nothing of theirs comes into ours."""
    before = rows_of(theirs)
    yield
    assert rows_of(theirs) == before
    everything = "\n".join(row for rows in rows_of(ours).values() for row in rows)
    assert [canary for canary in theirs.canaries if canary in everything] == []


def form_of(world_values: Callable[[str], str], base: dict[str, Any]) -> dict[str, Any]:
    """A form that carries an id in every field that could hold one."""
    form = {name: world_values(kind) for name, kind in FORM_IDS.items()}
    return form | {"place": f"room:{world_values('room')}", "code": world_values("place_token")} | base


def photo_file() -> tuple[io.BytesIO, str]:
    """A photo for an upload."""
    return io.BytesIO(picture()), "photo.jpg"


def queries_of(value_of: Callable[[str], str]) -> dict[str, str]:
    """Every filter that could name something, at once."""
    query = {name: value_of(kind) for name, kind in FORM_IDS.items()}
    return query | {
        "place": f"room:{query['room']}",
        "selected": value_of("order"),
        "user": value_of("target_user"),
    }
