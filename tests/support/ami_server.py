"""A TCP server on loopback that speaks as much AMI as the tests of the client need, good manners and bad."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

USERNAME, SECRET = "callcenter", "open-sesame-canary"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
Action = dict[str, str]


def message(*lines: str) -> bytes:
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@dataclass
class AmiServer:
    """``actions`` holds what came, in order. The rest is what a test sets to see what the client makes of it."""

    port: int = 0
    uptime: int | None = 3600
    channels: int = 0
    mute: set[str] = field(default_factory=set)
    refuse: dict[str, str] = field(default_factory=dict)
    after_login: bytes = b""
    actions: list[Action] = field(default_factory=list)
    heard: bytes = b""
    logins: int = 0
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def connections(self) -> int:
        return len(self._writers)

    def sent(self, name: str) -> list[Action]:
        return [action for action in self.actions if action["Action"] == name]

    def say(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    async def drain(self) -> None:
        for writer in list(self._writers):
            await writer.drain()

    def drop(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def wait_for(self, name: str, times: int = 1) -> list[Action]:
        """Until this action came so often."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: len(self.sent(name)) >= times)
        return self.sent(name)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.empty.clear()
        writer.write(BANNER)
        try:
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                self.heard += block
                action = dict(line.split(": ", 1) for line in block.decode().strip().split("\r\n"))
                writer.write(self.answer(action))
                async with self._changed:
                    self.actions.append(action)
                    self._changed.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.remove(writer)
            writer.close()
            if not self._writers:
                self.empty.set()

    def answer(self, action: Action) -> bytes:
        name, action_id = action["Action"], f"ActionID: {action['ActionID']}"
        if name == "Login":
            self.logins += 1
        if name in self.mute:
            return b""
        if name == "Login" and (action["Username"], action["Secret"]) != (USERNAME, SECRET):
            return message("Response: Error", action_id, "Message: Authentication failed")
        if name in self.refuse:
            return message("Response: Error", action_id, f"Message: {self.refuse[name]}")
        more = [f"CoreCurrentCalls: {self.channels}"] if name == "CoreStatus" else []
        said = message("Response: Success", action_id, f"Message: {name} accepted", *more)
        return said + self.after_login + self.booted() if name == "Login" else said

    def booted(self) -> bytes:
        if self.uptime is None:
            return b""
        return message("Event: FullyBooted", "Privilege: system,all", f"Uptime: {self.uptime}", "Status: Fully Booted")


@asynccontextmanager
async def ami_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[AmiServer]:
    answering = AmiServer()
    server = await asyncio.start_server(answering.serve, "127.0.0.1", 0, ssl=tls)
    answering.empty.set()
    answering.port = server.sockets[0].getsockname()[1]
    try:
        yield answering
    finally:
        server.close()
        answering.drop()
        async with asyncio.timeout(5):
            await answering.empty.wait()
