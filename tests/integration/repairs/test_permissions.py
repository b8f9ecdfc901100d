"""Every arrow by every role: who may take it, who is refused, who does not even know the order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from saas.core.actors import Scope
from saas.core.errors import Conflict, DomainError, Forbidden, NotFound
from saas.estate.models import PlaceLink
from saas.estate.setup import persons_in_scope
from saas.people.places import register_person_filter
from saas.repairs.models import RepairOrder
from saas.repairs.services.rules import allowed_arrow, arrows_open_to, seen_order
from saas.repairs.states import ARROWS, STATES, TABLE, arrow

from .conftest import MONDAY, Firm, minutes

ROLES = ("desk", "chen", "wu", "resident", "neighbour", "admin")
GIVEN = ("note", "reason", "category", "urgency", "attitude", "speed", "quality")
# Chen is the order's technician from `accepted` on and is being asked in `dispatched`; Wu is neither.
DESK = {"desk", "admin"}
EXPECTED: dict[tuple[str, str], set[str]] = {
    ("submitted", "triaged"): DESK,
    ("triaged", "dispatched"): DESK,
    ("returned", "dispatched"): DESK,
    ("reopened", "dispatched"): DESK,
    ("dispatched", "dispatched"): DESK,
    ("dispatched", "accepted"): {"chen"},
    ("dispatched", "returned"): DESK | {"chen"},
    ("accepted", "en_route"): {"chen"},
    ("accepted", "working"): {"chen"},
    ("accepted", "paused"): {"chen"},
    ("accepted", "returned"): DESK | {"chen"},
    ("en_route", "working"): {"chen"},
    ("en_route", "paused"): {"chen"},
    ("en_route", "returned"): DESK | {"chen"},
    ("working", "paused"): {"chen"},
    ("working", "returned"): DESK | {"chen"},
    ("working", "finished"): {"chen"},
    ("paused", "en_route"): {"chen"},
    ("paused", "working"): DESK | {"chen"},
    ("paused", "returned"): DESK | {"chen"},
    ("finished", "rated"): {"resident"},
    ("finished", "closed"): DESK,
    ("rated", "closed"): DESK,
    ("finished", "reopened"): DESK | {"resident"},
    ("rated", "reopened"): DESK | {"resident"},
    ("closed", "reopened"): DESK | {"resident"},
    ("submitted", "cancelled"): DESK | {"resident"},
    ("triaged", "cancelled"): DESK | {"resident"},
    ("returned", "cancelled"): DESK | {"resident"},
    ("reopened", "cancelled"): DESK | {"resident"},
    ("dispatched", "cancelled"): DESK | {"resident"},
    ("accepted", "cancelled"): DESK | {"resident"},
    ("en_route", "cancelled"): DESK,
    ("working", "cancelled"): DESK,
    ("paused", "cancelled"): DESK,
}


@dataclass
class Scene:
    """An order that can be put into any state, offered to Chen or with Chen."""

    firm: Firm
    order_id: object

    def put(self, uow, state: str) -> RepairOrder:
        order = uow.session.get(RepairOrder, self.order_id)
        order.state = state
        before = state in ("submitted", "triaged", "dispatched", "returned", "reopened")
        order.technician_id = None if before else self.firm.ids["chen"]
        uow.session.flush()
        return order


@pytest.fixture
def scene(firm) -> Scene:
    """An order offered to Chen."""
    return Scene(firm, firm.report().order.id)


def test_the_expectation_covers_the_whole_table():
    assert set(EXPECTED) == {(item.source, item.target) for item in ARROWS if not item.later}


def test_every_step_by_every_role(scene):
    outcome: dict[tuple[str, str], set[str]] = {pair: set() for pair in EXPECTED}
    for source, target in EXPECTED:
        with scene.firm.work(minutes(1)) as uow:
            for role in ROLES:
                order = scene.put(uow, source)
                try:
                    actor = scene.firm.actors[role]
                    allowed_arrow(uow, actor, seen_order(uow, actor, order.id), target, GIVEN)
                    outcome[source, target].add(role)
                except (Forbidden, NotFound):
                    pass
    assert outcome == EXPECTED


def test_buttons_are_the_steps_that_would_work(scene):
    for source in {pair[0] for pair in EXPECTED}:
        with scene.firm.work(minutes(1)) as uow:
            order = scene.put(uow, source)
            for role in ROLES:
                shown = {item.target for item in arrows_open_to(uow, scene.firm.actors[role], order)}
                assert shown == {
                    target for here, target in EXPECTED if here == source and role in EXPECTED[here, target]
                }


def test_what_the_table_does_not_have_is_refused_to_all(scene):
    missing = [(a, b) for a in STATES for b in STATES if arrow(a, b) is None]
    assert len(missing) + len(EXPECTED) == len(STATES) ** 2
    with scene.firm.work(minutes(1)) as uow:
        for source, target in missing:
            order = scene.put(uow, source)
            for role in ("desk", "admin"):
                with pytest.raises(Conflict):
                    allowed_arrow(uow, scene.firm.actors[role], order, target, GIVEN)


def test_arrows_of_later_features_answer_with_a_plain_refusal(scene):
    for source, target in [pair for pair, item in TABLE.items() if item.later]:
        with scene.firm.work(minutes(1)) as uow:
            scene.put(uow, source)
        with pytest.raises(DomainError) as refused:
            scene.firm.step(scene.order_id, target, "admin", minutes(2))
        assert refused.value.status in (403, 404, 409)


def test_strangers_do_not_know_the_order(scene):
    for role in ("neighbour", "wu", "liu"):
        for target in ("accepted", "cancelled", "finished", "rated", "dispatched"):
            with pytest.raises(NotFound):
                scene.firm.step(scene.order_id, target, role, minutes(1), note="x")


def test_a_code_opens_its_own_room_and_no_other(firm: Firm) -> None:
    with firm.work() as uow:
        uow.session.add_all(
            PlaceLink(
                token=token, community_id=firm.ids["community"], room_id=firm.ids[room], created_at=MONDAY
            )
            for token, room in (("own", "room"), ("theirs", "room_7"))
        )
    for code in ("nothing", "own"):
        with pytest.raises(NotFound):
            firm.report(room_id=firm.ids["room_7"], code=code)
    assert firm.report(code="theirs").order.room_id == firm.ids["room_7"]
    assert firm.report(room_id=firm.ids["room"], code="own").order.room_id == firm.ids["room"]


def test_a_clerk_of_one_building_names_nobody_from_another(firm: Firm) -> None:
    register_person_filter(persons_in_scope)
    here = Scope(buildings=frozenset({firm.ids["building"]}))
    firm.actors["clerk"] = replace(
        firm.actors["desk"], grants=dict.fromkeys(firm.actors["desk"].grants, here)
    )
    known = firm.report(by="clerk", room_id=firm.ids["room"], person_id=firm.ids["resident_person"])
    assert known.order.reporter_name == "周慧敏"
    with pytest.raises(NotFound):
        firm.report(by="clerk", room_id=firm.ids["room"], person_id=firm.ids["neighbour_person"])
    with pytest.raises(NotFound):
        firm.report(by="clerk", room_id=firm.ids["room_7"])
