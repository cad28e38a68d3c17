"""Calls without phones: callers and members that the dialplan plays, over Local channels.

`tests/asterisk/lab/etc/extensions.conf` says what their variables mean.
"""

from dataclasses import dataclass

from tests.asterisk.lab.ami import Hand


@dataclass(frozen=True, kw_only=True)
class Call:
    """What one caller does, and whoever is rung for him. Times are seconds."""

    number: str
    """His own, once in a run: whoever looks for the call later finds it by that."""
    queue: str = "standard"
    patience: float = 60
    press: str = ""
    press_after: float = 0
    answer: float | str = 0
    """Until a robot answers; "no" and "busy" are other answers."""
    talk: float = 1
    """Until the robot hangs up."""
    options: str = ""
    seconds: int | str = ""
    """Of Queue(): how long at most."""
    then: str = ""
    """The queue where he goes on if he comes out of the first."""


async def place(ami: Hand, call: Call) -> str:
    """Begin a call, which goes on by itself; the caller's unique id."""
    inherited = {
        "KEY": call.press,
        "KEY_AFTER": call.press_after,
        "PATIENCE": call.patience,
        "ANSWER": call.answer,
        "TALK": call.talk,
        "OPTIONS": call.options,
        "SECONDS": call.seconds,
        "THEN": call.then,
    }
    since = len(ami.events)
    answer = await ami.act(
        "Originate",
        Channel="Local/s@caller/n",
        Context="into",
        Exten=call.queue,
        Priority=1,
        CallerID=f'"Caller {call.number}" <{call.number}>',
        Async="true",
        Variable=[f"__{name}={value}" for name, value in inherited.items()],
    )
    begun = await ami.until("OriginateResponse", since, ActionID=answer["ActionID"])
    return begun["Uniqueid"]


def robot(name: str) -> str:
    """The interface of a member without a phone."""
    return f"Local/{name}@robots/n"


async def sign_in(ami: Hand, name: str, queue: str = "standard") -> None:
    """Make a robot a member."""
    await ami.act("QueueAdd", Queue=queue, Interface=robot(name), MemberName=name)
