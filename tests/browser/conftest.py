"""A real browser on a real service: the packaged demo, twenty times as fast as it was recorded."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.support.live_page import FLAGS
from tests.support.parts import chromium

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
_START_SECONDS = 90
_STOP_SECONDS = 30


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A running `callcenter demo`: its address and its process, which is ended afterwards unless it is over."""
    command = [Path(sys.executable).with_name("callcenter"), "demo", "--speed", "20", "--port", "0"]
    log = folder / "demo.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        try:
            yield await _address(process, log), process
        finally:
            await _end(process)


async def _address(process: asyncio.subprocess.Process, log: Path) -> str:
    for _ in range(_START_SECONDS * 10):
        said = log.read_text("utf-8", "replace")
        if found := _ADDRESS.search(said):
            return found[0]
        if process.returncode is not None:
            break
        await asyncio.sleep(0.1)
    pytest.fail(f"the demo did not say where it listens:\n{said}", pytrace=False)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


@pytest.fixture(scope="package")
async def live_site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of the demo, shared by the tests of this folder. Without a browser it is not started."""
    async with demo(tmp_path_factory.mktemp("demo")) as (address, _):
        yield address


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the tests of this folder; each page has a profile of its own."""
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        await browser.close()
