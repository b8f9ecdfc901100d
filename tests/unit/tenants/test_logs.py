"""Log records carry ids and no personal data."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from uuid import UUID

import pytest

from tenants import logs
from tenants.context import bound
from tenants.scrub import REMOVED, scrub, scrub_text
from tenants.tenant import Tenant

TENANT = Tenant(UUID("01890000-0000-7000-8000-00000000000a"), "jinxiu", "锦绣物业")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("INFO", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def records(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_names_tenant_request_and_job(stream: io.StringIO) -> None:
    with bound(TENANT), logs.log_context(request_id="r-1", job_id="j-1"):
        logs.get_logger("anju").info("order dispatched", order="R-202611-0042")
    (record,) = records(stream)
    assert record["tenant"] == str(TENANT.id)
    assert (record["request_id"], record["job_id"]) == ("r-1", "j-1")
    assert (record["event"], record["order"]) == ("order dispatched", "R-202611-0042")


def test_the_standard_library_is_scrubbed_too(stream: io.StringIO) -> None:
    logging.getLogger("library").warning("called %s for %s", "13912345678", "11010119900307123X")
    (record,) = records(stream)
    assert record["event"] == f"called {REMOVED} for {REMOVED}"


def test_an_exception_is_scrubbed(stream: io.StringIO) -> None:
    try:
        raise ValueError("duplicate key (phone)=(138 1234 5678)")
    except ValueError:
        logs.get_logger("anju").exception("failed", phone="x", depth={"password": "p"})
    (record,) = records(stream)
    assert "138" not in str(record["exception"])
    assert record["phone"] == REMOVED
    assert record["depth"] == {"password": REMOVED}


def test_the_row_that_postgresql_quotes_is_removed() -> None:
    said = 'duplicate key value violates "uq_room_key"\nDETAIL:  Key (name)=(曾慧敏) already exists.\nraised here'
    assert scrub_text(said) == f'duplicate key value violates "uq_room_key"\n{REMOVED}\nraised here'


@pytest.mark.parametrize(
    "text",
    [
        "+86 13912345678",
        "110101199003071234",
        "6222021234567890123",
        "li@example.cn",
        "京A12345",
        "粤BD12345",
    ],
)
def test_personal_numbers_are_removed(text: str) -> None:
    assert scrub_text(f"看 {text} 吧").replace("+86 ", "") == f"看 {REMOVED} 吧"


@pytest.mark.parametrize(
    "text",
    [
        str(TENANT.id),
        "R-202611-0042",
        "2026-11-02T08:30:00Z",
        "8号楼2单元1203",
        "139123456789012a",
        "1691234",
    ],
)
def test_ids_dates_and_places_stay(text: str) -> None:
    assert scrub_text(text) == text


def test_links_that_open_something_are_removed() -> None:
    assert scrub_text("GET /activate/kPq-9_aB77dd?x=1 404") == f"GET /activate/{REMOVED}?x=1 404"
    assert scrub_text("GET /live?ticket=eyJ0Ijoi.Zx8-_a 401") == f"GET /live?ticket={REMOVED} 401"


def test_the_password_of_an_address_is_removed() -> None:
    assert "geheim" not in scrub_text("postgresql://anju_app:geheim@127.0.0.1:5432/anju")


def test_numbers_and_lists_are_scrubbed_in_depth() -> None:
    assert scrub({"a": [13912345678, {"b": (1, "13912345678")}]}) == {"a": [REMOVED, {"b": [1, REMOVED]}]}
