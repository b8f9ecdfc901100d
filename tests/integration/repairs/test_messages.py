"""Who hears what, in which urgency, and who does not."""

from __future__ import annotations

from saas.core.messages import all_templates, template_of
from saas.repairs.messages import RESIDENT_LINK
from saas.repairs.states import TABLE
from tenants import clock
from tenants.drain import drain

from .conftest import Firm, minutes


def told(firm: Firm) -> list[tuple[str, str]]:
    """(who, template) of everything handed over so far, in a fixed order; the list is emptied."""
    firm.sent.clear()
    with clock.at(minutes(120)):
        drain(firm.tenant)
    names = {user: name.removesuffix("_user") for name, user in firm.ids.items() if name.endswith("_user")}
    return sorted(
        (names[message.to_user_id], message.template) for message in firm.sent if message.to_user_id
    )


def test_every_template_that_the_table_tells_is_declared(firm):
    codes = {template.code for template in all_templates()}
    assert {code for item in TABLE.values() for code in item.tells} <= codes


def test_the_resident_hears_of_each_step_and_the_technician_of_the_offer(firm):
    order_id = firm.report().order.id
    assert told(firm) == [
        ("chen", "repairs.dispatched_technician"),
        ("resident", "repairs.submitted"),
        ("resident", "repairs.triaged_resident"),
    ]
    for to, template, given in (
        ("accepted", "repairs.accepted_resident", {}),
        ("en_route", "repairs.en_route_resident", {"eta_minutes": 10}),
        ("working", "repairs.working_resident", {}),
        ("finished", "repairs.finished_resident", {"note": "换了弯头"}),
    ):
        firm.step(order_id, to, "chen", minutes(1), **given)
        assert told(firm) == [("resident", template)]
    firm.step(order_id, "rated", "resident", minutes(9), attitude=1, speed=5, quality=5)
    assert told(firm) == [
        ("admin", "repairs.call_back_front_desk"),
        ("chen", "repairs.rated_technician"),
        ("desk", "repairs.call_back_front_desk"),
    ]


def test_words_of_a_message(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    told(firm)
    message = next(each for each in firm.sent if each.template == "repairs.accepted_resident")
    assert message.params["technician"] == {"zh": "陈师傅", "en": "陈志强"}
    assert message.params["number"] == "R-202611-0001"
    assert message.params["place"] == "锦绣花园 3号楼2单元 1203"
    assert message.link == RESIDENT_LINK.format(id=order_id)
    assert set(message.params) == set(template_of(message.template).params)


def test_an_emergency_reaches_technicians_and_front_desk_with_high_urgency(firm):
    firm.report("厨房闻到很浓的煤气味")
    assert [pair for pair in told(firm) if pair[0] != "resident"] == [
        ("admin", "repairs.emergency_front_desk"),
        ("chen", "repairs.dispatched_technician"),
        ("desk", "repairs.emergency_front_desk"),
        ("wu", "repairs.dispatched_technician"),
    ]
    assert {
        message.urgency
        for message in firm.sent
        if message.template != "repairs.submitted" and "resident" not in message.template
    } == {"high"}


def test_an_offer_that_is_over_rings_no_more(firm):
    order_id = firm.report().order.id
    firm.step(order_id, "accepted", "chen", minutes(1))
    assert ("chen", "repairs.dispatched_technician") not in told(firm)


def test_the_one_who_took_the_step_is_not_told_of_it(firm):
    order_id = firm.report().order.id
    told(firm)
    firm.step(order_id, "cancelled", "resident", minutes(1))
    assert told(firm) == []
