"""The declared table of transitions: whole, consistent, and with a way out of every state."""

from itertools import pairwise

from saas.repairs.states import (
    ARROWS,
    COLUMN_IN_WORK,
    COLUMN_NEW,
    COLUMN_TO_DISPATCH,
    ENDED,
    STATES,
    TABLE,
    arrow,
    arrows_from,
)

DOMAIN = {
    "submitted",
    "triaged",
    "dispatched",
    "accepted",
    "en_route",
    "working",
    "finished",
    "rated",
    "closed",
    "returned",
    "transferred",
    "paused",
    "quoted",
    "approved",
    "declined",
    "reopened",
    "cancelled",
}
LATER = {"quoted", "approved", "declined", "transferred"}


def test_the_states_are_those_of_the_domain():
    assert set(STATES) == DOMAIN


def test_each_pair_of_states_has_one_arrow():
    assert len(TABLE) == len(ARROWS)


def test_the_main_road_is_open():
    road = [
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
    assert all(arrow(here, there) for here, there in pairwise(road))


def test_states_of_later_features_cannot_be_reached():
    reached, ahead = set(), ["submitted"]
    while ahead:
        state = ahead.pop()
        if state not in reached:
            reached.add(state)
            ahead += [item.target for item in arrows_from(state)]
    assert reached == DOMAIN - LATER
    assert arrow("working", "quoted") is None


def test_every_reachable_state_but_cancelled_leads_on():
    assert [state for state in DOMAIN - LATER if not arrows_from(state)] == ["cancelled"]


def test_every_arrow_names_who_may():
    assert all(item.who for item in ARROWS)


def test_every_open_state_stands_in_one_column_of_the_board():
    columns = COLUMN_NEW + COLUMN_TO_DISPATCH + COLUMN_IN_WORK
    assert len(columns) == len(set(columns))
    assert set(columns) == DOMAIN - {"finished", "rated"} - set(ENDED)


def test_nobody_but_the_reporter_rates():
    assert [who.tie for who in TABLE["finished", "rated"].who] == ["reporter"]
