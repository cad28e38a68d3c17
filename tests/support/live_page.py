"""A browser page on a running service, watched for what it must never do: shift its layout, or complain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.support.parts import lacks

AXE = Path(__file__).parents[2] / "callcenter" / "web" / "app" / "node_modules" / "axe-core" / "axe.min.js"

LANGUAGES = ("en", "zh-CN")
THEMES = ("light", "dark")
DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
WALL = ViewportSize(width=1920, height=1080)

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)

_WATCH = """
localStorage.setItem("callcenter.language", localStorage.getItem("callcenter.language") ?? "%(language)s");
localStorage.setItem("callcenter.theme", localStorage.getItem("callcenter.theme") ?? "%(theme)s");
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push([entry.startTime, entry.value]);
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Watched:
    """A page, and everything that its console said."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    async def worst_layout_shift(self) -> float:
        """Cumulative layout shift as browsers define it: the worst burst, at most 5 s long with pauses below 1 s."""
        worst = burst = 0.0
        began = last = -1e9
        for at, value in await self.page.evaluate("window.shifts"):
            if at - last > 1_000 or at - began > 5_000:
                burst, began = 0.0, at
            burst, last = burst + value, at
            worst = max(worst, burst)
        return worst

    async def accessibility_violations(self) -> list[Any]:
        """What axe finds wrong with the page as it stands. The script is injected past the page's own policy."""
        if not AXE.exists():
            lacks("node", "axe-core is not installed (cd callcenter/web/app && npm ci)")
        session = await self.page.context.new_cdp_session(self.page)
        source = AXE.read_text("utf-8")
        await session.send("Runtime.evaluate", {"expression": f"window.axe ?? (() => {{ {source} }})()"})
        found: list[Any] = await self.page.evaluate(
            """async () => (await window.axe.run()).violations.map(({ id, nodes }) => [id, nodes.map((n) => n.html)])"""
        )
        await session.detach()
        return found


@asynccontextmanager
async def watched_page(
    browser: Browser,
    address: str,
    *,
    size: ViewportSize = DESK,
    language: str = "en",
    theme: str = "light",
    still: bool = False,
) -> AsyncIterator[Watched]:
    """The page at this address, in a profile of its own, once it shows the floor. ``still`` asks for no motion."""
    context = await browser.new_context(viewport=size, reduced_motion="reduce" if still else "no-preference")
    await context.add_init_script(_WATCH % {"language": language, "theme": theme})
    page = await context.new_page()
    watched = Watched(page)
    page.on("console", lambda message: watched.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: watched.complaints.append(f"error: {error}"))
    try:
        await page.goto(address)
        await page.locator("article.card").first.wait_for()
        yield watched
    finally:
        await context.close()


each_language = pytest.mark.parametrize("language", LANGUAGES)
each_theme = pytest.mark.parametrize("theme", THEMES)
