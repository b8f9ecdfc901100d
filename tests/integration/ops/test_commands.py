"""The commands on a database of their own: what they print, and that they go through the product's services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ops.cli import anju
from ops.embedded.process import StartError
from tenants.database import boot
from tenants.ids import new_id
from tenants.settings import Settings
from tests.conftest import PASSWORD


@pytest.fixture
def run(migrated: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Calls a command with the settings of this worker; the kernel stands again afterwards."""
    for variable, value in {
        "ANJU_HOME": str(migrated.home),
        "ANJU_DATABASE_URL": migrated.database_url,
        "ANJU_ADMIN_DATABASE_URL": migrated.admin_database_url or "",
        "ANJU_REDIS_URL": migrated.redis_url,
        "ANJU_ARGON2_PROFILE": "test",
    }.items():
        monkeypatch.setenv(variable, value)

    def call(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(anju, arguments, input=text)

    yield call
    boot(migrated)


@pytest.fixture
def slug(run: Any) -> str:
    slug = f"firm-{new_id().hex[-12:]}"
    answer = run(
        "tenant",
        "create",
        "安和物业",
        "--admin",
        "李婷",
        "--contact",
        "13900001234",
        "--slug",
        slug,
        "--json",
    )
    facts = json.loads(answer.stdout)
    assert (facts["slug"], facts["state"]) == (slug, "active")
    assert len(facts["password"]) >= 15
    return slug


def test_suspend_and_resume(run: Any, slug: str) -> None:
    states = [
        json.loads(run("tenant", "suspend", slug, "--reason", "欠费", "--json").stdout)["state"],
        json.loads(run("tenant", "suspend", slug, "--reason", "欠费", "--json").stdout)["state"],
        json.loads(run("tenant", "resume", slug, "--json").stdout)["state"],
    ]
    assert states == ["suspended", "suspended", "active"]
    listed = json.loads(run("tenant", "list", "--json").stdout)["items"]
    assert [row["state"] for row in listed if row["slug"] == slug] == ["active"]


def test_users(run: Any, slug: str) -> None:
    made = run(
        "user", "create", slug, "--name", "张三", "--contact", "13900007777", "--role", "technician", "--json"
    )
    assert json.loads(made.stdout)["roles"] == ["technician"]
    listed = json.loads(run("user", "list", slug, "--json").stdout)["items"]
    assert {(row["name"], *row["roles"]) for row in listed} == {
        ("李婷", "administrator"),
        ("张三", "technician"),
    }
    link = json.loads(run("user", "reset-password", slug, "13900007777", "--json").stdout)["path"]
    assert link.startswith("/activate/")


def test_a_refusal_names_the_field(run: Any, slug: str) -> None:
    answer = run("user", "create", slug, "--name", "张三", "--contact", "12")
    assert isinstance(answer.exception, StartError)
    assert "contact: " in str(answer.exception)


def test_an_unknown_tenant_is_one_line(run: Any) -> None:
    answer = run("tenant", "suspend", "nobody-here", "--reason", "x")
    assert str(answer.exception) == "there is no tenant nobody-here; `anju tenant list` shows all"


def test_migrate_may_be_repeated(run: Any, slug: str) -> None:
    report = json.loads(run("migrate", "--json").stdout)
    assert (report["migrated"], report["failed"]) == (0, [])


def test_doctor_finds_the_servers(run: Any) -> None:
    rows = json.loads(run("doctor", "--json").stdout)["items"]
    assert {row["state"] for row in rows if row["check"] in ("database", "disk", "migrations")} == {"ok"}
    assert PASSWORD not in json.dumps(rows)


def test_classify_answers_line_by_line(run: Any) -> None:
    answer = run("classify", text="厨房水管爆了，水漫到客厅\n\n电梯困人了\n")
    rows = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [(row["text"], row["category"], row["urgency"]) for row in rows] == [
        ("厨房水管爆了，水漫到客厅", "plumbing", "emergency"),
        ("电梯困人了", "elevator", "emergency"),
    ]
    for row in rows:
        assert set(row) == {"text", "category", "urgency", "confidence", "because"}
        assert all(row["text"][why["start"] : why["end"]] == why["word"] for why in row["because"])


def test_a_new_master_key_wraps_what_the_old_one_wrapped(run: Any, slug: str, migrated: Settings) -> None:
    before = migrated.master_key_file.read_text().splitlines()
    answer = json.loads(run("key", "rotate", "--json").stdout)
    after = migrated.master_key_file.read_text().splitlines()
    assert after[1:] == before
    assert answer["rewrapped"] >= 1
    assert migrated.master_key_file.stat().st_mode & 0o777 == 0o600
    listed = json.loads(run("user", "list", slug, "--json").stdout)
    assert [user["name"] for user in listed["items"]] == ["李婷"]


def test_creating_a_key_leaves_an_existing_one_alone(run: Any, migrated: Settings) -> None:
    before = migrated.master_key_file.read_bytes()
    assert json.loads(run("key", "create", "--json").stdout)["created"] is False
    assert migrated.master_key_file.read_bytes() == before


def test_the_audit_of_a_new_firm_verifies(run: Any, slug: str) -> None:
    answer = run("audit", "verify", slug, "--json")
    facts = json.loads(answer.stdout)
    assert (facts["intact"], facts["first_bad"]) == (True, None)
    assert facts["sealed"] + facts["unsealed"] >= 1
