"""Two at the same moment: one wins, the other is told, nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from sqlalchemy import func, select

from saas.core.errors import DomainError
from saas.repairs import services
from saas.repairs.models import RepairEvent, RepairOrder

from .conftest import Firm, minutes


def together(*acts: Callable[[], object]) -> list[str]:
    """Run acts at the same moment: "done" or the code of the refusal for each."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        gate.wait()
        try:
            act()
        except DomainError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_technicians_grab_at_the_same_moment(firm):
    for _ in range(5):
        order_id = firm.report("厨房闻到很浓的煤气味").order.id
        outcome = together(
            *(partial(firm.step, order_id, "accepted", who, minutes(1)) for who in ("chen", "wu"))
        )
        assert sorted(outcome) == ["already_taken", "done"]
        assert accepted(firm, order_id) == 1


def test_accepting_and_cancelling_at_the_same_moment(firm):
    order_id = firm.report().order.id
    outcome = together(
        lambda: firm.step(order_id, "accepted", "chen", minutes(1)),
        lambda: firm.step(order_id, "cancelled", "resident", minutes(1)),
    )
    with firm.work() as uow:
        state = uow.session.scalar(select(RepairOrder.state).where(RepairOrder.id == order_id))
    assert state == "cancelled"
    assert outcome in (["done", "done"], ["offer_over", "done"])


def test_finishing_twice_at_the_same_moment(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    firm.step(order_id, "working", "chen", minutes(2))
    act = lambda: firm.step(order_id, "finished", "chen", minutes(3))  # noqa: E731
    assert sorted(together(act, act)) == ["done", "transition_refused"]


def test_the_same_tap_twice_at_the_same_moment(firm):
    room = firm.ids["room"]
    act = lambda: firm.report(room_id=room, request_id="tap-9")  # noqa: E731
    assert together(act, act, act) == ["done", "done", "done"]
    with firm.work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(RepairOrder)) == 1


def test_joining_twice_at_the_same_moment(firm):
    order = firm.report("路灯不亮", community_id=firm.ids["community"], place="南门").order

    def join() -> None:
        with firm.work(minutes(1)) as uow:
            services.join_order(uow, actor=firm.actors["neighbour"], order_id=order.id)

    assert together(join, join) == ["done", "done"]
    with firm.work() as uow:
        assert uow.session.scalar(select(func.count()).where(RepairEvent.kind == "joined")) == 1


def accepted(firm: Firm, order_id) -> int:
    with firm.work() as uow:
        return uow.session.scalar(
            select(func.count()).where(RepairEvent.order_id == order_id, RepairEvent.to_state == "accepted")
        )
