"""Real parts that a machine may lack: a test without them says so, or fails where CALLCENTER_REQUIRE asks for them."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def lacks(part: str, reason: str) -> NoReturn:
    """Skip the running test with the reason, or fail it if CALLCENTER_REQUIRE (a list with commas) names the part."""
    if part in os.environ.get("CALLCENTER_REQUIRE", "").split(","):
        pytest.fail(f"CALLCENTER_REQUIRE asks for {part}: {reason}", pytrace=False)
    pytest.skip(reason)


def chromium() -> Path:
    """The browser of this machine, for tests marked `browser`."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return Path(found)
    lacks("browser", f"none of {', '.join(BROWSERS)} is on PATH")
