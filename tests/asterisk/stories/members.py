"""Who answers, who does not, who is there, and who pauses."""

import asyncio

from tests.asterisk.lab.stories import Scene, story


@story()
async def the_first_does_not_answer(scene: Scene) -> None:
    deaf = await scene.sign_in("Deaf", interface=scene.deaf("Deaf"), Penalty=0)
    ann = await scene.sign_in("Ann", Penalty=1)
    caller = await scene.call(talk=1)
    await caller.until("AgentRingNoAnswer", MemberName=deaf)
    await scene.pause("Deaf", "does not hear", interface=scene.deaf("Deaf"))
    await caller.over()
    await scene.sign_out("Deaf", interface=scene.deaf("Deaf"))
    scene.expect(caller, "answered", agent=ann)


@story()
async def busy(scene: Scene) -> None:
    await scene.sign_in("Ann")
    caller = await scene.call(answer="busy", seconds=3)
    await caller.over()
    scene.expect(caller, "timed_out")


@story("strategy = ringall")
async def everybody_rings(scene: Scene) -> None:
    await scene.sign_in("Deaf", interface=scene.deaf("Deaf"))
    ann = await scene.sign_in("Ann")
    caller = await scene.call(answer=1, talk=1)
    await caller.over()
    scene.expect(caller, "answered", agent=ann)


@story()
async def pauses_with_reasons(scene: Scene) -> None:
    await scene.sign_in("Ann")
    await scene.sign_in("Ben")
    await scene.pause("Ann", "lunch")
    await scene.pause("Ben", "training")
    await asyncio.sleep(2)
    await scene.pause("Ann", "meeting")  # with another reason, without un-pausing
    await asyncio.sleep(2)
    await scene.pause("Ann", None)
    await scene.sign_out("Ben")  # paused to the end
    ann = scene.person("Ann")
    caller = await scene.call(talk=1)
    await caller.over()
    scene.expect(caller, "answered", agent=ann)


@story(second="")
async def paused_everywhere(scene: Scene) -> None:
    await scene.sign_in("Ann", "", "second")
    await scene.pause("Ann", "lunch", None)
    await asyncio.sleep(2)
    await scene.pause("Ann", None, "second")
    await asyncio.sleep(1)
    await scene.pause("Ann", None, None)
    caller = await scene.call("second", talk=1)
    await caller.over()
    scene.expect(caller, "answered", "second", agent=scene.person("Ann"))


@story()
async def renamed(scene: Scene) -> None:
    """The same phone under another name: removed and added again."""
    phone = scene.interface("desk")
    before = await scene.sign_in("Ms Smith", interface=phone)
    first = await scene.call(talk=1)
    await first.over()
    await scene.sign_out("Ms Smith", interface=phone)
    after = await scene.sign_in("Ms Jones", interface=phone)
    second = await scene.call(talk=1)
    await second.over()
    scene.expect(first, "answered", agent=before)
    scene.expect(second, "answered", agent=after)


@story()
async def removed_while_talking(scene: Scene) -> None:
    ann = await scene.sign_in("Ann")
    caller = await scene.call(talk=2)
    await caller.until("AgentConnect")
    await scene.sign_out("Ann")
    await caller.over()
    scene.expect(caller, "answered", agent=ann)
