"""Sign-up resumes wherever it stopped, or leaves nothing; the app login claims, the admin login makes and drops."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tenants import clock, provisioning, signup
from tenants.database import Kernel
from tenants.ids import tenant_schema
from tenants.registry import tenant_by_id, tenant_by_slug
from tenants.signup import NoSpareYet, SignupGivenUp, SignupRequest, SlugTaken, create_tenant, sign_up
from tenants.slugs import BadSlug, check_slug
from tenants.unit_of_work import UnitOfWork, platform_unit_of_work, unit_of_work


class Crash(Exception):
    """The process ends here."""


def seed(uow: UnitOfWork) -> None:
    uow.session.execute(text("INSERT INTO counter VALUES ('seeded', '', 1)"))


def a_request() -> SignupRequest:
    token = uuid4().hex[:12]
    return SignupRequest(token, f"firm-{token}", "安心物业")


@pytest.fixture
def no_spares(kernel: Kernel) -> Iterator[None]:
    """Take the spares that other tests left, so that each test makes its own."""
    with platform_unit_of_work() as uow:
        uow.session.execute(text("UPDATE spare_schema SET state = 'discarded' WHERE state = 'ready'"))
    provisioning.clear_discarded()
    yield


def exists(schema: str) -> tuple[bool, bool]:
    """Whether schema and role exist."""
    with platform_unit_of_work(read_only=True) as uow:
        row = uow.session.execute(
            text("SELECT to_regnamespace(:name) IS NOT NULL, to_regrole(:name) IS NOT NULL"), {"name": schema}
        ).one()
        return bool(row[0]), bool(row[1])


def test_a_sign_up_takes_a_spare_and_seeds_it(no_spares: None) -> None:
    spare = provisioning.make_spare()
    request = a_request()
    tenant = sign_up(request, seed)
    assert (tenant.id, tenant.slug, tenant.name) == (spare, request.slug, "安心物业")
    assert tenant_by_slug(request.slug) == tenant
    with unit_of_work(tenant, read_only=True) as uow:
        assert uow.session.execute(text("SELECT value FROM counter")).scalars().all() == [1]


def test_a_repeat_is_the_same_sign_up(no_spares: None) -> None:
    provisioning.make_spare()
    request = a_request()
    assert sign_up(request, seed) == sign_up(request, seed)
    assert provisioning.spares_ready() == 0


def test_without_a_spare_the_request_stays_queued(no_spares: None) -> None:
    request = a_request()
    with pytest.raises(NoSpareYet):
        sign_up(request, seed, wait_seconds=0)
    assert tenant_by_slug(request.slug) is None
    waiting = signup.queued()
    provisioning.make_spare()
    assert sign_up(request, seed).slug == request.slug
    assert signup.queued() == waiting - 1


@pytest.mark.parametrize("step", ["claim", "_seed_once", "finish"])
def test_a_crash_before_any_step_is_resumed(
    no_spares: None, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    spare = provisioning.make_spare()
    request = a_request()

    def crash(*args: object, **kwargs: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(signup, step, crash)
        with pytest.raises(Crash):
            sign_up(request, seed)
    assert tenant_by_slug(request.slug) is None
    tenant = sign_up(request, seed)
    assert tenant.id == spare
    with unit_of_work(tenant, read_only=True) as uow:
        assert uow.session.execute(text("SELECT count(*) FROM counter")).scalar_one() == 1


def test_a_crash_inside_the_seed_leaves_no_row(no_spares: None) -> None:
    provisioning.make_spare()
    request = a_request()

    def half(uow: UnitOfWork) -> None:
        seed(uow)
        raise Crash

    with pytest.raises(Crash):
        sign_up(request, half)
    tenant = sign_up(request, seed)
    with unit_of_work(tenant, read_only=True) as uow:
        assert uow.session.execute(text("SELECT count(*) FROM counter")).scalar_one() == 1


def test_a_sign_up_that_lies_still_leaves_nothing(no_spares: None, monkeypatch: pytest.MonkeyPatch) -> None:
    spare = provisioning.make_spare()
    request = a_request()
    with monkeypatch.context() as patch:
        patch.setattr(signup, "finish", _crash)
        with pytest.raises(Crash):
            sign_up(request, seed)
    assert (signup.give_up_stale(), provisioning.clear_discarded()) == ([], [])
    assert exists(tenant_schema(spare)) == (True, True)
    with clock.at(clock.utcnow() + provisioning.STALE_AFTER + timedelta(seconds=1)):
        assert request.request_id in signup.give_up_stale()
        assert provisioning.clear_discarded() == [spare]
    assert exists(tenant_schema(spare)) == (False, False)
    with pytest.raises(SignupGivenUp):
        sign_up(request, seed)
    provisioning.make_spare()
    assert sign_up(replace(request, request_id=uuid4().hex), seed).slug == request.slug


@pytest.mark.parametrize("step", ["_make_role", "_make_schema", "record_progress"])
def test_a_crash_while_making_a_spare_is_cleaned(
    no_spares: None, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(provisioning, step, _crash)
        with pytest.raises(Crash):
            provisioning.make_spare()
    with platform_unit_of_work(read_only=True) as uow:
        half = uow.session.execute(text("SELECT id FROM spare_schema WHERE state = 'making'")).scalar_one()
    assert provisioning.spares_ready() == 0
    with clock.at(clock.utcnow() + provisioning.STALE_AFTER + timedelta(seconds=1)):
        assert provisioning.clear_discarded() == [half]
    assert exists(tenant_schema(half)) == (False, False)


def test_a_slug_belongs_to_one_firm(no_spares: None) -> None:
    provisioning.make_spare()
    first = a_request()
    signup.begin(first)
    with pytest.raises(SlugTaken):
        signup.begin(replace(a_request(), slug=first.slug))
    sign_up(first, seed)
    with pytest.raises(SlugTaken):
        signup.begin(replace(a_request(), slug=first.slug))


def test_many_at_once_take_one_spare_each(no_spares: None) -> None:
    spares = {provisioning.make_spare() for _ in range(4)}
    requests = [a_request() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        tenants = list(pool.map(lambda request: sign_up(request, seed), requests))
    assert {tenant.id for tenant in tenants} == spares


def test_the_same_request_many_times_at_once_is_one_tenant(no_spares: None) -> None:
    provisioning.make_spare()
    provisioning.make_spare()
    request = a_request()
    with ThreadPoolExecutor(4) as pool:
        tenants = list(pool.map(lambda _: sign_up(request, seed), range(4)))
    assert len({tenant.id for tenant in tenants}) == 1
    assert provisioning.spares_ready() == 1


def test_the_pool_is_kept_full(no_spares: None) -> None:
    assert provisioning.keep_spares(2) == 2
    assert provisioning.keep_spares(2) == 0
    assert provisioning.spares_ready() == 2


def test_the_command_line_makes_its_own_schema(no_spares: None) -> None:
    request = a_request()
    tenant = create_tenant(request, seed)
    assert tenant_by_id(tenant.id) == tenant


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("admin", "reserved"),
        ("www", "reserved"),
        ("ab", "shape"),
        ("1firm", "shape"),
        ("Firm", "shape"),
        ("firm-", "shape"),
        ("fi--rm", "shape"),
        ("安居物业", "shape"),
        ("firm.x", "shape"),
        ("f" * 41, "shape"),
    ],
)
def test_bad_slugs(slug: str, code: str) -> None:
    with pytest.raises(BadSlug) as caught:
        check_slug(slug)
    assert caught.value.code == code


def test_good_slugs() -> None:
    assert [check_slug(slug) for slug in ("jinxiu", "jin-xiu", "a1b")] == ["jinxiu", "jin-xiu", "a1b"]


def _crash(*args: object, **kwargs: object) -> UUID:
    raise Crash
