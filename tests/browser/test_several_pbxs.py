"""Two PBXs on one page: each for itself with the age of its own feed, and added up at the flick of a switch."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.integration.test_up import NAMES, by_pbx, two_pbxs, until
from tests.support.command import service
from tests.support.live_page import LANGUAGES, watched_page

pytestmark = pytest.mark.browser


@pytest.fixture
async def two_sites(tmp_path: Path) -> AsyncIterator[str]:
    async with two_pbxs(tmp_path) as config, service("up", "--config", config, cwd=tmp_path) as running:
        await until(running.address, "/api/v1/live", lambda told: all(by_pbx(told["queues"]).values()))
        yield running.address + "/"


async def test_queues_of_one_name_are_added_up_and_apart_again(browser: Browser, two_sites: str) -> None:
    async with watched_page(browser, two_sites) as watched:
        page = watched.page
        picture = await (await page.request.get(f"{two_sites}api/v1/live")).json()
        apart, names = len(picture["queues"]), {queue["queue"] for queue in picture["queues"].values()}
        assert apart == 2 * len(names)
        cards, switch = page.locator("article.card"), page.get_by_role("checkbox", name="Add PBXs up")
        await expect(cards).to_have_count(apart)
        assert set(await page.locator("article.card .pbx").all_inner_texts()) == set(NAMES)
        await switch.check()
        await expect(cards).to_have_count(len(names))
        assert set(await page.locator("article.card h3").all_inner_texts()) == names
        await switch.uncheck()
        await expect(cards).to_have_count(apart)
        await page.locator("button.pbx").first.click()
        for name in NAMES:
            await expect(page.get_by_role("dialog").get_by_role("heading", name=name)).to_be_visible()


async def test_everybody_can_use_the_switch(browser: Browser, two_sites: str) -> None:
    for language in LANGUAGES:
        async with watched_page(browser, two_sites, language=language) as watched:
            switch = watched.page.get_by_role("checkbox")
            await switch.focus()
            await watched.page.keyboard.press("Space")
            await expect(switch).to_be_checked()
            assert await watched.accessibility_violations() == []
