"""A browser's side of server-sent events: reads frames, and folds them into the picture that a page would show."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec


@dataclass(frozen=True)
class Heard:
    """One event."""

    event: str
    data: Any
    event_id: str | None


def parse(block: bytes) -> Heard | None:
    """One block between blank lines; None for comments and settings."""
    lines = [line.partition(b": ") for line in block.split(b"\n")]
    fields = {name.decode(): value for name, _, value in lines if name}
    if "data" not in fields:
        return None
    event_id = fields["id"].decode() if "id" in fields else None
    return Heard(fields["event"].decode(), msgspec.json.decode(fields["data"]), event_id)


@dataclass
class Listener:
    """One open stream, and the picture made from what it told."""

    content: aiohttp.StreamReader
    picture: dict[str, Any] | None = None
    today: Any = None
    last_id: str | None = None
    heard: list[Heard] = field(default_factory=list)

    async def next(self) -> Heard:
        """The next event; comments are passed over."""
        while True:
            block = await self.content.readuntil(b"\n\n")
            told = parse(block[:-2])
            if told is not None:
                self.heard.append(told)
                self.last_id = told.event_id or self.last_id
                self._fold(told)
                return told

    async def until(self, event: str) -> Heard:
        """The next event of this name."""
        while (told := await self.next()).event != event:
            pass
        return told

    def _fold(self, told: Heard) -> None:
        if told.event == "snapshot":
            self.today = told.data.pop("today")
            self.picture = told.data
        elif told.event == "delta" and self.picture is not None:
            self.picture = merged(self.picture, told.data)
        elif told.event == "today":
            self.today = told.data


def merged(picture: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any]:
    """A picture after a delta, as the page does it."""
    pbxs = {pbx["pbx"]: pbx for pbx in (*picture["pbxs"], *delta["pbxs"])}
    result: dict[str, Any] = {"as_of": delta["as_of"], "pbxs": list(pbxs.values())}
    for part in ("queues", "agents"):
        objects = {**picture[part], **delta[part]}
        result[part] = {key: value for key, value in objects.items() if value is not None}
    return result


@asynccontextmanager
async def listening(
    client: aiohttp.ClientSession, url: str, last_id: str | None = None, picture: dict[str, Any] | None = None
) -> AsyncIterator[Listener]:
    """An open stream, perhaps going on from an event id with the picture of then."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with client.get(f"{url}/api/v1/live/events", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/event-stream"
        assert answer.headers["X-Accel-Buffering"] == "no"
        yield Listener(answer.content, picture)
