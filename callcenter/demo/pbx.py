"""A PBX on loopback that speaks AMI and writes a queue_log: it replays the packaged capture, again and again.

Its clock starts so far back that `HEAD_START_SECONDS` of the capture are told at once, and then runs with the present
(or ``speed`` times as fast). At the end of a round everybody signs out, and the next one begins.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter.demo.capture import Capture, Told, moved, packaged
from callcenter.demo.state import Headers, PbxState

USERNAME = "callcenter"
SECRET = "loopback-only"  # noqa: S105 - guards a recording, on loopback
HEAD_START_SECONDS = 240

_BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_SLOW_READER_BYTES = 64 * 1024 * 1024


class LoopbackPbx(AbstractAsyncContextManager["LoopbackPbx"]):
    """The PBX. Entering the context binds ``port`` (0: any) on 127.0.0.1; nothing is told before somebody logs in."""

    def __init__(
        self,
        queue_log: Path,
        *,
        port: int = 0,
        speed: float = 1.0,
        capture: Capture | None = None,
        head_start_seconds: int | None = None,
    ) -> None:
        self._capture = capture or packaged()
        self._queue_log = queue_log
        self._port = port
        self._speed = speed
        self._head_start = head_start_seconds or min(HEAD_START_SECONDS, self._capture.seconds // 2)
        self._state = PbxState(frame.data for frame in self._capture.opening)
        self._listeners: set[asyncio.StreamWriter] = set()
        self._somebody = asyncio.Event()
        self._began = time.time()
        self._booted = self._began - self._head_start - 3

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    async def __aenter__(self) -> Self:
        self._queue_log.parent.mkdir(parents=True, exist_ok=True)
        self._queue_log.write_bytes(b"%d|NONE|NONE|NONE|QUEUESTART|\n" % int(self._booted))
        self._log = self._queue_log.open("ab", buffering=0)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self._telling = asyncio.create_task(self._tell_when_heard())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._telling.cancel()
        self._server.close()
        for writer in list(self._listeners):
            writer.close()
        self._log.close()

    def now(self) -> float:
        """The PBX's clock, in seconds since 1970."""
        return self._began + (time.time() - self._began) * self._speed

    # --- telling

    async def _tell_when_heard(self) -> None:
        await self._somebody.wait()
        self._began = time.time()
        await self.tell()

    async def tell(self) -> None:
        """All that happens at this PBX, from the moment that somebody hears it."""
        starts_at = int(self._began) - self._head_start
        while True:
            await self._tell_round(starts_at - int(self._capture.starts_at))
            starts_at += self._capture.seconds
            self._sign_everybody_out(starts_at - 1)

    async def _tell_round(self, shift: int) -> None:
        for told, is_row in in_order(self._capture):
            due = told.at + shift
            await self.until(due)
            data = moved(told.data, shift)
            if is_row:
                self.write(data)
            else:
                self.say(data, due)

    async def until(self, due: float) -> None:
        """Wait for an instant of its clock. What is overdue is told at once, so that no answer is long past."""
        wait = (due - self.now()) / self._speed
        if wait > 0:
            await asyncio.sleep(wait)

    async def drained(self) -> None:
        """Wait until the listeners have taken most of what was told."""
        with suppress(ConnectionError):
            await asyncio.gather(*(writer.drain() for writer in self._listeners))

    def write(self, row: bytes) -> None:
        """One more row of queue_log."""
        self._log.write(row)

    def say(self, frame: bytes, at: float) -> None:
        """One more frame, to everybody who listens."""
        self._state.apply(frame, at)
        self._broadcast(frame)

    def _sign_everybody_out(self, at: int) -> None:
        for member in self._state.dynamic_members():
            self.sign_out(member, at)

    def sign_out(self, member: Headers, at: int) -> None:
        """A member leaves a queue."""
        self.say(_frame({**member, "Event": "QueueMemberRemoved", "Timestamp": f"{at}.000000"}), at)
        self.write(f"{at}|MANAGER|{member['Queue']}|{member['Interface']}|REMOVEMEMBER|\n".encode())

    def _broadcast(self, data: bytes) -> None:
        for writer in list(self._listeners):
            if writer.transport.get_write_buffer_size() > _SLOW_READER_BYTES:
                writer.transport.abort()
            else:
                writer.write(data)

    # --- answering

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_BANNER)
        try:
            while True:
                action = await _read_action(reader)
                for answer in self._answers(action, writer):
                    writer.write(_frame(answer))
                if action.get("Action", "").lower() == "logoff":
                    return
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return
        finally:
            self._listeners.discard(writer)
            writer.close()

    def _answers(self, action: Headers, writer: asyncio.StreamWriter) -> Iterator[Headers]:
        name, action_id = action.get("Action", "").lower(), action.get("ActionID", "")
        tag = {"ActionID": action_id} if action_id else {}
        if name == "login":
            yield from self._log_in(action, tag, writer)
        elif writer not in self._listeners:
            yield {"Response": "Error", **tag, "Message": "Permission denied"}
        elif name == "ping":
            yield {"Response": "Success", **tag, "Ping": "Pong", "Timestamp": f"{self.now():.6f}"}
        elif name == "queuestatus":
            yield from _list("QueueStatus", tag, list(self._state.queue_status(self.now())))
        elif name == "coreshowchannels":
            yield from _list("CoreShowChannels", tag, list(self._state.channels()))
        elif name == "corestatus":
            yield {"Response": "Success", **tag, "CoreCurrentCalls": str(len(self._state.legs))}
        elif name in _EMPTY_LISTS:
            yield from _list(_EMPTY_LISTS[name], tag, [])
        elif name in ("coresettings", "events", "logoff"):
            yield {"Response": "Success", **tag, **_CORE.get(name, {})}
        else:
            yield {"Response": "Error", **tag, "Message": "Invalid/unknown command"}

    def _log_in(self, action: Headers, tag: Headers, writer: asyncio.StreamWriter) -> Iterator[Headers]:
        if (action.get("Username"), action.get("Secret")) != (USERNAME, SECRET):
            yield {"Response": "Error", **tag, "Message": "Authentication failed"}
            return
        yield {"Response": "Success", **tag, "Message": "Authentication accepted"}
        uptime = str(max(0, int(self.now() - self._booted)))
        yield {"Event": "FullyBooted", "Privilege": "system,all", "Uptime": uptime, "Status": "Fully Booted"}
        self._listeners.add(writer)
        self._somebody.set()


_EMPTY_LISTS = {
    "queuesummary": "QueueSummary",
    "bridgelist": "BridgeList",
    "devicestatelist": "DeviceStateList",
    "agents": "Agents",
    "status": "Status",
}
_CORE: dict[str, Headers] = {
    "coresettings": {"AMIversion": "11.0.0", "AsteriskVersion": "22.10.1", "SystemName": ""},
}


async def _read_action(reader: asyncio.StreamReader) -> Headers:
    block = await reader.readuntil(b"\r\n\r\n")
    pairs = (line.partition(":") for line in block.decode(errors="replace").split("\r\n") if line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _list(name: str, tag: Headers, events: list[Headers]) -> Iterator[Headers]:
    yield {"Response": "Success", **tag, "EventList": "start", "Message": f"{name} will follow"}
    yield from ({**event, **tag} for event in events)
    yield {"Event": f"{name}Complete", **tag, "EventList": "Complete", "ListItems": str(len(events))}


def _frame(headers: Headers) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"


def in_order(capture: Capture) -> Iterator[tuple[Told, bool]]:
    """Frames and rows by time; a row after the frames of its second, as Asterisk writes them."""
    told = [(frame.at, 0, place, frame) for place, frame in enumerate(capture.frames)]
    told += [(row.at + 1, 1, place, row) for place, row in enumerate(capture.rows)]
    for _, is_row, _, one in sorted(told, key=lambda entry: entry[:3]):
        yield one, bool(is_row)
