"""Callers with a phone who are not answered."""

import asyncio

from tests.asterisk.lab.measured import Measured
from tests.asterisk.lab.stories import Scene, story


@story("timeout = 15")
async def given_up_while_it_rings(scene: Scene) -> None:
    ann, caller = await scene.at_work("Ann"), await scene.outside()
    ann.never_answer()
    call = await caller.call(scene.queue())
    ringing = await ann.rings()
    await asyncio.sleep(2)
    await call.hang_up()
    await ringing.ended()
    assert ringing.status == 487
    scene.expect(caller, "abandoned", measured=Measured(rings=[(scene.person("Ann"), "canceled")]))


@story("memberdelay = 4")
async def given_up_in_member_delay(scene: Scene) -> None:
    """The agent has picked up, but the queue waits before it connects them; then the caller gives up."""
    ann, caller = await scene.at_work("Ann"), await scene.outside()
    ann.answer_after(1)
    call = await caller.call(scene.queue())
    held = await ann.answers()
    await asyncio.sleep(1)
    await call.hang_up()
    await held.ended()
    scene.expect(caller, "abandoned", measured=Measured())


@story("memberdelay = 3")
async def agent_leaves_in_member_delay(scene: Scene) -> None:
    """The agent picks up and hangs up again before they are connected: the caller stays, and is answered at last."""
    ann, caller = await scene.at_work("Ann"), await scene.outside()
    ann.answer_after(1, talk=1)
    call = await caller.call(scene.queue())
    await (await ann.rings()).ended()
    ann.answer_after(1)
    talk = await ann.answers()
    await asyncio.sleep(3 + 2)
    await call.hang_up()
    await talk.ended()
    rings = [(scene.person("Ann"), result) for result in ("dumped", "answered")]
    measured = Measured(talk=talk.talked_seconds - 3, ended_by="caller", rings=rings)
    scene.expect(caller, "answered", agent=scene.person("Ann"), measured=measured)


@story(
    "timeout = 15",
    dialplan="""
exten => out_of_patience,1,Answer()
 same => n,Gosub(callcenter-queue,s,1(out_of_patience,,4))
 same => n,Hangup()
""",
)
async def out_of_patience(scene: Scene) -> None:
    """The phone rings on, and the time that the caller may wait is over."""
    ann, caller = await scene.at_work("Ann"), await scene.outside()
    ann.never_answer()
    call = await caller.call(scene.queue())
    await call.ended()
    scene.expect(caller, "timed_out", measured=Measured())


@story("context = keys")
async def key_of_a_phone(scene: Scene) -> None:
    """The caller presses a key, which travels beside the sound (RFC 4733), and leaves."""
    caller = await scene.outside()
    call = await caller.call(scene.queue())
    await call.answered()
    await asyncio.sleep(2)
    await call.press("7")
    await call.ended()
    scene.expect(caller, "exited_by_key", measured=Measured(rings=[]))


@story("leavewhenempty = paused")
async def all_on_a_break(scene: Scene) -> None:
    """The only agent goes on a break, so the queue is empty and sends the caller away."""
    ann, caller = await scene.at_work("Ann"), await scene.outside()
    ann.never_answer()
    call = await caller.call(scene.queue())
    await ann.rings()
    await scene.pause("Ann", "break", interface=f"PJSIP/{ann.user}")
    await call.ended()
    await scene.pause("Ann", None, interface=f"PJSIP/{ann.user}")
    scene.expect(caller, "exited_empty", measured=Measured())
