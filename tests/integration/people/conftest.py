"""A firm with an administrator, and browsers at its host."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from saas.core.actors import Actor
from saas.people.services.accounts import Contact, set_password
from saas.people.services.roles import actor_of, seed_roles
from saas.people.services.staff import StaffDraft, add_staff
from tenants.database import Kernel
from tenants.tenant import Tenant
from tenants.unit_of_work import UnitOfWork, unit_of_work
from tests.conftest import make_tenant

PASSWORD = "ludan-shanshui-42"
ADMIN_PHONE = "13900001234"


def seed_firm(uow: UnitOfWork) -> None:
    """Roles and an administrator."""
    seed_roles(uow)
    add_member(uow, "李婷", ADMIN_PHONE, "administrator")


def add_member(
    uow: UnitOfWork, name: str, phone: str | None, *roles: str, job_number: str | None = None
) -> Actor:
    """A member of staff who can sign in."""
    draft = StaffDraft(name=name, contact=Contact(phone=phone), roles=roles, job_number=job_number)
    member = add_staff(uow, draft)
    set_password(uow, member.account, PASSWORD)
    uow.session.flush()
    return actor_of(member.account)


@pytest.fixture
def firm(app: Flask, kernel: Kernel) -> Tenant:
    """A firm with an administrator, on an application that has declared its permissions."""
    return make_tenant("安和物业", seed_firm)


@pytest.fixture
def admin(firm: Tenant) -> Actor:
    """The firm's administrator, acting."""
    with unit_of_work(firm) as uow:
        return add_member(uow, "何静", "13900004321", "administrator")


@pytest.fixture
def front_desk(firm: Tenant) -> Actor:
    """A clerk at the front desk, acting."""
    with unit_of_work(firm) as uow:
        return add_member(uow, "韩福佳", "13900005555", "front_desk")


def token_of(client: FlaskClient, identifier: str = ADMIN_PHONE, password: str = PASSWORD) -> str:
    """An API token, asked for as programs do."""
    answer = client.post("/api/v1/auth/login", json={"identifier": identifier, "password": password})
    assert answer.status_code == 200, answer.json
    return str(answer.json["token"])


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


ClientOf = Callable[[Tenant | None], FlaskClient]


@pytest.fixture
def query_log(kernel: Kernel, firm: Tenant) -> Iterator[list[str]]:
    """Every statement that the app's connections run during the test."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    engine = kernel.tenant_engine(firm)
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)
