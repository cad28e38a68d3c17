"""Calls that are handed on by phones that know how to (REFER): to people, machines and queues."""

import asyncio
import wave
from pathlib import Path

from tests.asterisk.lab.measured import Measured
from tests.asterisk.lab.stories import Scene, story
from tests.asterisk.phones.call import Call, Side
from tests.asterisk.phones.phone import Phone

_PATIENT = "timeout = 15"


async def _connected(scene: Scene, seconds: float = 3) -> tuple[Phone, Phone, Call, Call]:
    """Ann, a caller, and both ends of their talk after so many seconds."""
    ann, caller = await scene.at_work("Ann"), await scene.outside()
    ann.answer_after(1)
    call = await caller.call(scene.queue())
    talk = await ann.answers()
    await asyncio.sleep(seconds)
    return ann, caller, call, talk


def _handed_on(scene: Scene, caller: Phone, talk: float, hold: float = 0, *, race: bool = False) -> None:
    """Ann handed the caller on.

    In a ``race`` Asterisk sometimes writes COMPLETECALLER and no transfer: seen when the caller transfers, into an
    application, and between two calls of queues. What is in queue_log counts; that ours is the same is shown where all
    visits are compared.
    """
    measured = Measured(talk=talk, hold=hold, ended_by=None if race else "transfer", recordings=1, race=race)
    transferred = None if race else True
    scene.expect(caller, "answered", agent=scene.person("Ann"), transferred=transferred, measured=measured)


@story(_PATIENT)
async def blind_to_a_person(scene: Scene) -> None:
    ben = await scene.phone()
    _, caller, call, talk = await _connected(scene)
    ben.answer_after(1, talk=2)
    talked = talk.talked_seconds
    await talk.transfer_blind(ben.user)
    await ben.answers()
    await call.ended()
    _handed_on(scene, caller, talked)


@story(_PATIENT)
async def blind_by_the_caller(scene: Scene) -> None:
    """The caller sends the agent to somebody else, and leaves."""
    ben = await scene.phone()
    _, caller, call, talk = await _connected(scene)
    ben.answer_after(1, talk=2)
    talked = talk.talked_seconds
    await call.transfer_blind(ben.user)
    await ben.answers()
    await talk.ended()
    _handed_on(scene, caller, talked, race=True)


@story(_PATIENT, second=_PATIENT)
async def blind_to_a_queue(scene: Scene) -> None:
    """The recording, begun for the first queue, goes on through both conversations."""
    ben = await scene.at_work("Ben", "second")
    _, caller, call, talk = await _connected(scene)
    ben.answer_after(2, talk=3)
    talked = talk.talked_seconds
    await talk.transfer_blind(scene.queue("second"))
    other = await ben.answers()
    await call.ended()
    _handed_on(scene, caller, talked)
    rings = [(scene.person("Ben"), "answered")]
    measured = Measured(talk=other.talked_seconds, ended_by="agent", rings=rings, recordings=1)
    scene.expect(caller, "answered", "second", agent=scene.person("Ben"), transferred=False, measured=measured)
    (file,) = (e["File"] for e in scene.ami.events if e.get("File") and e.get("CallerIDNum") == caller.user)
    await asyncio.sleep(1)  # until Asterisk has closed it
    assert _length(scene.pbx.folder / "spool/monitor" / file) > talked + other.talked_seconds - 1


def _length(recording: Path) -> float:
    """In seconds."""
    with wave.open(str(recording)) as file:
        return file.getnframes() / file.getframerate()


@story(_PATIENT)
async def attended_to_a_person(scene: Scene) -> None:
    ben = await scene.phone()
    ann, caller, call, talk = await _connected(scene, 2)
    await talk.hold()
    ben.answer_after(1)
    asking = await ann.call(ben.user)
    await asking.ringing.wait()
    await asking.answered()
    asked = await ben.answers()
    await asyncio.sleep(2)
    talked = talk.talked_seconds
    await talk.transfer_attended(asking)
    await asyncio.sleep(2)
    await call.hang_up()
    await asked.ended()
    _handed_on(scene, caller, talked, hold=3)


@story(_PATIENT)
async def attended_to_a_machine(scene: Scene) -> None:
    ann, caller, call, talk = await _connected(scene, 2)
    await talk.hold()
    asking = await ann.call("echo")
    await asking.answered()
    await asyncio.sleep(2)
    talked = talk.talked_seconds
    await talk.transfer_attended(asking)
    await asyncio.sleep(2)
    await call.hang_up()
    _handed_on(scene, caller, talked, hold=2, race=True)


@story(_PATIENT, second=_PATIENT)
async def consultation_still_waiting(scene: Scene) -> None:
    """Ann asks another queue and hands the caller over before anybody there answers: the caller goes on waiting in her
    place, under another id."""
    ben = await scene.at_work("Ben", "second")
    ann, caller, call, talk = await _connected(scene)
    await talk.hold()
    ben.answer_after(6)
    asking = await ann.call(scene.queue("second"))
    await asking.answered()
    await asyncio.sleep(3)
    talked = talk.talked_seconds
    await talk.transfer_attended(asking)
    other = await ben.answers()
    await asyncio.sleep(4)
    await call.hang_up()
    await other.ended()
    _handed_on(scene, caller, talked, hold=3, race=True)
    measured = Measured(talk=other.talked_seconds, ended_by="caller", recordings=1, race=True)
    scene.expect(_number(ann), "answered", "second", agent=scene.person("Ben"), measured=measured)


@story(_PATIENT, second=_PATIENT)
async def consultation_given_up(scene: Scene) -> None:
    """As before, but nobody is there, and the caller gives up."""
    ann, caller, call, talk = await _connected(scene)
    await talk.hold()
    asking = await ann.call(scene.queue("second"))
    await asking.answered()
    await asyncio.sleep(2)
    talked = talk.talked_seconds
    await talk.transfer_attended(asking)
    await asyncio.sleep(2)
    await call.hang_up()
    _handed_on(scene, caller, talked, hold=2, race=True)
    scene.expect(_number(ann), "abandoned", "second", measured=Measured(rings=[], race=True))


@story(_PATIENT, second=_PATIENT)
async def consultation_answered(scene: Scene) -> None:
    """Ann asks another queue, Ben there answers, and she joins caller and Ben: both sides are calls of a queue."""
    ben = await scene.at_work("Ben", "second")
    ann, caller, call, talk = await _connected(scene)
    await talk.hold()
    ben.answer_after(1)
    asking = await ann.call(scene.queue("second"))
    other = await ben.answers()
    await asyncio.sleep(3)
    talked, asked = talk.talked_seconds, other.talked_seconds
    await talk.transfer_attended(asking)
    await asyncio.sleep(2)
    await call.hang_up()
    await other.ended()
    _handed_on(scene, caller, talked, hold=4, race=True)
    scene.expect(
        _number(ann), "answered", "second", agent=scene.person("Ben"), measured=Measured(talk=asked, race=True)
    )


@story(_PATIENT)
async def taken_away(scene: Scene) -> None:
    """An administrator takes the caller away from Ann. Asterisk counts on until the caller hangs up; we do not."""
    _, caller, call, talk = await _connected(scene)
    channel = (await scene.ami.until("QueueCallerJoin", Queue=scene.queue()))["Channel"]
    await scene.ami.act("Redirect", Channel=channel, Context="inside", Exten="echo", Priority=1)
    await talk.ended()
    await asyncio.sleep(3)
    await call.hang_up()
    measured = Measured(talk=talk.talked_seconds, log_is_wrong=True)
    scene.expect(caller, "answered", agent=scene.person("Ann"), transferred=False, measured=measured)


@story(_PATIENT)
async def cut_off(scene: Scene) -> None:
    """An administrator hangs up Ann's phone. Asterisk says that the caller did, and nobody can tell."""
    _, caller, call, talk = await _connected(scene)
    leg = await scene.ami.until("AgentConnect", Queue=scene.queue())
    await scene.ami.act("Hangup", Channel=leg["DestChannel"])
    await call.ended()
    measured = Measured(talk=talk.talked_seconds, ended_by="unknown", rings=[(scene.person("Ann"), "answered")])
    scene.expect(caller, "answered", agent=scene.person("Ann"), transferred=False, measured=measured)


@story(_PATIENT)
async def blind_behind_local(scene: Scene) -> None:
    """Ann's phone is behind a Local channel that stays. The queue does not see that she hands the caller on: it counts
    the talk with Ben as hers, and so do we."""
    ann, ben, caller = await scene.phone(), await scene.phone(), await scene.outside()
    await scene.sign_in("Ann", interface=f"Local/{ann.user}@inside/n")
    ann.answer_after(1)
    ben.answer_after(1, talk=2)
    call = await caller.call(scene.queue())
    talk = await ann.answers()
    await asyncio.sleep(2)
    await talk.transfer_blind(ben.user)
    other = await ben.answers()
    await call.ended()
    assert other.ended_by is Side.US
    scene.expect(caller, "answered", agent=scene.person("Ann"), transferred=False, measured=Measured())


def _number(phone: Phone) -> str:
    """Under which number a phone of the PBX calls: its name without the letter."""
    return phone.user[1:]
