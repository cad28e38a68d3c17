"""The test's own hand on a PBX: a small AMI client with an account that may do everything."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

USERNAME, SECRET = "lab", "the-lab-may-do-all"
_SECONDS = 15

Message = dict[str, str]
"""Headers of one message; of a header that comes more than once, the lines."""


class Hand:
    """Sends actions, and hears everything; what was heard is kept, in order, in ``events``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = count(1)
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._awaited: list[tuple[Callable[[Message], bool], asyncio.Future[Message]]] = []
        self.events: list[Message] = []
        self._listening = asyncio.create_task(self._listen())

    async def act(self, action: str, **headers: object) -> Message:
        """The answer; an error is an AssertionError. A list gives a header so often: Variable=["a=1", "b=2"]."""
        answer = await self.ask(action, **headers)
        assert answer["Response"] == "Success", f"{action} {headers}: {answer.get('Message')}"
        return answer

    async def ask(self, action: str, **headers: object) -> Message:
        """The answer, whatever it is."""
        number = str(next(self._numbers))
        lines = [f"Action: {action}", f"ActionID: {number}"]
        for name, value in headers.items():
            lines += [f"{name}: {one}" for one in (value if isinstance(value, list) else [value])]
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        async with asyncio.timeout(_SECONDS):
            return await self._answers[number]

    async def command(self, line: str) -> str:
        """What the command line says to a command."""
        return (await self.ask("Command", Command=line)).get("Output", "")

    async def until(
        self,
        event: str,
        since: int = 0,
        fits: Callable[[Message], Any] = lambda _: True,
        within: float = _SECONDS,
        **headers: object,
    ) -> Message:
        """The first event of that name from the ``since``th on that has these headers, when it has come."""
        wanted = {name: str(value) for name, value in headers.items()}

        def is_it(told: Message) -> bool:
            same = told["Event"] == event and all(told.get(name) == value for name, value in wanted.items())
            return same and bool(fits(told))

        for told in self.events[since:]:
            if is_it(told):
                return told
        coming: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._awaited.append((is_it, coming))
        try:
            async with asyncio.timeout(within):
                return await coming
        except TimeoutError:
            raise AssertionError(f"no {event} {headers} within {within} s") from None

    async def _listen(self) -> None:
        while True:
            try:
                block = await self._reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            message = _parsed(block)
            if "Response" in message and "Event" not in message:  # the event OriginateResponse has both
                _settle(self._answers.pop(message.get("ActionID", ""), None), message)
            elif "Event" in message:
                self.events.append(message)
                for is_it, coming in list(self._awaited):
                    if is_it(message):
                        _settle(coming, message)
                self._awaited = [(is_it, coming) for is_it, coming in self._awaited if not coming.done()]
        for waiting in (*self._answers.values(), *(coming for _, coming in self._awaited)):
            if not waiting.done():
                waiting.set_exception(ConnectionError("the PBX ended the connection"))

    async def close(self) -> None:
        self._writer.close()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)


async def hand_on(address: str, port: int) -> Hand:
    """Logged in as the lab, as soon as Asterisk is fully booted. Raises OSError while nobody listens yet."""
    hand = await _connected(address, port, USERNAME, SECRET)
    await hand.until("FullyBooted")
    return hand


@asynccontextmanager
async def hand(address: str, username: str, secret: str, port: int = 5038) -> AsyncIterator[Hand]:
    """A hand with another account, let go afterwards."""
    held = await _connected(address, port, username, secret)
    try:
        yield held
    finally:
        await held.close()


def _parsed(block: bytes) -> Message:
    message: Message = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(": ")
        if colon:
            message[name] = f"{message[name]}\n{value}" if name in message else value
    return message


def _settle(waiting: asyncio.Future[Message] | None, message: Message) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(message)


async def _connected(address: str, port: int, username: str, secret: str) -> Hand:
    reader, writer = await asyncio.open_connection(address, port)
    await reader.readline()  # the banner has no blank line after it
    hand = Hand(reader, writer)
    await hand.act("Login", Username=username, Secret=secret)
    return hand
