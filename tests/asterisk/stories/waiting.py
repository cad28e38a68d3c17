"""How a wait can end."""

import asyncio

from tests.asterisk.lab.stories import Scene, story


@story()
async def answered(scene: Scene) -> None:
    ann = await scene.sign_in("Ann")
    callers = [await scene.call(answer=1, talk=1)]
    await callers[0].over()
    callers.append(await scene.call(patience=2, talk=30))
    for caller in callers:
        await caller.over()
        scene.expect(caller, "answered", agent=ann)


@story()
async def abandoned(scene: Scene) -> None:
    await scene.sign_in("Ann")
    while_ringing = await scene.call(patience=2, answer="no")
    await while_ringing.over()
    await scene.sign_out("Ann")
    nobody = await scene.call(patience=1)
    await nobody.over()
    scene.expect(while_ringing, "abandoned")
    scene.expect(nobody, "abandoned")


@story()
async def timed_out(scene: Scene) -> None:
    caller = await scene.call(seconds=2)
    await caller.over()
    scene.expect(caller, "timed_out")


@story("context = keys")
async def left_by_key(scene: Scene) -> None:
    caller = await scene.call(press="5", press_after=1)
    await caller.over()
    scene.expect(caller, "exited_by_key")


@story("joinempty = strict; leavewhenempty = strict")
async def empty(scene: Scene) -> None:
    refused = await scene.call()
    await refused.over()
    await scene.sign_in("Ann")
    sent_out = await scene.call(answer="no")
    await sent_out.until("AgentCalled")
    await scene.sign_out("Ann")
    await sent_out.over()
    scene.expect(refused, "refused_empty")
    scene.expect(sent_out, "exited_empty")


@story("joinempty = paused,inuse")
async def all_paused(scene: Scene) -> None:
    await scene.sign_in("Ann")
    await scene.pause("Ann", "lunch")
    refused = await scene.call()
    await refused.over()
    await scene.pause("Ann", None)
    scene.expect(refused, "refused_empty")


@story("maxlen = 1")
async def full(scene: Scene) -> None:
    waiting = await scene.call(patience=3)
    await waiting.until("QueueCallerJoin")
    refused = [await scene.call() for _ in range(2)]
    for caller in (*refused, waiting):
        await caller.over()
    for caller in refused:
        scene.expect(caller, "refused_full")
    scene.expect(waiting, "abandoned")


@story()
async def withdrawn(scene: Scene) -> None:
    caller = await scene.call()
    joined = await caller.until("QueueCallerJoin")
    await asyncio.sleep(1)
    await scene.ami.act("QueueWithdrawCaller", Queue=scene.queue(), Caller=joined["Channel"], WithdrawInfo="by hand")
    await caller.over()
    scene.expect(caller, "withdrawn")


@story(second="timeout = 2")
async def one_queue_after_the_other(scene: Scene) -> None:
    bob = await scene.sign_in("Bob", "second")
    caller = await scene.call(seconds=1, then="second", answer=0, talk=1)
    await caller.over()
    scene.expect(caller, "timed_out")
    scene.expect(caller, "answered", "second", agent=bob)


@story()
async def the_same_queue_twice(scene: Scene) -> None:
    caller = await scene.call(seconds=3, then="")
    await caller.until("QueueCallerAbandon")
    ann = await scene.sign_in("Ann")
    await caller.over()
    scene.expect(caller, "timed_out")
    scene.expect(caller, "answered", agent=ann)
