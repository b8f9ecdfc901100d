"""Signing a firm up: once, whatever happens on the way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

import tenants.signup
from saas.core.actors import Actor
from saas.core.errors import Conflict, InvalidInput
from saas.people import seeds
from saas.people.models import Role, UserAccount
from saas.people.seeds import FirmSeed
from saas.people.services import signup
from saas.people.services.login import log_in
from saas.people.services.signup import FirmDraft, enter, sign_up_firm
from tenants.database import Kernel
from tenants.ids import new_id
from tenants.kernel_models import AuditEntry
from tenants.provisioning import keep_spares
from tenants.registry import tenant_by_slug
from tenants.unit_of_work import UnitOfWork, unit_of_work

PASSWORD = "ludan-shanshui-42"


@pytest.fixture(autouse=True)
def _spares(kernel: Kernel) -> None:
    keep_spares(3)


def draft(**changes: str) -> FirmDraft:
    request_id = str(new_id())
    base = FirmDraft(
        request_id=request_id,
        firm_name="北京安和物业管理有限公司",
        admin_name="李婷",
        contact="139 0000 1234",
        password=PASSWORD,
        slug=f"anhe-{request_id[-12:]}",
    )
    return replace(base, **changes)


def test_the_administrator_of_a_new_firm_may_do_everything_and_is_signed_in_by_the_ticket_once() -> None:
    founded = sign_up_firm(draft())
    with unit_of_work(founded.tenant) as uow:
        signed_in = enter(uow, ticket=founded.ticket)
        assert signed_in.roles == ("administrator",)
        assert uow.session.scalars(select(Role.key).order_by(Role.position)).all() == [
            "administrator", "front_desk", "finance", "cashier", "technician", "resident",
        ]  # fmt: skip
        actions = uow.session.scalars(select(AuditEntry.action).order_by(AuditEntry.recorded_at)).all()
        assert actions == ["people.firm_founded", "people.logged_in"]
    with pytest.raises(Exception, match="used already"), unit_of_work(founded.tenant) as uow:
        enter(uow, ticket=founded.ticket)


def test_the_administrator_signs_in_with_the_phone_as_they_like_to_type_it() -> None:
    founded = sign_up_firm(draft())
    for typed in ("13900001234", "１３９００００１２３４", "+86 139-0000-1234"):
        signed_in = log_in(
            founded.tenant, identifier=typed, password=PASSWORD, kind="web", address="192.0.2.1"
        )
        assert signed_in.kind == "staff"


def test_a_double_click_makes_one_firm() -> None:
    form = draft()
    first, second = sign_up_firm(form), sign_up_firm(form)
    assert first.tenant.id == second.tenant.id
    with unit_of_work(first.tenant) as uow:
        assert uow.session.scalar(select(func.count()).select_from(UserAccount)) == 1


def test_two_clicks_at_the_same_time_make_one_firm() -> None:
    form = draft()
    with ThreadPoolExecutor(4) as pool:
        founded = list(pool.map(sign_up_firm, [form] * 4))
    assert len({each.tenant.id for each in founded}) == 1
    with unit_of_work(founded[0].tenant) as uow:
        assert uow.session.scalar(select(func.count()).select_from(UserAccount)) == 1


def test_a_repeat_with_another_password_opens_nothing() -> None:
    form = draft()
    sign_up_firm(form)
    with pytest.raises(Conflict) as refused:
        sign_up_firm(replace(form, password="another-password-7"))
    assert refused.value.code == "request_reused"


@pytest.mark.parametrize("step", ["claim", "_seed_once", "finish"])
def test_a_crash_at_a_step_is_healed_by_the_same_request(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    form = draft()
    with monkeypatch.context() as patch:
        patch.setattr(tenants.signup, step, _crash)
        with pytest.raises(ConnectionError):
            sign_up_firm(form)
    assert tenant_by_slug(form.slug) is None
    founded = sign_up_firm(form)
    with unit_of_work(founded.tenant) as uow:
        assert enter(uow, ticket=founded.ticket).roles == ("administrator",)
        assert uow.session.scalar(select(func.count()).select_from(UserAccount)) == 1


def test_a_crash_inside_the_seed_leaves_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    form = draft(community_name="锦绣花园")

    def crash(uow: UnitOfWork, actor: Actor, firm: FirmSeed) -> None:
        raise ConnectionError("the process died")

    with monkeypatch.context() as patch:
        patch.setattr(seeds, "_seeds", {"crash": crash})
        with pytest.raises(ConnectionError):
            sign_up_firm(form)
    founded = sign_up_firm(form)
    with unit_of_work(founded.tenant) as uow:
        assert uow.session.scalar(select(func.count()).select_from(UserAccount)) == 1
        assert uow.session.scalar(select(func.count()).select_from(Role)) == 6


def test_seeds_get_the_community_of_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    planted: list[str] = []

    def remember(uow: UnitOfWork, actor: Actor, firm: FirmSeed) -> None:
        planted.append(firm.community_name)

    monkeypatch.setattr(seeds, "_seeds", {"remember": remember})
    sign_up_firm(draft(community_name=" 锦绣 花园 "))
    assert planted == ["锦绣花园"]


def _crash(*args: object, **kwargs: object) -> None:
    raise ConnectionError("the process died")


def test_firms_of_the_same_name_get_different_addresses() -> None:
    name = f"同名{new_id().hex[-6:]}物业有限公司"
    slugs = [sign_up_firm(draft(slug="", firm_name=name)).tenant.slug for _ in range(3)]
    assert len(set(slugs)) == 3
    assert all(slug.startswith("tongming") or slug.startswith("tm") for slug in slugs)


def test_a_taken_address_is_refused_at_its_field() -> None:
    form = draft()
    sign_up_firm(form)
    with pytest.raises(InvalidInput) as refused:
        sign_up_firm(replace(form, request_id=str(new_id())))
    assert (refused.value.code, list(refused.value.fields)) == ("slug_taken", ["slug"])


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"slug": "admin"}, "slug", "slug_reserved"),
        ({"slug": "安和"}, "slug", "slug_shape"),
        ({"password": "short1"}, "password", "password_short"),
        ({"password": "password123"}, "password", "password_common"),
        ({"password": "13900001234"}, "password", "password_personal"),
        ({"contact": "1390000123"}, "contact", "phone_invalid"),
        ({"contact": "me@nowhere"}, "contact", "email_invalid"),
        ({"firm_name": "  "}, "firm_name", "invalid_input"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(changes: dict[str, str], field: str, code: str) -> None:
    form = draft(**changes)
    with pytest.raises(InvalidInput) as refused:
        sign_up_firm(form)
    assert (list(refused.value.fields), refused.value.code) == ([field], code)
    assert signup.slug_problem(form.slug) is not None or tenant_by_slug(form.slug) is None
