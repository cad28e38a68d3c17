"""What is done to the PBX itself in mid-call."""

import asyncio

from tests.asterisk.lab.stories import Scene, story


@story(alone=True)
async def reloaded_in_mid_call(scene: Scene) -> None:
    ann = await scene.sign_in("Ann")
    talking = await scene.call(talk=3)
    await talking.until("AgentConnect")
    waiting = await scene.call(answer=0, talk=1)
    await waiting.until("QueueCallerJoin")
    await scene.ami.command("core reload")
    await talking.over()
    after = await scene.call(talk=1)
    for caller in (waiting, after):
        await caller.over()
    for caller in (talking, waiting, after):
        scene.expect(caller, "answered", agent=ann)


@story(alone=True)
async def log_rotated_in_mid_call(scene: Scene) -> None:
    ann = await scene.sign_in("Ann")
    callers = []
    for _ in range(3):
        callers.append(await scene.call(talk=1))
        await callers[-1].until("AgentConnect")
        await scene.ami.command("logger rotate")
        await asyncio.sleep(0.2)
    callers.append(await scene.call(talk=1))
    for caller in callers:
        await caller.over()
        scene.expect(caller, "answered", agent=ann)
