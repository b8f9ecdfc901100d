"""An order from the first word to the last rating, and what each step leaves behind."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import func, select

from saas.core.errors import Conflict, Forbidden, InvalidInput, NotFound, VersionConflict
from saas.repairs import services
from saas.repairs.models import ClassCorrection, DispatchCandidate, RepairEvent, RepairOrder
from saas.repairs.queries.board import load_board
from saas.repairs.queries.detail import load_order
from saas.repairs.queries.mine import progress, technician_today
from tenants.outbox import OutboxMessage

from .conftest import MONDAY, Firm, minutes


def order_of(firm: Firm, order_id) -> RepairOrder:
    with firm.work() as uow:
        found = uow.session.get(RepairOrder, order_id)
        assert found is not None
        return found


def test_a_sure_report_is_sorted_and_offered_to_the_best_placed_technician(firm):
    order = firm.report().order
    assert (order.number, order.category, order.state) == ("R-202611-0001", "plumbing", "dispatched")
    with firm.work() as uow:
        rows = uow.session.execute(
            select(
                DispatchCandidate.staff_id, DispatchCandidate.state, DispatchCandidate.left_out_because
            ).order_by(DispatchCandidate.position)
        ).all()
    assert [tuple(row) for row in rows] == [
        (firm.ids["chen"], "offered", None),
        (firm.ids["wu"], "listed", None),
        (firm.ids["liu"], "left_out", "skill"),
    ]


def test_the_whole_road(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(3))
    firm.step(order_id, "en_route", "chen", minutes(5), eta_minutes=12)
    firm.step(order_id, "working", "chen", minutes(18), arrival=services.Arrival("place", 31.2311, 121.4737))
    firm.step(order_id, "finished", "chen", minutes(60), note="换了弯头")
    firm.step(order_id, "rated", "resident", minutes(90), attitude=5, speed=4, quality=5, note="很快")
    order = firm.step(order_id, "closed", "desk", minutes(120))
    assert (order.state, order.closed_as, order.cycle) == ("closed", "rated", 0)
    with firm.work() as uow:
        states = uow.session.scalars(
            select(RepairEvent.to_state).where(RepairEvent.kind == "transition").order_by(RepairEvent.at)
        ).all()
    assert states == [
        "submitted",
        "triaged",
        "dispatched",
        "accepted",
        "en_route",
        "working",
        "finished",
        "rated",
        "closed",
    ]


def test_the_resident_reads_the_own_story_and_what_is_to_come(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(3))
    with firm.work() as uow:
        story = progress(uow, actor=firm.actors["resident"], order_id=order_id)
    assert [(step.state, step.when) for step in story.steps] == [
        ("submitted", "done"),
        ("triaged", "done"),
        ("accepted", "now"),
        ("en_route", "to_come"),
        ("working", "to_come"),
        ("finished", "to_come"),
        ("rated", "to_come"),
    ]
    assert story.order.candidates == ()
    assert {line.kind for line in story.order.history} == {"transition"}


def test_a_double_tap_makes_one_order(firm):
    first = firm.report(room_id=firm.ids["room"], request_id="tap-1")
    second = firm.report(room_id=firm.ids["room"], request_id="tap-1")
    assert (first.is_new, second.is_new) == (True, False)
    assert first.order.id == second.order.id


def test_a_call_for_help_rings_at_several_phones_at_once(firm):
    order = firm.report("厨房闻到很浓的煤气味").order
    assert (order.category, order.urgency, order.state) == ("gas", "emergency", "dispatched")
    with firm.work() as uow:
        offered = uow.session.scalars(
            select(DispatchCandidate.staff_id).where(DispatchCandidate.state == "offered")
        ).all()
    assert set(offered) == {firm.ids["chen"], firm.ids["wu"]}


def test_a_photo_without_words_waits_for_the_front_desk(firm):
    out = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "PNG")
    photo = services.NewPhoto(out.getvalue(), "p-1")
    order = firm.report("", room_id=firm.ids["room"], photos=(photo,)).order
    assert (order.state, order.description) == ("submitted", "")
    with firm.work() as uow:
        assert [
            each.stage for each in load_order(uow, actor=firm.actors["desk"], order_id=order.id).photos
        ] == ["before"]


def test_what_is_not_sure_waits_for_the_front_desk_and_teaches(firm):
    order = firm.report("坏了").order
    assert order.state == "submitted"
    fixed = firm.step(order.id, "triaged", "desk", minutes(4), category="doors_windows", urgency="normal")
    assert (fixed.category, fixed.urgency, fixed.state) == ("doors_windows", "normal", "dispatched")
    with firm.work() as uow:
        taught = uow.session.scalars(select(ClassCorrection)).one()
    assert (taught.words, taught.category) == ("坏了", "doors_windows")


def test_of_two_who_grab_one_wins(firm):
    order = firm.report("厨房闻到很浓的煤气味").order
    firm.step(order.id, "accepted", "wu")
    with pytest.raises(Conflict) as refused:
        firm.step(order.id, "accepted", "chen")
    assert refused.value.code == "already_taken"
    assert firm.step(order.id, "accepted", "wu").technician_id == firm.ids["wu"]


def test_a_declined_offer_goes_to_the_next_and_then_to_the_front_desk(firm):
    order_id = firm.report().order.id
    order = firm.step(order_id, "returned", "chen", minutes(1), note="在高空作业")
    assert (order.state, order.dispatch_round) == ("dispatched", 2)
    order = firm.step(order_id, "returned", "wu", minutes(2), note="手上有急单")
    assert (order.state, order.technician_id) == ("returned", None)
    order = firm.step(order_id, "dispatched", "desk", minutes(3), staff_id=firm.ids["liu"])
    assert order.state == "dispatched"


def test_an_accepted_order_given_back_is_offered_to_somebody_else(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    order = firm.step(order_id, "returned", "chen", minutes(2), note="缺工具")
    assert (order.state, order.technician_id, order.dispatch_round) == ("dispatched", None, 2)


def test_a_pause_for_parts_stops_the_clock_and_another_reason_does_not(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    firm.step(order_id, "working", "chen", minutes(10))
    before = order_of(firm, order_id).finish_due_at
    paused = firm.step(order_id, "paused", "chen", minutes(20), reason="parts", note="等弯头")
    assert (paused.is_clock_stopped, paused.next_due_at) == (True, None)
    order = firm.step(order_id, "working", "chen", minutes(80))
    assert order.finish_due_at == before + timedelta(hours=1)
    firm.step(order_id, "paused", "chen", minutes(90), reason="other")
    order = firm.step(order_id, "working", "chen", minutes(100))
    assert order.finish_due_at == before + timedelta(hours=1)


def test_a_low_mark_opens_a_call_back_that_keeps_the_order_open(firm):
    order_id = _finished(firm)
    firm.step(order_id, "rated", "resident", minutes(90), attitude=2, speed=5, quality=5)
    with pytest.raises(Conflict) as refused:
        firm.step(order_id, "closed", "desk", minutes(91))
    assert refused.value.code == "call_back_open"
    with firm.work(minutes(95)) as uow:
        services.call_back(uow, actor=firm.actors["desk"], order_id=order_id, note="已道歉")
    assert firm.step(order_id, "closed", "desk", minutes(99)).state == "closed"


def test_an_order_that_is_not_repaired_after_all_goes_out_again(firm):
    order_id = _finished(firm)
    order = firm.step(order_id, "reopened", "resident", minutes(100), note="又漏了")
    assert (order.state, order.cycle, order.finished_at) == ("dispatched", 1, None)
    assert order.level_started_at == minutes(100)


def test_reopening_has_an_end(firm):
    order_id = _finished(firm)
    with pytest.raises(Conflict) as refused:
        firm.step(order_id, "reopened", "resident", MONDAY + timedelta(days=20), note="又漏了")
    assert refused.value.code == "too_late_to_reopen"


def test_the_resident_may_cancel_until_the_technician_is_on_the_way(firm):
    order_id = firm.report().order.id
    assert firm.step(order_id, "cancelled", "resident", minutes(1)).state == "cancelled"
    second = firm.report("卧室插座没电").order.id
    firm.step(second, "accepted", "chen", minutes(2))
    firm.step(second, "en_route", "chen", minutes(3))
    with pytest.raises(Forbidden):
        firm.step(second, "cancelled", "resident", minutes(4))
    with pytest.raises(InvalidInput):
        firm.step(second, "cancelled", "desk", minutes(4))
    assert firm.step(second, "cancelled", "desk", minutes(4), note="住户来电取消").state == "cancelled"


def test_an_old_version_is_refused(firm):
    order = firm.report().order
    with pytest.raises(VersionConflict):
        firm.step(order.id, "accepted", "chen", version=order.version - 1)


def test_another_firm_and_another_resident_see_nothing(firm, other_firm):
    order_id = firm.report().order.id
    for who in (firm.actors["neighbour"], firm.actors["liu"]):
        with firm.work() as uow, pytest.raises(NotFound):
            load_order(uow, actor=who, order_id=order_id)
    with other_firm.work() as uow, pytest.raises(NotFound):
        load_order(uow, actor=other_firm.actors["desk"], order_id=order_id)


def test_the_same_fault_is_offered_to_join_and_the_joiner_hears(firm):
    first = firm.report(
        "3号楼电梯厅的灯不亮",
        community_id=firm.ids["community"],
        building_id=firm.ids["building"],
        place="电梯厅",
    )
    second = firm.report(
        "3号楼电梯厅灯不亮了",
        "neighbour",
        community_id=firm.ids["community"],
        building_id=firm.ids["building"],
        place="一层",
    )
    assert [similar.order_id for similar in second.similar] == [first.order.id]
    with firm.work() as uow:
        for _ in range(2):
            services.join_order(uow, actor=firm.actors["neighbour"], order_id=first.order.id)
        joined = uow.session.scalar(select(func.count()).where(RepairEvent.kind == "joined"))
    assert joined == 1


def test_a_second_report_of_the_same_fault_can_be_merged_into_the_first(firm):
    public = {"community_id": firm.ids["community"], "place": "南门"}
    first, second = (
        firm.report("路灯不亮", **public).order,
        firm.report("南门路灯不亮", "neighbour", **public).order,
    )
    with firm.work(minutes(2)) as uow:
        stays = services.merge_orders(uow, actor=firm.actors["desk"], order_id=second.id, into_id=first.id)
        assert stays.id == first.id
    gone = order_of(firm, second.id)
    assert (gone.state, gone.closed_as) == ("cancelled", "merged")
    with firm.work(minutes(3)) as uow:
        assert load_order(uow, actor=firm.actors["neighbour"], order_id=first.id).row.followers == 1
        with pytest.raises(Conflict):
            services.merge_orders(uow, actor=firm.actors["desk"], order_id=first.id, into_id=second.id)


def test_the_board_has_each_open_order_in_one_column(firm):
    firm.report("坏了")
    dispatched = firm.report("卧室插座没电").order
    working = firm.report().order
    firm.step(working.id, "accepted", "chen", minutes(1))
    with firm.work(minutes(2)) as uow:
        board = load_board(uow, actor=firm.actors["desk"])
    assert {column.key: column.count for column in board.columns} == {
        "new": 1,
        "to_dispatch": 1,
        "in_work": 1,
        "overdue": 0,
    }
    card = board.columns[1].cards[0]
    assert (card.id, card.offered_to, card.short_place) == (dispatched.id, ("陈志强",), "3号楼2单元 1203")
    with firm.work(minutes(60 * 24 * 30)) as uow:
        late = load_board(uow, actor=firm.actors["desk"])
    assert [column.count for column in late.columns] == [0, 0, 0, 3]


def test_a_technicians_day_has_the_urgent_first_and_then_the_near(firm):
    far = firm.report("卫生间水龙头滴水", by="neighbour", room_id=firm.ids["room_7"]).order
    near = firm.report("厨房水龙头滴水").order
    for order in (far, near):
        firm.step(order.id, "dispatched", "desk", staff_id=firm.ids["chen"])
        firm.step(order.id, "accepted", "chen")
    urgent = firm.report("厨房闻到很浓的煤气味", by="neighbour", room_id=firm.ids["room_7"]).order
    firm.step(urgent.id, "accepted", "chen")
    with firm.work() as uow:
        day = technician_today(uow, actor=firm.actors["chen"])
    assert [today.row.id for today in day.orders] == [urgent.id, near.id, far.id]


def test_each_step_leaves_messages_in_the_outbox(firm):
    firm.report()
    with firm.work() as uow:
        handlers = set(uow.session.scalars(select(OutboxMessage.handler)))
    assert {"repairs.tell_submitted", "repairs.tell_offer", "repairs.tell_step"} <= handlers


def _finished(firm: Firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    firm.step(order_id, "working", "chen", minutes(10))
    firm.step(order_id, "finished", "chen", minutes(60), note="换了弯头")
    return order_id
