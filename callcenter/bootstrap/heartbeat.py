"""Signs of life of a process, for who supervises it: a file that `callcenter health` reads, and messages to systemd.

Most roles listen nowhere, so nobody could ask them. The sign is given by the loop that does the work: where that hangs,
the sign stays away. It says which steps fail, and nothing of the PBX: a PBX that is away is no fault of the process.
"""

import asyncio
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from callcenter.bootstrap.role import Role
from workers.runner import Health

EVERY_SECONDS = 5.0
STALE_SECONDS = 30.0
"""A sign that is older was given by a process that hangs, or is gone."""


def sign_file(data_dir: Path, roles: Iterable[Role]) -> Path:
    """Where a process with these roles gives its sign; one with several is `up`."""
    names = [role.value for role in roles]
    return data_dir / "health" / f"{names[0] if len(names) == 1 else 'up'}.json"


@asynccontextmanager
async def beating(file: Path, health: Health) -> AsyncIterator[None]:
    """Give signs of life while the context lasts. It begins when the process is ready."""
    tell_systemd("READY=1")
    task = asyncio.create_task(_beat(file, health), name="heartbeat")
    try:
        yield
    finally:
        tell_systemd("STOPPING=1")
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        _take_back(file)


async def _beat(file: Path, health: Health) -> None:
    while True:
        # A disk that is full or gone is told by the sign that does not come; the work goes on as long as it can.
        with suppress(OSError):
            _give_sign(file, health)
        tell_systemd("WATCHDOG=1")
        await asyncio.sleep(EVERY_SECONDS)


def _give_sign(file: Path, health: Health) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    problems = {name: problem for name, problem in health.problems.items() if problem}
    written = file.with_suffix(".new")
    written.write_text(json.dumps({"at": time.time(), "problems": problems}), "utf-8")
    written.replace(file)


def _take_back(file: Path) -> None:
    with suppress(OSError):
        file.unlink()


def ailments(file: Path) -> list[str]:
    """What is wrong with the process whose sign this is, in words; nothing if it is well."""
    try:
        sign = json.loads(file.read_text("utf-8"))
        age, problems = time.time() - float(sign["at"]), dict(sign["problems"])
    except FileNotFoundError:
        return [f"no sign of life at {file}: it has not begun, has ended, or has another data_dir"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"no sign of life can be read at {file}: {error}"]
    if age > STALE_SECONDS:
        return [f"the last sign of life is {age:.0f} s old: it hangs, or is gone"]
    return [f"{name}: {problem}" for name, problem in sorted(problems.items())]


def tell_systemd(message: str) -> None:
    """A message of sd_notify(3). Without systemd nobody listens, and nothing is sent."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # "@" stands for a name that is in no file system.
    path = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, suppress(OSError):
        channel.sendto(message.encode(), path)
