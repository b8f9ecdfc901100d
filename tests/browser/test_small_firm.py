"""A small firm signs up alone, brings its list in, and prints the codes of its homes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.eyes import ROOT, Complaints, look
from tests.browser.stack import Stack

LIST = ROOT / "ops" / "demo" / "jinxiu" / "房屋业主台账.xlsx"

pytestmark = pytest.mark.journey


def test_a_small_firm_signs_up_and_imports_its_list(
    visit: Callable[..., Page], stack: Stack, complaints: Complaints
) -> None:
    page = visit("/", slug="")
    look(page, "landing", complaints)
    page.goto(f"{stack.address()}/signup")
    page.locator("[name=firm_name]").fill("安和物业服务有限公司")
    page.locator("[name=firm_name]").blur()
    expect(page.locator("[name=slug]")).not_to_have_value("")
    look(page, "signup", complaints)
    page.locator("[name=admin_name]").fill("王经理")
    page.locator("[name=contact]").fill("13900009001")
    page.locator("[name=password]").fill("quiet-river-77")
    page.get_by_role("button", name=re.compile("注册|开通")).click()
    page.wait_for_url("**/first-steps")
    look(page, "first-steps", complaints)

    page.goto(page.url.replace("/first-steps", "/imports/new"))
    look(page, "import-new", complaints)
    page.locator("input[type=file]").set_input_files(LIST)
    page.locator("#content form button[type=submit]").first.click()
    apply = page.locator("button[form=apply]")
    expect(apply).to_contain_text("471", timeout=30_000)
    expect(page.locator(".aj-import tbody tr")).not_to_have_count(0)
    look(page, "import-preview", complaints)
    apply.click()
    rooms = page.get_by_role("link", name="查看房屋").or_(page.locator("a[href*='/rooms?community=']"))
    expect(rooms.first).to_be_visible(timeout=30_000)
    look(page, "import-done", complaints)

    rooms.first.click()
    expect(page.locator("tbody tr")).to_have_count(50)
    look(page, "rooms", complaints)
    page.locator("tbody tr a").first.click()
    page.wait_for_url(re.compile(r"/rooms/[0-9a-f-]{36}"))
    look(page, "room", complaints)
    room = page.url.rpartition("/")[2].partition("?")[0]
    page.goto(page.url.partition("/rooms/")[0] + f"/labels?room={room}&size=70x50")
    expect(page.locator("svg.segno, .aj-label svg, svg").first).to_be_visible()
    look(page, "labels", complaints)
