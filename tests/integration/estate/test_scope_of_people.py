"""A clerk of one community cannot bring somebody of another into the own scope."""

import pytest

from saas.core.actors import SYSTEM
from saas.core.errors import NotFound
from saas.estate.services.occupancies import start_occupancy
from saas.estate.services.places import create_building, create_room, make_community
from saas.people.services.persons import PersonDraft, create_person
from tenants.unit_of_work import unit_of_work
from tests.conftest import make_tenant
from tests.integration.estate.conftest import clerk


def _room(uow, name):
    community = make_community(uow, name=name)
    uow.session.flush()
    building = create_building(uow, actor=SYSTEM, community_id=community.id, values={"key": "1"})
    return community.id, create_room(uow, actor=SYSTEM, building_id=building.id, values={"number": "101"}).id


def test_a_clerk_moves_in_nobody_who_lives_in_another_community(app, kernel):
    with unit_of_work(make_tenant()) as uow:
        _there, their_room = _room(uow, "桂花苑")
        here, our_room = _room(uow, "锦绣花园")
        stranger = create_person(uow, actor=SYSTEM, draft=PersonDraft("周慧敏"))
        newcomer = create_person(uow, actor=SYSTEM, draft=PersonDraft("郑晓云"))
        start_occupancy(uow, actor=SYSTEM, room_id=their_room, role="owner", person_id=stranger)
        ours = clerk(communities=frozenset({here}))
        with pytest.raises(NotFound):
            start_occupancy(uow, actor=ours, room_id=our_room, role="owner", person_id=stranger)
        moved = start_occupancy(uow, actor=ours, room_id=our_room, role="owner", person_id=newcomer)
        assert moved.person_id == newcomer
