"""What an actor may do, and where."""

from __future__ import annotations

from uuid import uuid4

import pytest

from saas.core.actors import EVERYWHERE, GUEST, NOWHERE, SYSTEM, Actor, Scope
from saas.core.errors import Forbidden

HERE, THERE, BUILDING = uuid4(), uuid4(), uuid4()


def actor(scope: Scope) -> Actor:
    return Actor(kind="staff", user_id=uuid4(), grants={"repairs.dispatch": scope})


def test_a_community_scope_covers_its_community_only() -> None:
    desk = actor(Scope(communities=frozenset({HERE})))
    assert desk.may("repairs.dispatch", community_id=HERE)
    assert not desk.may("repairs.dispatch", community_id=THERE)
    assert not desk.may("repairs.dispatch", everywhere=True)
    assert desk.may("repairs.dispatch")
    assert not desk.may("repairs.cancel")


def test_a_building_scope_and_own_rows() -> None:
    keeper = actor(Scope(buildings=frozenset({BUILDING})))
    assert keeper.may("repairs.dispatch", community_id=HERE, building_id=BUILDING)
    assert not keeper.may("repairs.dispatch", community_id=HERE)
    resident = actor(Scope(own=True))
    assert resident.may("repairs.dispatch", own=True)
    assert not resident.may("repairs.dispatch", community_id=HERE)


def test_require_names_the_permission() -> None:
    with pytest.raises(Forbidden) as refused:
        GUEST.require("repairs.dispatch")
    assert (refused.value.status, refused.value.params) == (403, {"permission": "repairs.dispatch"})


def test_scopes_add_up_and_the_system_may_everything() -> None:
    both = Scope(communities=frozenset({HERE})) | Scope(own=True)
    assert both.own and both.communities == {HERE}
    assert SYSTEM.scope("anything") == EVERYWHERE
    assert GUEST.scope("anything") == NOWHERE and NOWHERE.empty
