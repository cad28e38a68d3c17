"""One running Asterisk: unprivileged, on a loopback address of its own, with folders of its own, ended with the tests.

It is a child that the kernel kills when the test run dies, however it dies. As root it is run as `nobody`, since root
is what a PBX on loopback must not need.
"""

import asyncio
import os
import random
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.asterisk.lab import configuration
from tests.asterisk.lab.ami import Hand, hand_on
from tests.asterisk.lab.configuration import AMI_PORT, SIP_PORT, Setup
from tests.asterisk.lab.packages import Installation

_NOBODY = 65534
_START_SECONDS = 30
_STOP_SECONDS = 10


class Pbx:
    """An Asterisk and the test's hand on it. ``ami`` is another one after each start."""

    def __init__(self, setup: Setup, asterisk: Installation, folder: Path, address: str) -> None:
        self.setup, self.folder, self.address = setup, folder, address
        self._asterisk = asterisk
        self._process: asyncio.subprocess.Process | None = None
        self._hand: Hand | None = None

    @property
    def ami(self) -> Hand:
        assert self._hand is not None, "this PBX does not run"
        return self._hand

    @property
    def sip(self) -> tuple[str, int]:
        """Where phones find it."""
        return self.address, SIP_PORT

    @property
    def log_folder(self) -> Path:
        return self.folder / "log"

    @property
    def queue_log(self) -> Path:
        return self.log_folder / "queue_log"

    async def start(self) -> None:
        """Until it is fully booted and the hand is on it."""
        with (self.folder / "console").open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL", *_unprivileged(), *self._asterisk.command),
                *("-f", "-C", str(self.folder / "etc" / "asterisk.conf")),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C.UTF-8"},
                cwd=self.folder,
            )
        try:
            async with asyncio.timeout(_START_SECONDS):
                while self._hand is None:
                    try:
                        self._hand = await hand_on(self.address, AMI_PORT)
                    except OSError:
                        assert self._process.returncode is None, self.said()
                        await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"this Asterisk did not start:\n{self.said()}") from None

    async def kill(self) -> None:
        """As a power cut would end it, but for what was written already."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """In order, calls ended."""
        await self._end(signal.SIGTERM)

    def said(self) -> str:
        """What it had to say, its end."""
        told = [self.folder / "console", self.log_folder / "messages.log"]
        return "\n".join(file.read_text("utf-8", "replace")[-4000:] for file in told if file.exists())

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        hand, self._hand = self._hand, None
        if process is not None and process.returncode is None:
            process.send_signal(how)
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        if hand is not None:
            await hand.close()


@asynccontextmanager
async def running(setup: Setup, asterisk: Installation) -> AsyncIterator[Pbx]:
    """A PBX from its start to its end; its folder goes with it."""
    # Below the temporary folder and with a short name: another user has to get there, and the path of a socket holds
    # about a hundred characters.
    folder = Path(mkdtemp(prefix="cc-ast-"))
    folder.chmod(0o755)
    try:
        address = free_address()
        configuration.write(folder, address, setup, asterisk)
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)
        pbx = Pbx(setup, asterisk, folder, address)
        try:
            await pbx.start()
            yield pbx
        finally:
            await pbx.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_address() -> str:
    """A loopback address that nobody uses: there are sixteen million."""
    while True:
        address = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}.{random.randint(1, 254)}"
        with socket.socket() as probe:
            try:
                probe.bind((address, AMI_PORT))
            except OSError:
                continue
        return address


def _unprivileged() -> tuple[str, ...]:
    if os.geteuid():
        return ()
    return ("--reuid", str(_NOBODY), "--regid", str(_NOBODY), "--clear-groups", "--no-new-privs", "--inh-caps=-all")
