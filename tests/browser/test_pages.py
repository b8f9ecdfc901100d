"""The main pages in English, dark and large type; the live dot when the stream dies."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.eyes import Complaints, look, switch
from tests.browser.stack import Stack
from tests.browser.town import Town

pytestmark = pytest.mark.journey


@dataclass(frozen=True)
class Room:
    """Who looks at which pages; `{name}` is an id of the town."""

    login: str
    phone: bool
    pages: dict[str, str]


ROOMS = {
    "desk": Room(
        "qiantai", False,
        {
            "board": "/repairs/board", "board-open": "/repairs/board?order={working}", "list": "/repairs",
            "order": "/repairs/{finished}", "new": "/repairs/new", "rooms": "/rooms", "room": "/rooms/{room_1203}",
            "staff": "/staff", "messages": "/messages",
        },
    ),
    "admin": Room(
        "admin", False,
        {
            "levels": "/repairs/levels", "communities": "/communities", "community": "/communities/{community}/edit",
            "staff-new": "/staff/new", "roles": "/settings/roles", "audit": "/settings/audit",
            "wordings": "/settings/messages", "account": "/account", "letter": "/rooms/{room_1201}/letter",
        },
    ),
    "technician": Room(
        "shifu", True, {"tasks": "/tasks", "task": "/tasks/{working}", "inbox": "/staff/messages", "scan": "/tasks/scan"}
    ),
    "resident": Room(
        "13800000618", True,
        {
            "home": "/home", "report": "/report", "orders": "/orders", "progress": "/orders/{accepted}",
            "rate": "/orders/{finished}/rate", "inbox": "/home/messages", "account": "/account",
        },
    ),
}  # fmt: skip
LOOKS = {
    "zh": ({"locale": "zh_Hans_CN"}, True),
    "en": ({"locale": "en"}, False),
    "dark-large": ({"theme": "dark", "size": "large"}, True),
}


@pytest.mark.parametrize("room_name", ROOMS)
def test_the_pages_of_each_room(
    room_name: str, visit: Callable[..., Page], town: Town, stack: Stack, complaints: Complaints
) -> None:
    room = ROOMS[room_name]
    page = visit("/account", slug=town.tenant.slug, login=room.login, phone=room.phone)
    address = stack.address(town.tenant.slug)
    for look_name, (switches, with_axe) in LOOKS.items():
        switch(page, address, **{"locale": "zh_Hans_CN", "theme": "light", "size": "normal"} | switches)
        for name, path in room.pages.items():
            answer = page.goto(address + path.format(**town.ids))
            assert answer is not None and answer.ok, f"{path}: {answer and answer.status}"
            sizes = ("phone",) if room.phone else ("phone", "desk") if look_name == "zh" else ("desk",)
            look(page, f"{room_name}-{name}-{look_name}", complaints, sizes=sizes, axe=with_axe)


def test_pages_poll_while_the_stream_is_dead(
    visit: Callable[..., Page], town: Town, stack: Stack, complaints: Complaints
) -> None:
    complaints.expected = ("net::ERR_", f":{stack.stream_port}/live", "EventSource")
    page = visit("/repairs/board", slug=town.tenant.slug, login="qiantai")
    mark = page.locator("[data-live-mark] i").first
    expect(mark).to_have_class(re.compile("is-done"))
    stack.kill("stream")
    try:
        expect(mark).not_to_have_class(re.compile("is-done"), timeout=5_000)
        phone = visit("/report", slug=town.tenant.slug, login="13800000619", phone=True)
        phone.locator("[name=text]").fill("走廊的灯不亮了")
        phone.locator("button[form=report]").click()
        phone.wait_for_url(re.compile(r"/orders/[0-9a-f-]{36}"))
        expect(page.locator(".aj-board-card", has_text="走廊的灯不亮了")).to_be_visible(timeout=12_000)
    finally:
        stack.start_stream()
    expect(mark).to_have_class(re.compile("is-done"), timeout=45_000)
