"""The files of `config/asterisk/`, each loaded by a real Asterisk: nothing is refused, and they do what they say."""

import asyncio
import re

from tests.asterisk.conftest import StartPbx
from tests.asterisk.lab.ami import hand
from tests.asterisk.lab.configuration import CONTROL, CONTROL_SECRET, SECRET, USERNAME
from tests.asterisk.lab.pbx import Pbx
from tests.asterisk.lab.robots import Call, place, robot, sign_in


def complaints(pbx: Pbx) -> list[str]:
    """Warnings and errors of this PBX since its start."""
    said = (pbx.log_folder / "messages.log").read_text("utf-8", "replace").splitlines()
    return [line for line in said if re.search(r"\] (?:WARNING|ERROR)\[", line) and "music on hold" not in line]


async def test_asterisk_takes_every_line(start_pbx: StartPbx) -> None:
    async with start_pbx() as pbx:
        assert complaints(pbx) == []
        shown = await pbx.ami.command("queue show sales")
        assert "'rrmemory' strategy" in shown
        assert "within 20s" in shown


async def test_the_event_account_hears_calls_and_may_ask_for_pictures(start_pbx: StartPbx) -> None:
    async with start_pbx(systemname="north") as pbx, hand(pbx.address, USERNAME, SECRET) as ours:
        for question in ("CoreStatus", "CoreShowChannels", "QueueStatus", "BridgeList", "DeviceStateList", "Status"):
            await ours.act(question)
        assert (await ours.ask("Originate", Channel="Local/s@caller", Application="Wait"))["Response"] == "Error"
        await sign_in(pbx.ami, "Ann", "standard")
        await place(pbx.ami, Call(number="100"))
        done = await ours.until("AgentComplete", Queue="standard", MemberName="Ann")
        assert done["SystemName"] == "north"
        assert re.fullmatch(r"\d+\.\d{6}", done["Timestamp"])
        await ours.until("Hangup", Uniqueid=done["Uniqueid"])
        heard = {event["Event"] for event in ours.events}
        sent = {event["Event"] for event in pbx.ami.events}
    assert {"QueueCallerJoin", "AgentConnect", "BridgeEnter", "UserEvent", "Cdr"} <= heard
    filtered = {"VarSet", "Newexten", "CEL"}
    assert filtered <= sent
    assert filtered & heard == set()


async def test_the_control_account_acts_and_hears_nothing(start_pbx: StartPbx) -> None:
    async with start_pbx() as pbx, hand(pbx.address, CONTROL, CONTROL_SECRET) as control:
        member = {"Interface": robot("Ann")}
        await control.act("QueueAdd", Queue="standard", MemberName="Ann", **member)
        await control.act("QueuePause", Queue="standard", Paused="true", Reason="lunch", **member)
        await control.act("QueueRemove", Queue="standard", **member)
        for refused in ("Command", "Originate", "Hangup", "GetConfig"):
            assert (await control.ask(refused))["Message"] == "Permission denied"
        assert control.events == []
        assert pbx.queue_log.read_text().count("|Ann|") == 3


async def test_a_call_is_in_queue_log(start_pbx: StartPbx) -> None:
    async with start_pbx() as pbx:
        await sign_in(pbx.ami, "Ann", "standard")
        await place(pbx.ami, Call(number="100", talk=0.2))
        await pbx.ami.until("AgentComplete")
        await asyncio.sleep(0.1)
        rows = [line.split("|") for line in pbx.queue_log.read_text().splitlines()]
        assert sorted(row[4] for row in rows[:2]) == ["ADDMEMBER", "QUEUESTART"]
        assert [row[4] for row in rows[2:]] == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
        assert {row[3] for row in rows[3:]} == {"Ann"}
