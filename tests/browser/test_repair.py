"""A repair from the resident's phone over the front desk and the technician's phone to the rating, all of them looking on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from ops.demo.pictures import photo
from tests.browser.eyes import Complaints, look
from tests.browser.stack import Stack
from tests.browser.town import PASSWORD, Town

WORDS = "厨房水槽下面的下水管接头漏水，柜子底已经泡湿了"
SOON = 2_000  # what "by itself" may take, in milliseconds

pytestmark = pytest.mark.journey


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Two photos of the fault and one of the repair."""
    paths = [tmp_path / f"{name}.jpg" for name in ("one", "two", "after")]
    for number, path in enumerate(paths):
        path.write_bytes(photo("plumbing", number + 1, repaired=number == 2))
    return paths


def test_a_repair_from_report_to_rating(
    visit: Callable[..., Page], town: Town, stack: Stack, complaints: Complaints, pictures: list[Path]
) -> None:
    slug = town.tenant.slug
    desk = visit("/repairs/board", slug=slug, login="qiantai")
    expect(live_mark(desk)).to_have_class(re.compile("is-done"))
    look(desk, "board", complaints, sizes=("desk",))
    phone = visit(town.label, slug=slug, phone=True)
    sent_at = report(phone, complaints, pictures)

    card = desk.locator(".aj-board-card", has_text="下水管接头漏水")
    expect(card).to_be_visible(timeout=left_of(sent_at))
    dispatch(desk, card, complaints)
    expect(phone.locator("#progress")).to_contain_text(re.compile("派单|师傅|安排"), timeout=SOON)

    technician = visit("/tasks", slug=slug, login="wugong", phone=True)
    work_off(technician, phone, complaints, pictures[2])
    rate(phone, complaints)
    expect(desk.locator(".aj-board-card", has_text="下水管接头漏水")).to_have_count(0, timeout=SOON)


def live_mark(page: Page) -> Locator:
    """The dot that says that changes come by themselves."""
    return page.locator("[data-live-mark] i").first


def left_of(since: float) -> float:
    """Milliseconds that are left of two seconds."""
    return max(1.0, SOON - (time.monotonic() - since) * 1000)


def report(page: Page, complaints: Complaints, pictures: list[Path]) -> float:
    """Scan the code, activate the home, report with two photos; answers when it was sent."""
    look(page, "scanned", complaints, sizes=("phone",))
    page.locator("[name=phone]").fill("138 0000 0617")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form[method=post] button.is-block").last.click()
    page.wait_for_url("**/report?place=**")
    look(page, "report-empty", complaints, sizes=("phone",))
    page.locator("[name=text]").fill(WORDS)
    expect(page.locator("#preview")).to_contain_text("水管")
    page.locator("input[type=file]").set_input_files(pictures[:2])
    expect(page.locator(".aj-picked img")).to_have_count(2)
    look(page, "report", complaints, sizes=("phone",))
    page.locator("button[form=report]").click()
    page.wait_for_url(re.compile(r"/orders/[0-9a-f-]{36}"))
    sent_at = time.monotonic()
    expect(page.locator("#progress")).to_contain_text("下水管接头漏水")
    expect(live_mark(page)).to_have_class(re.compile("is-done"))
    return sent_at


def dispatch(page: Page, card: Locator, complaints: Complaints) -> None:
    """Open the card's sheet; it went out to 陈志强 by itself, and the front desk prefers 吴敏."""
    card.click()
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("下水管接头漏水")
    expect(sheet.locator(".aj-photos img, .aj-order-photos img")).to_have_count(2)
    look(page, "board-sheet", complaints, sizes=("desk",))
    asked = sheet.locator(".aj-candidate", has=page.locator(".aj-badge"))
    expect(asked).to_contain_text("陈志强")
    sheet.get_by_role("button", name="派单给吴敏").click()
    expect(asked.filter(has_text="吴敏")).to_be_visible()
    look(page, "board-dispatched", complaints, sizes=("desk",))


def work_off(page: Page, resident: Page, complaints: Complaints, picture: Path) -> None:
    """Accept, go, arrive, finish with a photo; the resident's page follows each step by itself."""
    job = page.locator(".aj-job", has_text="下水管接头漏水")
    expect(job).to_be_visible()
    look(page, "tasks", complaints, sizes=("phone",))
    job.locator("form[data-step=accepted] button").click()
    follow(resident, "吴师傅")
    look(resident, "progress-accepted", complaints, sizes=("phone",))
    page.locator(".aj-job", has_text="下水管接头漏水").locator("a.aj-job-top").click()
    page.wait_for_url(re.compile(r"/tasks/[0-9a-f-]{36}"))
    look(page, "job", complaints, sizes=("phone",))
    page.locator(".aj-dock form[data-step=en_route] button").click()
    follow(resident, "在路上")
    page.locator(".aj-dock form[data-step=working] button").click()
    follow(resident, "正在维修")
    page.locator(".aj-dock a[href*='/finish']").click()
    page.locator("input[type=file]").set_input_files(picture)
    expect(page.locator(".aj-picked img")).to_have_count(1)
    page.locator("[name=note]").fill("换了下水弯头，打胶密封，放水十分钟不漏")
    look(page, "finish", complaints, sizes=("phone",))
    page.locator("button[form=finish]").click()
    follow(resident, "修好了")
    look(resident, "progress-finished", complaints, sizes=("phone",))
    page.wait_for_url(re.compile(r"/tasks"))
    look(page, "tasks-done", complaints, sizes=("phone",))


def follow(page: Page, words: str | re.Pattern[str]) -> None:
    """The page shows it within two seconds, without a reload."""
    expect(page.locator("#progress .aj-headline")).to_contain_text(words, timeout=SOON)


def rate(page: Page, complaints: Complaints) -> None:
    """Five stars for attitude and quality, four for speed."""
    page.locator("#progress a[href*='/rate']").click()
    page.locator("#rating").wait_for()
    for name, stars in (("attitude", 5), ("speed", 4), ("quality", 5)):
        page.locator(f"label[for={name}-{stars}]").click()
    page.locator("[name=words]").fill("师傅来得快，讲得清楚")
    look(page, "rate", complaints, sizes=("phone",))
    page.locator("button[form=rating]").click()
    page.wait_for_url(re.compile(r"/orders/[0-9a-f-]{36}$"))
    expect(page.locator("#progress")).to_contain_text("师傅来得快")
    look(page, "progress-rated", complaints, sizes=("phone",))
