"""The live page as people meet it: it moves, stays where it is, and speaks their language."""

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.support.live_page import DESK, PHONE, WALL, each_language, each_theme, watched_page

pytestmark = pytest.mark.browser

SIZES = {"desk": (DESK, ""), "phone": (PHONE, ""), "wall": (WALL, "?wall")}
HIGHEST_LAYOUT_SHIFT = 0.02
MOVES_WITHIN_SECONDS = 60


async def figures(page: Page) -> list[str]:
    """All figures of the day, as they stand."""
    return await page.locator(".figure .value").all_inner_texts()


async def test_the_page_moves(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        before = await figures(watched.page)
        async with asyncio.timeout(MOVES_WITHIN_SECONDS):
            while await figures(watched.page) == before:
                await watched.page.wait_for_timeout(200)
        await expect(watched.page.locator(".words")).to_have_attribute("data-tone", "good")


async def test_it_shows_the_queues_and_agents_of_the_pbx(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        picture = await (await watched.page.request.get(f"{live_site}api/v1/live")).json()
        await expect(watched.page.locator("article.card")).to_have_count(len(picture["queues"]))
        await expect(watched.page.locator("tbody tr")).to_have_count(len(picture["agents"]))
        cards = await watched.page.locator("article.card h3").all_inner_texts()
        assert sorted(cards) == sorted(queue["queue"] for queue in picture["queues"].values())


async def test_a_service_level_stands_with_its_counts(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        level = watched.page.locator(".strip .day .figure").first
        await expect(level).to_contain_text("%")
        await expect(level.locator(".detail")).to_contain_text("answered in time, of offered")
        part, whole = (await level.locator(".detail").inner_text()).split(" · ")[0].split(" / ")
        assert 0 < int(part.replace(",", "")) <= int(whole.replace(",", ""))


async def test_the_language_changes_without_a_reload(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        page = watched.page
        await page.evaluate("window.still = 'here'")
        await page.get_by_text("中文").click()
        await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        await expect(page.get_by_role("heading", name="座席")).to_be_visible()
        await expect(page).to_have_title("呼叫中心实时看板")
        assert await page.evaluate("window.still") == "here"
        await page.reload()
        await expect(page.get_by_role("heading", name="座席")).to_be_visible()


async def test_the_theme_is_chosen_and_remembered(browser: Browser, live_site: str) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    async with watched_page(browser, live_site, theme="light") as watched:
        light = await watched.page.evaluate(ground)
        await watched.page.get_by_role("radio", name="Dark").check()
        await expect(watched.page.locator("html")).not_to_have_css("background-color", light)
        dark = await watched.page.evaluate(ground)
        await watched.page.reload(wait_until="commit")
        await watched.page.locator("article.card").first.wait_for()
        assert await watched.page.evaluate(ground) == dark


@each_language
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_nothing_shifts_while_it_is_live(
    browser: Browser, live_site: str, size: ViewportSize, language: str
) -> None:
    async with watched_page(browser, live_site, size=size, language=language) as watched:
        await watched.page.wait_for_timeout(6_000)
        assert await watched.worst_layout_shift() < HIGHEST_LAYOUT_SHIFT
        assert watched.complaints == []


@each_language
async def test_a_phone_never_scrolls_sideways(browser: Browser, live_site: str, language: str) -> None:
    async with watched_page(browser, live_site, size=PHONE, language=language) as watched:
        widths = "[document.documentElement.scrollWidth, innerWidth]"
        assert await watched.page.evaluate(widths) == [PHONE["width"], PHONE["width"]]
        await watched.page.locator(".strip .day .figure").first.click()
        await watched.page.locator("dialog ul li button").first.wait_for()
        body = watched.page.locator("dialog .body")
        assert await body.evaluate("(body) => body.scrollWidth <= body.clientWidth")


@each_theme
@each_language
@pytest.mark.parametrize("kind", SIZES)
async def test_it_can_be_looked_at(
    browser: Browser, live_site: str, tmp_path: Path, kind: str, language: str, theme: str
) -> None:
    """Screenshots go to the folder that CALLCENTER_SCREENSHOTS names."""
    folder = Path(os.environ.get("CALLCENTER_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    size, query = SIZES[kind]
    async with watched_page(browser, live_site + query, size=size, language=language, theme=theme) as watched:
        await watched.page.wait_for_timeout(500)
        await watched.page.screenshot(path=folder / f"live-{kind}-{language}-{theme}.png", full_page=kind == "phone")
        assert await watched.page.evaluate("document.documentElement.dataset.theme") == theme
        assert watched.complaints == []


async def test_a_wall_can_be_read_from_five_metres(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, f"{live_site}?wall", size=WALL) as watched:
        heights = await watched.page.locator(".card .big .value").evaluate_all(
            "(values) => values.map((value) => parseFloat(getComputedStyle(value).fontSize))"
        )
        assert min(heights) >= 0.05 * WALL["height"]
        await expect(watched.page.locator("table")).to_have_count(0)
