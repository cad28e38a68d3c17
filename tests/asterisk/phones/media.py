"""The sound of one call: a tone, a packet each 20 ms, and digits on demand; what comes is counted."""

import asyncio
import secrets
from typing import Any, cast

from tests.asterisk.phones import rtp
from tests.asterisk.phones.sdp import PCMU, Description, Direction

_TONE = rtp.tone()


class Media(asyncio.DatagramProtocol):
    """One socket for sound. ``received`` counts the packets of sound that came."""

    def __init__(self) -> None:
        self.received = 0
        self._source = secrets.randbits(32)
        self._sequence = 0
        self._timestamp = secrets.randbits(16)
        self._remote: Description | None = None
        self._speaking = Direction.BOTH
        self._digits: asyncio.Queue[tuple[str, asyncio.Event]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._reports: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, host: str) -> "Media":
        """Bind any free port of ``host`` and the next one, where the PBX will send its reports (RTCP)."""
        loop = asyncio.get_running_loop()
        while True:
            media = cls()
            await loop.create_datagram_endpoint(lambda: media, local_addr=(host, 0))  # noqa: B023 - called at once
            try:
                reports = await loop.create_datagram_endpoint(
                    asyncio.DatagramProtocol, local_addr=(host, media.port + 1)
                )
            except (OSError, OverflowError):
                await media.close()
                continue
            media._reports = reports[0]
            return media

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.host, self.port = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        packet = rtp.Packet.parse(data)
        if packet and packet.payload == PCMU:
            self.received += 1

    def error_received(self, exc: Exception) -> None:
        """The other side has closed its port, or not opened it yet."""

    def describe(self, direction: Direction = Direction.BOTH) -> Description:
        """Our side of an offer or an answer."""
        return Description(self.host, self.port, direction=direction)

    def talk_to(self, remote: Description, ours: Direction = Direction.BOTH) -> None:
        """Send there from now on, if we said that we send."""
        self._remote, self._speaking = remote, ours
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def press(self, digits: str) -> None:
        """Send digits; returns when the last has ended."""
        for pressed in digits:
            done = asyncio.Event()
            await self._digits.put((pressed, done))
            await done.wait()

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._transport.close()
        if self._reports:
            self._reports.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if not self._digits.empty():
                due = await self._send_digit(due)
            elif self._speaking.sends:
                self._send(PCMU, _TONE)
            due = await self._next(due)

    async def _send_digit(self, due: float) -> float:
        """A digit keeps the timestamp of its beginning (RFC 4733 §2.5.1.2)."""
        pressed, done = self._digits.get_nowait()
        began = self._timestamp
        for number, content in enumerate(rtp.digit(pressed)):
            if self._remote and self._remote.events is not None:
                self._send(self._remote.events, content, timestamp=began, marked=number == 0)
            due = await self._next(due)
        done.set()
        return due

    async def _next(self, due: float) -> float:
        """Sleep until the next packet is due; what a busy machine missed is not made up for."""
        self._timestamp += rtp.SAMPLES
        now = asyncio.get_running_loop().time()
        due = max(due + rtp.PACKET_SECONDS, now)
        await asyncio.sleep(due - now)
        return due

    def _send(self, payload: int, content: bytes, *, timestamp: int | None = None, marked: bool = False) -> None:
        assert self._remote is not None
        at = self._timestamp if timestamp is None else timestamp
        packet = rtp.Packet(payload, self._sequence, at, self._source, content, marked)
        self._sequence += 1
        self._transport.sendto(packet.packed(), (self._remote.host, self._remote.port))
