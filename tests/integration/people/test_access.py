"""Signing in and staying signed in: what is refused, what ends, and how soon."""

import re
import time

import pytest
from flask.testing import FlaskClient

from saas.core.actors import Actor
from saas.people.services import login as login_service
from saas.people.services.accounts import account_of, set_password
from saas.people.services.login import log_in
from saas.people.services.sessions import _cache, log_out_everywhere, resolve_session
from saas.people.services.staff import deactivate_staff
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work
from tests.integration.people.conftest import ADMIN_PHONE, PASSWORD, ClientOf, add_member, bearer, token_of


def csrf(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found, path
    return found[1]


def sign_in(
    client: FlaskClient, identifier: str = ADMIN_PHONE, password: str = PASSWORD, to: str = "/account"
):
    form = {"identifier": identifier, "password": password, "next": to, "csrf_token": csrf(client, "/login")}
    return client.post("/login", data=form)


def test_a_clerk_signs_in_with_the_form_and_reads_the_own_account(client_of: ClientOf, firm: Tenant) -> None:
    client = client_of(firm)
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (302, "/account")
    assert "李婷" in client.get("/account").text


def test_a_wrong_password_is_refused_in_the_same_words_as_an_unknown_phone(
    client_of: ClientOf, firm: Tenant
) -> None:
    client = client_of(firm)
    wrong, unknown = sign_in(client, password="not-the-one-9"), sign_in(client, identifier="13911112222")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    strip = re.compile(r'value="[^"]*"|content="[^"]*"|"X-CSRFToken": "[^"]*"')
    assert strip.sub("", wrong.text) == strip.sub("", unknown.text)


def test_an_unknown_account_costs_one_password_check_like_a_known_one(
    firm: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[bool] = []
    real = login_service.verify_password

    def counting(stored: str | None, password: str, *, profile: str) -> bool:
        checks.append(stored is not None)
        return real(stored, password, profile=profile)

    monkeypatch.setattr(login_service, "verify_password", counting)
    for identifier in (ADMIN_PHONE, "13911112222", "nobody", "no@example.com"):
        with pytest.raises(Exception, match="do not match"):
            log_in(firm, identifier=identifier, password="wrong-wrong-1", kind="web", address="192.0.2.9")
    assert checks == [True, False, False, False]


def test_five_wrong_passwords_lock_the_identifier_known_or_not(client_of: ClientOf, firm: Tenant) -> None:
    client = client_of(firm)
    for identifier in (ADMIN_PHONE, "13911112222"):
        for _ in range(5):
            body = {"identifier": identifier, "password": "wrong-wrong-1"}
            assert client.post("/api/v1/auth/login", json=body).status_code == 401
        locked = client.post("/api/v1/auth/login", json={"identifier": identifier, "password": PASSWORD})
        assert (locked.status_code, locked.json["code"]) == (429, "too_many_tries")
        assert "15" in locked.json["detail"]


def test_a_phone_has_one_lock_however_it_is_written(client_of: ClientOf, firm: Tenant) -> None:
    client = client_of(firm)
    for written in (ADMIN_PHONE, "139 0000 1234", "+86 13900001234", "139-0000-1234", "008613900001234"):
        body = {"identifier": written, "password": "wrong-wrong-1"}
        assert client.post("/api/v1/auth/login", json=body).status_code == 401
    locked = client.post("/api/v1/auth/login", json={"identifier": "(139)00001234", "password": PASSWORD})
    assert locked.status_code == 429


def test_a_good_password_wipes_the_count(client_of: ClientOf, firm: Tenant) -> None:
    client = client_of(firm)
    for _ in range(3):
        for _ in range(4):
            client.post("/api/v1/auth/login", json={"identifier": ADMIN_PHONE, "password": "wrong-wrong-1"})
        token_of(client)


def test_a_token_opens_its_own_firm_only(client_of: ClientOf, firm: Tenant, tenant: Tenant) -> None:
    token = token_of(client_of(firm))
    assert client_of(firm).get("/api/v1/me", headers=bearer(token)).json["name"] == "李婷"
    assert client_of(tenant).get("/api/v1/me", headers=bearer(token)).status_code == 401
    assert client_of(None).get("/api/v1/me", headers=bearer(token)).status_code == 401


def test_a_session_cookie_opens_its_own_firm_only(client_of: ClientOf, firm: Tenant, tenant: Tenant) -> None:
    client = client_of(firm)
    sign_in(client)
    cookie = client.get_cookie("anju_session", domain=f"{firm.slug}.localhost")
    assert cookie is not None
    stranger = client_of(tenant)
    stranger.set_cookie("anju_session", cookie.value, domain=f"{tenant.slug}.localhost")
    assert stranger.get("/api/v1/me").status_code == 401
    assert stranger.get("/account").location.startswith("/login")


def test_a_cookie_is_no_token_and_a_token_is_no_cookie(client_of: ClientOf, firm: Tenant) -> None:
    client = client_of(firm)
    token = token_of(client)
    client.set_cookie("anju_session", token, domain=f"{firm.slug}.localhost")
    assert client.get("/api/v1/me").status_code == 401


def test_logging_out_ends_the_token_at_once(client_of: ClientOf, firm: Tenant) -> None:
    client = client_of(firm)
    token = token_of(client)
    assert client.post("/api/v1/auth/logout", headers=bearer(token)).status_code == 204
    assert client.get("/api/v1/me", headers=bearer(token)).status_code == 401


def test_a_revocation_that_nobody_announced_is_noticed_within_five_seconds(
    firm: Tenant, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = log_in(firm, identifier="13900004321", password=PASSWORD, kind="api", address="192.0.2.8")
    assert resolve_session(firm, signed.session.secret, "api") is not None
    monkeypatch.setattr(_cache, "invalidate", lambda *_: None)
    with unit_of_work(firm) as uow:
        assert log_out_everywhere(uow, actor=admin) == 1
    started = time.monotonic()
    while resolve_session(firm, signed.session.secret, "api") is not None:
        assert time.monotonic() - started < 5.5
        time.sleep(0.2)


def test_reading_with_a_session_writes_nothing(
    client_of: ClientOf, firm: Tenant, query_log: list[str]
) -> None:
    client = client_of(firm)
    token = token_of(client)
    query_log.clear()
    for _ in range(3):
        assert client.get("/api/v1/me", headers=bearer(token)).status_code == 200
    assert not [
        text for text in query_log if text.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    assert len([text for text in query_log if "login_session" in text]) <= 1


def test_deactivated_staff_are_signed_out(client_of: ClientOf, firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        guard = add_member(uow, "贺德", "13900007777", "technician")
    client = client_of(firm)
    token = token_of(client, "13900007777")
    with unit_of_work(firm) as uow:
        deactivate_staff(uow, actor=admin, staff_id=guard.staff_id)
    assert client.get("/api/v1/me", headers=bearer(token)).status_code == 401
    refused = client.post("/api/v1/auth/login", json={"identifier": "13900007777", "password": PASSWORD})
    assert refused.status_code == 401


def test_two_guards_share_a_phone_and_the_password_tells_them_apart(firm: Tenant) -> None:
    with unit_of_work(firm) as uow:
        first = add_member(uow, "常芳雪", "19900007060", "technician", job_number="JX017")
        second = add_member(uow, "贺德", "19900007060", "technician", job_number="JX018")
    with unit_of_work(firm) as uow:
        set_password(uow, account_of(uow, second.user_id), "another-password-8")
    arguments = {"kind": "web", "address": "192.0.2.7"}
    assert log_in(firm, identifier="19900007060", password=PASSWORD, **arguments).user_id == first.user_id
    assert (
        log_in(firm, identifier="19900007060", password="another-password-8", **arguments).user_id
        == second.user_id
    )
    assert (
        log_in(firm, identifier="jx018", password="another-password-8", **arguments).user_id == second.user_id
    )


def test_changing_the_password_ends_other_devices(client_of: ClientOf, firm: Tenant) -> None:
    here, there = client_of(firm), token_of(client_of(firm))
    sign_in(here)
    form = {
        "old_password": PASSWORD, "new_password": "quiet-river-77", "new_password_again": "quiet-river-77",
        "csrf_token": csrf(here, "/account"),
    }  # fmt: skip
    assert here.post("/account/password", data=form).status_code == 302
    assert here.get("/account").status_code == 200
    assert here.get("/api/v1/me", headers=bearer(there)).status_code == 401
    token_of(here, password="quiet-river-77")


def test_the_permission_matrix_of_the_built_in_roles(client_of: ClientOf, firm: Tenant) -> None:
    phones = {"administrator": ADMIN_PHONE, "front_desk": "13900005555", "technician": "13900006666"}
    with unit_of_work(firm) as uow:
        for role, phone in phones.items():
            if phone != ADMIN_PHONE:
                add_member(uow, role, phone, role)
    expected = {
        ("GET", "/api/v1/staff"): {"administrator": 200, "front_desk": 200, "technician": 403},
        ("POST", "/api/v1/staff"): {"administrator": 422, "front_desk": 403, "technician": 403},
        ("GET", "/api/v1/persons?q=wang"): {"administrator": 200, "front_desk": 200, "technician": 403},
        ("POST", "/api/v1/persons"): {"administrator": 422, "front_desk": 422, "technician": 403},
        ("GET", "/api/v1/roles"): {"administrator": 200, "front_desk": 403, "technician": 403},
        ("GET", "/staff"): {"administrator": 200, "front_desk": 200, "technician": 403},
        ("GET", "/staff/new"): {"administrator": 200, "front_desk": 403, "technician": 403},
        ("GET", "/settings/roles"): {"administrator": 200, "front_desk": 403, "technician": 403},
        ("GET", "/settings/audit"): {"administrator": 200, "front_desk": 403, "technician": 403},
        ("GET", "/first-steps"): {"administrator": 200, "front_desk": 403, "technician": 403},
    }
    client = client_of(firm)
    found: dict[tuple[str, str], dict[str, int]] = {route: {} for route in expected}
    for role, phone in phones.items():
        headers = bearer(token_of(client, phone))
        for method, path in expected:
            body = {} if method == "POST" else None
            found[method, path][role] = client.open(
                path, method=method, headers=headers, json=body
            ).status_code
    assert found == expected
    for method, path in expected:
        status = client_of(firm).open(path, method=method, json={} if method == "POST" else None).status_code
        assert status in (302, 401)


def test_the_administrator_reads_who_did_what(client_of: ClientOf, firm: Tenant) -> None:
    client = client_of(firm)
    headers = bearer(token_of(client)) | {"Accept-Language": "en"}
    rows = re.findall(
        r"<tr>.*?</tr>", client.get("/settings/audit?group=people.logged", headers=headers).text, re.S
    )
    assert ["李婷" in row and "Signed in" in row for row in rows if "<td" in row] == [True]
    roles = client.get("/settings/roles", headers=headers).text
    assert "people.staff_edit" in roles
