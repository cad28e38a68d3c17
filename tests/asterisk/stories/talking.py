"""Phones that talk: who answers after which rings, who holds, who hangs up."""

import asyncio
from collections.abc import Callable

from tests.asterisk.lab.measured import Measured
from tests.asterisk.lab.stories import Scene, story
from tests.asterisk.phones.phone import Phone
from tests.asterisk.phones.sdp import Direction


@story("timeout = 15")
async def caller_hangs_up(scene: Scene) -> None:
    await _talk(scene, await scene.at_work("Ann"))


@story("timeout = 15")
async def behind_local(scene: Scene) -> None:
    """The Local channel stays in the path."""
    ann = await scene.phone()
    await scene.sign_in("Ann", interface=f"Local/{ann.user}@inside/n")
    await _talk(scene, ann)


@story("timeout = 15")
async def behind_optimised_local(scene: Scene) -> None:
    """The Local channel takes itself out of the path once both talk."""
    ann = await scene.phone()
    await scene.sign_in("Ann", interface=f"Local/{ann.user}@inside")
    await _talk(scene, ann)


async def _talk(scene: Scene, ann: Phone) -> None:
    caller, name = await scene.outside(), scene.person("Ann")
    ann.answer_after(1)
    call = await caller.call(scene.queue())
    talk = await ann.answers()
    await asyncio.sleep(2)
    await talk.hold()
    await asyncio.sleep(2)
    await talk.unhold()
    await asyncio.sleep(1)
    await call.hang_up()
    await talk.ended()
    assert min(call.media.received, talk.media.received) > 100  # packets: both were heard
    measured = Measured(talk=talk.talked_seconds, hold=2, ended_by="caller", rings=[(name, "answered")])
    scene.expect(caller, "answered", agent=name, measured=measured)


@story("timeout = 15")
async def agent_hangs_up_behind_local(scene: Scene) -> None:
    ann = await scene.phone()
    name = await scene.sign_in("Ann", interface=f"Local/{ann.user}@inside/n")
    await _agent_ends(scene, ann, name)


@story("timeout = 15")
async def agent_hangs_up(scene: Scene) -> None:
    await _agent_ends(scene, await scene.at_work("Ann"), scene.person("Ann"))


@story("timeout = 15")
async def two_at_one_desk(scene: Scene) -> None:
    """One phone, two people, one after the other: each is answerable for her own calls."""
    desk = await scene.phone()
    for first in ("Xenia", "Yuri"):
        name = await scene.sign_in(first, interface=f"PJSIP/{desk.user}")
        await _agent_ends(scene, desk, name)
        await scene.sign_out(first, interface=f"PJSIP/{desk.user}")


async def _agent_ends(scene: Scene, phone: Phone, name: str) -> None:
    caller = await scene.outside()
    phone.answer_after(1, talk=3)
    call = await caller.call(scene.queue())
    talk = await phone.answers()
    await call.ended()
    measured = Measured(talk=talk.talked_seconds, ended_by="agent", rings=[(name, "answered")])
    scene.expect(caller, "answered", agent=name, measured=measured)


@story("timeout = 15")
async def agent_holds_twice(scene: Scene) -> None:
    """Once with music, and once so that nobody hears anything."""
    ann, caller = await scene.at_work("Ann"), await scene.outside()
    ann.answer_after(1)
    call = await caller.call(scene.queue())
    talk = await ann.answers()
    for direction, seconds in ((Direction.SEND, 2), (Direction.NONE, 3)):
        await asyncio.sleep(1)
        await talk.hold(direction)
        await asyncio.sleep(seconds)
        await talk.unhold()
    await asyncio.sleep(1)
    await call.hang_up()
    await talk.ended()
    measured = Measured(talk=talk.talked_seconds, hold=5, ended_by="caller")
    scene.expect(caller, "answered", agent=scene.person("Ann"), measured=measured)


@story("timeout = 15")
async def caller_holds(scene: Scene) -> None:
    """That is not the agent's hold time."""
    ann, caller = await scene.at_work("Ann"), await scene.outside()
    ann.answer_after(1)
    call = await caller.call(scene.queue())
    talk = await ann.answers()
    await asyncio.sleep(1)
    await call.hold()
    await asyncio.sleep(2)
    await call.unhold()
    await asyncio.sleep(1)
    await talk.hang_up()
    await call.ended()
    measured = Measured(talk=talk.talked_seconds, hold=0, ended_by="agent")
    scene.expect(caller, "answered", agent=scene.person("Ann"), measured=measured)


@story("strategy = linear")
async def next_phone(scene: Scene) -> None:
    await _second_answers(scene, "not_answered", lambda phone: phone.never_answer())


@story("strategy = linear; timeout = 15")
async def busy_phone(scene: Scene) -> None:
    await _second_answers(scene, "not_answered", lambda phone: phone.be_busy())


@story("strategy = linear; timeout = 15")
async def rejecting_phone(scene: Scene) -> None:
    await _second_answers(scene, "not_answered", lambda phone: phone.reject_after(1))


@story("strategy = ringall; timeout = 15")
async def all_phones_ring(scene: Scene) -> None:
    """Both ring; one answers, and the other falls silent."""
    await _second_answers(scene, "answered_elsewhere", lambda phone: phone.never_answer())


async def _second_answers(scene: Scene, result: str, set_first: Callable[[Phone], None]) -> None:
    ann, ben, caller = await scene.at_work("Ann"), await scene.at_work("Ben"), await scene.outside()
    set_first(ann)
    ben.answer_after(2, talk=3)
    call = await caller.call(scene.queue())
    talk = await ben.answers()
    await call.ended()
    rings = [(scene.person("Ann"), result), (scene.person("Ben"), "answered")]
    measured = Measured(talk=talk.talked_seconds, ended_by="agent", rings=rings)
    scene.expect(caller, "answered", agent=scene.person("Ben"), measured=measured)


@story(
    "timeout = 15",
    dialplan="""
exten => rated,1,Answer()
 same => n,Gosub(callcenter-queue,s,1(rated,c,60))
 same => n,ExecIf($["${QUEUESTATUS}" = "CONTINUE"]?Gosub(callcenter-survey,s,1(rated,beep)))
 same => n,Hangup()
""",
)
async def rated(scene: Scene) -> None:
    """When the agent has hung up, the caller is asked to rate the call, and presses 5."""
    ann, caller = await scene.at_work("Ann"), await scene.outside()
    ann.answer_after(1, talk=3)
    call = await caller.call(scene.queue())
    talk = await ann.answers()
    await talk.ended()
    await asyncio.sleep(1)
    await call.press("5")
    await call.ended()
    measured = Measured(talk=talk.talked_seconds, ended_by="agent", notes=["Survey"])
    scene.expect(caller, "answered", agent=scene.person("Ann"), measured=measured)


@story(
    dialplan="".join(
        f"exten => {what}_by_phone,1,{application}\n same => n,Hangup()\n"
        for what, application in {
            "in": "AddQueueMember(breaks_by_phone,PJSIP/${CALLERID(name)},,,Ann breaks_by_phone)",
            "out": "RemoveQueueMember(breaks_by_phone,PJSIP/${CALLERID(name)})",
            "break": "PauseQueueMember(,PJSIP/${CALLERID(name)},,toilet)",
            "back": "UnpauseQueueMember(,PJSIP/${CALLERID(name)})",
        }.items()
    )
)
async def breaks_by_phone(scene: Scene) -> None:
    """The agent dials numbers to sign in, pause, come back and sign out."""
    ann, caller = await scene.phone(), await scene.outside()
    for what in ("in", "break"):
        await (await ann.call(f"{what}_by_phone")).ended()
    await asyncio.sleep(3)
    await (await ann.call("back_by_phone")).ended()
    ann.answer_after(1, talk=2)
    call = await caller.call(scene.queue())
    await call.ended()
    await (await ann.call("out_by_phone")).ended()
    scene.expect(caller, "answered", agent=scene.person("Ann"), measured=Measured(ended_by="agent"))
