"""Behind every figure: its meaning, the calls that make it, and what the PBX said about each."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.live_page import each_language, each_theme, watched_page

pytestmark = pytest.mark.browser


async def open_answered(page: Page) -> None:
    """Open the answered calls of the first queue that has some."""
    counted = page.get_by_role("button", name=re.compile(r"^(Answered|接起) [1-9]"))
    await page.locator("article.card").locator(counted).first.click()


async def open_service_level(page: Page) -> None:
    """Open the service level of all queues."""
    await page.locator(".strip").get_by_role("button", name=re.compile(r"^(Service level|服务水平)")).first.click()


async def test_a_figure_opens_the_calls_behind_it(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        await open_answered(watched.page)
        sheet = watched.page.get_by_role("dialog")
        await expect(sheet.get_by_role("heading", level=2)).to_contain_text("Answered · ")
        await expect(sheet).to_contain_text("visits that an agent answered")
        await expect(sheet.get_by_role("button", pressed=True)).to_contain_text("Answered")
        rows = sheet.locator("ul li button")
        await rows.first.wait_for()
        assert {"Answered"} == set(await rows.locator(".outcome .outcome").all_inner_texts())
        assert watched.complaints == []


async def test_the_service_level_stands_beside_what_other_rules_make_of_it(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        await open_service_level(watched.page)
        sheet = watched.page.get_by_role("dialog")
        rows = sheet.locator("li[data-preset]")
        await rows.first.wait_for()
        presets = [await row.get_attribute("data-preset") for row in await rows.all()]
        assert {"cisco_negative", "amazon_connect", "genesys_default", "nethvoice"} <= set(presets)
        negative = await rows.and_(sheet.locator("[data-preset=cisco_negative]")).locator(".counts").inner_text()
        positive = await rows.and_(sheet.locator("[data-preset=cisco_positive]")).locator(".counts").inner_text()
        (met, offered), (more, same) = (map(int, counts.replace(",", "").split("/")) for counts in (negative, positive))
        assert (0 <= met <= more, offered) == (True, same)
        assert watched.complaints == []


async def test_an_open_list_stays_while_the_floor_moves(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        await open_answered(watched.page)
        rows = watched.page.get_by_role("dialog").locator("ul li button")
        await rows.first.wait_for()
        asked: list[str] = []
        watched.page.on("request", lambda request: asked.append(request.url))
        first = await rows.first.element_handle()
        await watched.page.wait_for_timeout(3_000)
        assert [url for url in asked if "/visits" in url] == []
        assert first is not None
        assert await first.evaluate("(row) => row.isConnected")


async def test_a_call_shows_what_was_heard_of_it(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        await open_answered(watched.page)
        sheet = watched.page.get_by_role("dialog")
        await sheet.locator("ul li button").first.click()
        await expect(sheet.get_by_role("heading", level=2)).to_contain_text("Call from ")
        timeline = sheet.locator("ol > li")
        await timeline.filter(has_text="Caller entered the queue").first.wait_for()
        assert await timeline.locator(".badge").first.inner_text() in {"AMI", "queue_log"}
        await timeline.first.locator("summary").click()
        await expect(timeline.first.locator("pre")).not_to_be_empty()
        await sheet.get_by_role("button", name="Back").click()
        await expect(sheet.get_by_role("heading", level=2)).to_contain_text("Answered · ")
        assert watched.complaints == []


async def test_callers_are_masked_everywhere(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        await open_answered(watched.page)
        sheet = watched.page.get_by_role("dialog")
        await sheet.locator("ul li button").first.click()
        await sheet.locator("ol > li").first.wait_for()
        for summary in await sheet.locator("summary").all():
            await summary.click()
        said = await sheet.inner_text()
        assert "••••" in said
        assert re.findall(r"(?<![\d.])2\d{9}(?![\d.])", said) == []


async def test_escape_closes_the_sheet_and_gives_the_focus_back(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        page = watched.page
        figure = page.locator(".strip .day .figure").nth(1)
        await figure.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        for _ in range(40):
            await page.keyboard.press("Tab")
            assert await page.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await expect(figure).to_be_focused()


async def test_keys_find_an_agent_and_list_themselves(browser: Browser, live_site: str) -> None:
    async with watched_page(browser, live_site) as watched:
        page = watched.page
        everyone = await page.locator("tbody tr").count()
        name = await page.locator("tbody tr .name").last.inner_text()
        await page.keyboard.press("/")
        await page.keyboard.type(name)
        await expect(page.locator("tbody tr")).not_to_have_count(everyone)
        await expect(page.locator("tbody tr .name").filter(has_text=name).first).to_be_visible()
        await page.locator("h1").click()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_contain_text("Find an agent")


@each_theme
@each_language
async def test_everybody_can_use_it(browser: Browser, live_site: str, language: str, theme: str) -> None:
    """axe finds nothing wrong, neither with the page nor with the sheets that open from it."""
    async with watched_page(browser, live_site, language=language, theme=theme, still=True) as watched:
        page, sheet = watched.page, watched.page.get_by_role("dialog")
        assert await watched.accessibility_violations() == []
        await open_answered(page)
        await sheet.locator("ul li button").first.wait_for()
        assert await watched.accessibility_violations() == []
        await sheet.locator("ul li button").first.click()
        await sheet.locator("ol > li").first.wait_for()
        assert await watched.accessibility_violations() == []
        await page.keyboard.press("Escape")
        await page.locator("tbody button").first.click()
        await sheet.locator("ul li button").first.wait_for()
        assert await watched.accessibility_violations() == []
        await page.keyboard.press("Escape")
        await open_service_level(page)
        await sheet.locator("li[data-preset]").first.wait_for()
        assert await watched.accessibility_violations() == []
        await page.keyboard.press("Escape")
        await page.locator(".pbx").first.click()
        await sheet.locator("article").first.wait_for()
        assert await watched.accessibility_violations() == []
