"""When the service goes away the page says so, and no figure pretends to be of now."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import demo
from tests.support.live_page import watched_page

pytestmark = pytest.mark.browser


async def test_a_lost_service_is_said_in_words(browser: Browser, tmp_path: Path) -> None:
    async with demo(tmp_path) as (address, process), watched_page(browser, address) as watched:
        page = watched.page
        await expect(page.locator(".words")).to_have_attribute("data-tone", "good")
        process.terminate()
        await process.wait()
        await expect(page.locator(".words")).to_have_attribute("data-tone", "bad")
        await expect(page.get_by_role("status").first).to_contain_text("Nothing has come from the service since")
        cards = await page.locator("article.card").count()
        await expect(page.locator("article.card.stale")).to_have_count(cards)
        await expect(page.locator("article.card .alarm").first).to_contain_text(re.compile(r"as of \d\d:\d\d:\d\d"))
        # The waits stand still: the page does not know whether anybody still waits.
        waits = await page.locator(".card .big .value").all_inner_texts()
        await page.wait_for_timeout(2_500)
        assert await page.locator(".card .big .value").all_inner_texts() == waits
