"""What a careful person would see in a browser: errors, foreign requests, refused styles, barriers, sideways scrolling."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = Path(os.environ.get("BROWSER_PICTURES", ROOT / "var" / "browser"))
SIZES = {"phone": (390, 844), "desk": (1440, 900)}
NARROWEST = 320
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""
# A page that answers 4xx on purpose is written to the console by the browser itself.
STATUS_LINE = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


@dataclass
class Complaints:
    """What went wrong in any page of the run."""

    said: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def console(self, message: ConsoleMessage) -> None:
        """An error or a warning on the console."""
        if message.type in ("error", "warning") and not STATUS_LINE.search(message.text):
            self.add(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def request(self, request: Request) -> None:
        """Anything that is fetched from elsewhere."""
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        if (
            parts.scheme in ("http", "https", "ws", "wss")
            and host != "127.0.0.1"
            and not host.endswith("localhost")
        ):
            self.add(f"external request: {request.url}")

    def add(self, text: str) -> None:
        """Note it, unless the test said that it would happen."""
        if not any(known in text for known in self.expected):
            self.said.append(text)


def open_context(
    browser: Browser, complaints: Complaints, *, phone: bool = False, locale: str = "zh-CN"
) -> BrowserContext:
    """A fresh browser profile: a phone in the hand or a screen on the desk."""
    width, height = SIZES["phone" if phone else "desk"]
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=locale, timezone_id="Asia/Shanghai", has_touch=phone,
        reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(15_000)
    context.add_init_script(TELL_VIOLATIONS)
    context.on("console", complaints.console)
    context.on("weberror", lambda error: complaints.add(f"script error: {error.error}"))
    context.on("request", complaints.request)
    return context


def switch(page: Page, address: str, **values: str) -> None:
    """Set language (`locale`), `theme` or `size` of this device."""
    cookies: Any = [
        {"name": f"anju_{name}", "value": value, "url": address} for name, value in values.items()
    ]
    page.context.add_cookies(cookies)


def look(
    page: Page,
    name: str,
    complaints: Complaints,
    *,
    sizes: tuple[str, ...] = ("phone", "desk"),
    axe: bool = True,
) -> None:
    """Take pictures in these sizes; barriers and sideways scrolling are complaints. The size is put back."""
    before = page.viewport_size
    for size in sizes:
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(
            path=str(PICTURES / f"{name}-{width}.png"), full_page=size == "phone", caret="initial"
        )
        _sideways(page, name, width, complaints)
        if axe:
            _barriers(page, f"{name} at {width}", complaints)
    if "phone" in sizes:
        page.set_viewport_size({"width": NARROWEST, "height": 700})
        _sideways(page, name, NARROWEST, complaints)
    if before:
        page.set_viewport_size(before)


def _sideways(page: Page, name: str, width: int, complaints: Complaints) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        complaints.add(f"{name}: {wide} px wide at {width}")


def _barriers(page: Page, name: str, complaints: Complaints) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8") + ";undefined")
    found = page.evaluate(
        """() => axe.run(document, {resultTypes: ["violations"], preload: false}).then((all) => all.violations
          .filter((each) => ["serious", "critical"].includes(each.impact))
          .map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.target + " " +
            (node.any[0]?.message ?? "")).join(" | ")}`))"""
    )
    for each in found:
        complaints.add(f"{name}: {each}")
