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
    key: str = ""
    key_after: float = 0
    answer: float | str = 0
    """Until a robot answers; "no" and "busy" are other answers."""
    talk: float = 1
    """Until the robot hangs up."""
    options: str = ""
    seconds: int | str = ""
    """Of Queue(): how long at most."""
    then: str = ""
    """The queue where he goes on if he comes out of the first."""


async def place(ami: Hand, call: Call) -> None:
    """Begin a call; it goes on by itself."""
    inherited = {
        "KEY": call.key,
        "KEY_AFTER": call.key_after,
        "PATIENCE": call.patience,
        "ANSWER": call.answer,
        "TALK": call.talk,
        "OPTIONS": call.options,
        "SECONDS": call.seconds,
        "THEN": call.then,
    }
    await ami.act(
        "Originate",
        Channel="Local/s@caller/n",
        Context="into",
        Exten=call.queue,
        Priority=1,
        CallerID=f'"Caller {call.number}" <{call.number}>',
        Async="true",
        Variable=[f"__{name}={value}" for name, value in inherited.items()],
    )


def robot(name: str) -> str:
    """The interface of a member without a phone."""
    return f"Local/{name}@robots/n"


async def sign_in(ami: Hand, name: str, *queues: str, penalty: int = 0, interface: str | None = None) -> None:
    """Make a robot, or who has that interface, a member."""
    for queue in queues:
        member = interface or robot(name)
        await ami.act("QueueAdd", Queue=queue, Interface=member, MemberName=name, Penalty=penalty)


async def sign_out(ami: Hand, name: str, *queues: str, interface: str | None = None) -> None:
    """And no member any more."""
    for queue in queues:
        await ami.act("QueueRemove", Queue=queue, Interface=interface or robot(name))
