"""Stories: what happens to callers and agents on one PBX, many at once, each with queues and people of its own.

A story is a function that is given a `Scene` and says what ought to have become of its calls:

    @story("joinempty = strict")
    async def nobody_there(scene: Scene) -> None:
        caller = await scene.call()
        await caller.over()
        scene.expect(caller, "refused_empty")

The words in brackets are settings of the story's queue, which bears the story's name; ``more`` names further queues,
with theirs. All stories of a folder `tests/asterisk/stories/` run at the same time against one PBX, so a story must
touch nothing but its own.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.asterisk.lab.ami import Hand
from tests.asterisk.lab.measured import Measured
from tests.asterisk.lab.pbx import Pbx
from tests.asterisk.lab.robots import Call, place, robot
from tests.asterisk.phones.phone import Phone

FOLDER = Path(__file__).parent.parent / "stories"
_LONGEST_SECONDS = 60


@dataclass(frozen=True)
class Story:
    """One story and its queues with their settings."""

    name: str
    run: Callable[["Scene"], Awaitable[None]]
    queues: Mapping[str, str]
    dialplan: str = ""
    alone: bool = False


_told: dict[str, Story] = {}


def story(
    settings: str = "", *, dialplan: str = "", alone: bool = False, **more: str
) -> Callable[[Callable[["Scene"], Awaitable[None]]], Callable[["Scene"], Awaitable[None]]]:
    """Make a function a story; further queues are given by name with their settings. ``dialplan`` are numbers that the
    phones of the story dial; ``alone``: what it does, others would feel, so it begins when they are over."""

    def make(run: Callable[["Scene"], Awaitable[None]]) -> Callable[["Scene"], Awaitable[None]]:
        name = run.__name__
        queues = {name: settings} | {f"{name}_{key}": value for key, value in more.items()}
        _told[name] = Story(name, run, queues, dialplan, alone)
        return run

    return make


def all_stories() -> dict[str, Story]:
    """Those of every file of the folder, by name."""
    for file in sorted(FOLDER.glob("[a-z]*.py")):
        importlib.import_module(f"tests.asterisk.stories.{file.stem}")
    return _told


def queues_conf(stories: Mapping[str, Story]) -> str:
    """The queues of these stories, on top of the lab's template; in turn, unless they set a strategy of their own."""
    queues = {name: settings for one in stories.values() for name, settings in one.queues.items()}
    lines = {
        name: settings.split("; ") + ([] if "strategy" in settings else ["strategy = rrmemory"])
        for name, settings in queues.items()
    }
    return "".join("\n".join([f"[{name}](lab)", *own, ""]) for name, own in lines.items())


def dialplan(stories: Mapping[str, Story]) -> str:
    """The numbers of these stories, where phones and callers find them."""
    return "".join(["\n[into](+)\n", *(one.dialplan for one in stories.values())])


@dataclass(frozen=True)
class Expected:
    """What became of one caller's visit to one queue."""

    number: str
    queue: str
    outcome: str
    agent: str | None = None
    transferred: bool | None = None
    measured: Measured | None = None


class Caller:
    """A caller that was placed."""

    def __init__(self, ami: Hand, number: str, channel: str) -> None:
        self.number, self.channel = number, channel
        self._ami = ami

    async def over(self) -> None:
        """Until this caller is gone."""
        await self._ami.until("Hangup", Uniqueid=self.channel, within=_LONGEST_SECONDS)

    async def until(self, event: str, **headers: object) -> dict[str, str]:
        """Until something was told of this caller."""
        return await self._ami.until(event, Uniqueid=self.channel, within=_LONGEST_SECONDS, **headers)


_numbers = count(5550000)


@dataclass
class Scene:
    """A story's part of the PBX. Names of people, and of queues but the first, are made the story's own."""

    story: Story
    pbx: Pbx
    phones: AsyncExitStack
    free: Iterator[str]
    """Phones that nobody has yet."""
    expected: list[Expected] = field(default_factory=list)

    @property
    def ami(self) -> Hand:
        return self.pbx.ami

    def queue(self, key: str = "") -> str:
        """The name of the story's queue, or of one of the further ones."""
        return f"{self.story.name}_{key}" if key else self.story.name

    def person(self, first: str) -> str:
        """The name of an agent, unlike that of any other story."""
        return f"{first} {self.story.name}"

    def interface(self, first: str) -> str:
        """Of an agent without a phone."""
        return robot(f"{first}-{self.story.name}".lower())

    def deaf(self, first: str) -> str:
        """The interface of an agent who never answers."""
        return self.interface(first).replace("@robots", "@deaf")

    async def sign_in(self, first: str, *keys: str, interface: str | None = None, **headers: object) -> str:
        """An agent becomes a member, of the story's queue if none is named; the agent's name."""
        for key in keys or ("",):
            await self.ami.act(
                "QueueAdd",
                Queue=self.queue(key),
                Interface=interface or self.interface(first),
                MemberName=self.person(first),
                **headers,
            )
        return self.person(first)

    async def sign_out(self, first: str, *keys: str, interface: str | None = None) -> None:
        """And no member any more."""
        for key in keys or ("",):
            await self.ami.act("QueueRemove", Queue=self.queue(key), Interface=interface or self.interface(first))

    async def pause(self, first: str, reason: str | None, key: str | None = "", interface: str | None = None) -> None:
        """Pause with a reason, or with None un-pause, in one queue, or with the key None in all."""
        where = {} if key is None else {"Queue": self.queue(key)}
        await self.ami.act(
            "QueuePause",
            Interface=interface or self.interface(first),
            Paused="false" if reason is None else "true",
            Reason=reason or "",
            **where,
        )

    async def phone(self) -> Phone:
        """Anybody's phone, registered; its user is its number, too."""
        user = next(self.free)
        phone = await self.phones.enter_async_context(Phone.at(self.pbx.sip, user, user))
        await phone.register()
        return phone

    async def at_work(self, first: str, *keys: str) -> Phone:
        """An agent with a phone of her own who is a member, of the story's queue if none is named."""
        phone = await self.phone()
        await self.sign_in(first, *keys, interface=f"PJSIP/{phone.user}")
        return phone

    async def outside(self) -> Phone:
        """A caller with a phone and a number that nobody else has."""
        return await self.phones.enter_async_context(Phone.at(self.pbx.sip, str(next(_numbers))))

    async def call(self, key: str = "", then: str | None = None, **plan: object) -> Caller:
        """A caller without a phone; ``plan`` is that of `robots.Call`, ``then`` the key of another queue."""
        number = str(next(_numbers))
        next_queue = "" if then is None else self.queue(then)
        call = Call(number=number, queue=self.queue(key), then=next_queue, **plan)  # type: ignore[arg-type]
        return Caller(self.ami, number, await place(self.ami, call))

    def expect(
        self,
        caller: Caller | Phone | str,
        outcome: str,
        key: str = "",
        *,
        agent: str | None = None,
        transferred: bool | None = None,
        measured: Measured | None = None,
    ) -> None:
        """One visit of a caller, or of a number, the next one of that queue."""
        number = caller if isinstance(caller, str) else caller.user if isinstance(caller, Phone) else caller.number
        self.expected.append(Expected(number, self.queue(key), outcome, agent, transferred, measured))


async def play(one: Story, pbx: Pbx, free: Iterator[str]) -> tuple[Scene, BaseException | None]:
    """Run a story; what went wrong in it is returned."""
    phones = AsyncExitStack()
    scene = Scene(one, pbx, phones, free)
    try:
        async with asyncio.timeout(_LONGEST_SECONDS), phones:
            await one.run(scene)
    except Exception as error:  # noqa: BLE001 - it is told where the story is judged
        return scene, error
    return scene, None
