"""A running installation, a firm in it, and a browser that complains."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tenants.database import boot
from tenants.provisioning import keep_spares
from tenants.settings import Settings
from tests.browser.eyes import Complaints, open_context
from tests.browser.stack import Stack
from tests.browser.town import PASSWORD, Town, make_town

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
]  # fmt: skip


@pytest.fixture(scope="package")
def town(app: Flask, migrated: Settings) -> Town:
    """The firm; the application is built so that all permissions are declared."""
    boot(migrated)
    keep_spares(2)
    return make_town()


@pytest.fixture(scope="package")
def stack(town: Town, migrated: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All processes."""
    running = Stack(migrated, tmp_path_factory.mktemp("logs"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.fail("the browser tests need Chromium: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What pages of this test complained about; the test fails when there is anything."""
    found = Complaints()
    yield found
    assert not found.said, "\n".join(dict.fromkeys(found.said))


@pytest.fixture
def visit(chromium: Browser, stack: Stack, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser profile of its own, signed in with a login name if one is given."""
    opened: list[BrowserContext] = []

    def open_page(
        address: str = "/", *, slug: str, login: str = "", phone: bool = False, locale: str = "zh-CN"
    ) -> Page:
        context = open_context(chromium, complaints, phone=phone, locale=locale)
        opened.append(context)
        page = context.new_page()
        if login:
            page.goto(f"{stack.address(slug)}/login")
            page.locator("[name=identifier]").fill(login)
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("form[action='/login'] button").click()
            page.wait_for_url(lambda url: "/login" not in url)
        page.goto(stack.address(slug) + address)
        return page

    yield open_page
    for context in opened:
        context.close()
